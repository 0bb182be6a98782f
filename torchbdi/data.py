"""The fixed table: all that a method sees."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from .inputs import ordinary_mode, real_array, table
from .kernels.errors import InputError
from .labels import check_columns, check_rows, columns_of
from .space import Space
from .space.moments import ROUNDING
from .unchanged import Unchanged
from .values import instance, whole

OFF = 0.1  # by how much a mean may differ from 0, and a deviation from 1


@dataclass(frozen=True, eq=False)
class OfflineData:
    """A table of designs and scores, and what a design may be. A method sees nothing else.

    Attributes:
        x: designs, (N, D), float64, standardised by their own means and deviations.
        y: scores, (N,), float64, standardised likewise; large is good.
        space: what a design may be. None means D numbers, bounded by the table where a method
            needs a box.

    Raises:
        InputError: a shape or value is wrong, the space has another width, or a column of x, or
            y, is off from mean 0 and deviation 1 by more than 10 % (constant columns of x may be).
    """

    x: Tensor
    y: Tensor
    space: Space = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        with ordinary_mode():  # it is learnt from, outside of inference mode
            x, y = table(self.x, self.y, ("x", "y"))
        if y.ndim != 1:
            raise InputError(f"OfflineData: y must have shape (N,), got {tuple(y.shape)}.")
        _check_standardised(x, y)
        space = self.space
        if space is not None:
            instance("OfflineData", "space", space, Space, "a Space or None")
        if space is None:
            space = _as_it_is(Space.numbers(x.shape[1]), x)
        if space.mean is None:
            raise InputError(
                "OfflineData: the space has no means and deviations. Use OfflineData.from_raw, or "
                "space.fit(raw)."
            )
        if space.width != x.shape[1]:
            raise InputError(
                f"OfflineData: x has D = {x.shape[1]} features, the space has {space.width}."
            )
        unchanged = Unchanged(x=x, y=y)
        for name, value in (("x", x), ("y", y), ("space", space), ("_unchanged", unchanged)):
            object.__setattr__(self, name, value)

    @staticmethod
    def from_raw(x: np.ndarray | Tensor, y: np.ndarray | Tensor, space: Space) -> OfflineData:
        """Standardises a table; its space keeps means and deviations.

        Args:
            x: raw designs, (N, C) or (N, ...) with C values a design.
            y: raw scores, (N,) or (N, 1), large is good.
            space: what a design may be; means and deviations that it has are replaced.

        Raises:
            InputError: a value is none that its column can hold, a score is not finite, or all
                scores are the same.
        """
        instance("from_raw", "space", space, Space, "a Space")
        check_rows("x", x, "y", y)
        check_columns("the space", space.names, "x", columns_of(x))
        raw, scores = real_array("x", x), real_array("y", y)
        if scores.ndim == 2 and scores.shape[1] == 1:
            scores = scores[:, 0]
        n = len(raw) if raw.ndim else 0
        if not n:
            raise InputError(f"from_raw: x {raw.shape} has no rows. Give a table of designs.")
        if scores.ndim != 1 or len(scores) != n:
            raise InputError(
                f"from_raw: y must be (N,) with N = {n} as x {raw.shape}, got {scores.shape}."
            )
        if not np.isfinite(scores).all():
            raise InputError("from_raw: y contains NaN or inf. Remove those rows.")
        scores = _within_squares(scores)
        if not scores.std() > ROUNDING * np.abs(scores).max():
            raise InputError("from_raw: all scores of the table are the same: nothing to learn.")
        fitted = space.fit(raw)
        standardised = torch.from_numpy((scores - scores.mean()) / scores.std())
        x = fitted.encode(raw)
        constant = x.std(0, correction=0) < 0.5  # but for rounding; all others have 1
        return OfflineData(x.masked_fill(constant, 0.0), standardised, fitted)

    def check_unchanged(self) -> None:
        """Raises InputError where x or y was changed in place: they are standardised no more."""
        unchanged: Unchanged = vars(self)["_unchanged"]
        unchanged.check("OfflineData", x=self.x, y=self.y)

    def __len__(self) -> int:
        return len(self.x)

    def best(self, n: int) -> Tensor:
        """Row numbers of the n best designs, best first, ties in the order of the table.

        Args:
            n: at least 1; all rows where the table has fewer.

        Raises:
            InputError: n is no such number.
        """
        n = whole("OfflineData", "n", n, 1)
        return torch.argsort(self.y, descending=True, stable=True)[:n]

    def starts(self, n: int, designs_per_group: int = 1) -> Tensor:
        """The n best designs of the table, dealt into groups.

        Args:
            n: number of starts.
            designs_per_group: M; the starts are dealt round-robin by rank to n / M groups, so
                that every group gets good and less good ones.

        Returns:
            (n / M, M, D).

        Raises:
            InputError: n is not divisible by M, or larger than the table.
        """
        n = whole("OfflineData", "designs", n, 1)
        designs_per_group = whole("OfflineData", "designs_per_group", designs_per_group, 1)
        if n > len(self.x):
            raise InputError(f"designs={n}: the table has {len(self.x)} rows. Ask for fewer.")
        if n % designs_per_group:
            raise InputError(
                f"designs_per_group={designs_per_group} does not divide designs={n}. Choose a "
                "divisor."
            )
        return self.x[self.best(n)].reshape(designs_per_group, -1, self.x.shape[1]).transpose(0, 1)


def _within_squares(scores: np.ndarray) -> np.ndarray:
    """Scores whose squares are neither too large nor too small for float64.

    Where they are, the scores are multiplied by a power of two, which changes no digit.
    """
    _, exponent = np.frexp(np.abs(scores).max())
    return scores if abs(exponent) < 300 else np.ldexp(scores, -int(exponent))


def _as_it_is(space: Space, x: Tensor) -> Space:
    """A space of numbers whose features are the table's own, (N, D)."""
    width = x.shape[1]
    ends = torch.stack([x.amin(0), x.amax(0)]).cpu().numpy()
    none = np.zeros((0, width))
    return replace(space, mean=np.zeros(width), std=np.ones(width), seen=ends, anchors=none)


def _check_standardised(x: Tensor, y: Tensor) -> None:
    """Raises InputError where x or y is not standardised."""
    for name, values in (("x", x), ("y", y.unsqueeze(1))):
        mean, std = values.mean(0), values.std(0, correction=0)
        constant = std <= ROUNDING * values.abs().amax(0)
        if name == "y" and bool(constant):
            raise InputError("OfflineData: all scores are the same. There is nothing to learn.")
        wrong = ~constant & ((mean.abs() > OFF) | ((std - 1).abs() > OFF))
        if wrong.any():
            at = int(wrong.nonzero()[0])
            where = "y" if name == "y" else f"column {at} of x ({int(wrong.sum())} are off)"
            raise InputError(
                f"OfflineData: {where} has mean {float(mean[at]):.4g} and deviation "
                f"{float(std[at]):.4g}, not 0 and 1. Standardise it, or use OfflineData.from_raw."
            )
