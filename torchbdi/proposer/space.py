"""Between a person's columns and the standardised features that the kernel sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..kernels.errors import InputError
from .columns import Classes, Numbers
from .table import Values

# Features whose standard deviation is below this share of their size are constant but for rounding.
ROUNDING = 1e-12


@dataclass(frozen=True)
class DesignSpace:
    """The columns that vary, and how they become features.

    The last feature is a constant, sqrt(D), the length of a typical design. It is the bias of the
    network's first layer: without it the NTK's predictions are proportional to the distance from
    the mean design, which serves tables of few columns badly (see docs/propose.md).

    Attributes:
        columns: those that vary.
        active: which of their features vary in the data, (F,) bool; D of them.
        mean: of the active features, (D,).
        std: of the active features, (D,).
    """

    columns: tuple[Numbers | Classes, ...]
    active: np.ndarray
    mean: np.ndarray
    std: np.ndarray

    @staticmethod
    def fit(columns: Sequence[Numbers | Classes], values: Mapping[str, Values]) -> DesignSpace:
        """Takes mean and standard deviation from distinct designs, each column (N,).

        Raises:
            InputError: no column varies by more than rounding.
        """
        features = _features(columns, values)
        low, spread = features.min(0), np.ptp(features, axis=0)
        active = spread > ROUNDING * np.abs(features).max(0)
        if not active.any():
            raise InputError(
                "no column varies by more than rounding. Subtract what its values have in common."
            )
        # Scaled to [0, 1] first: the square of a tiny spread would underflow.
        unit = (features[:, active] - low[active]) / spread[active]
        mean, std = low[active] + unit.mean(0) * spread[active], unit.std(0) * spread[active]
        return DesignSpace(tuple(columns), active, mean, std)

    @property
    def discrete(self) -> np.ndarray:
        """Which features are logits of classes, (D + 1,) bool."""
        kinds = [np.full(c.width, isinstance(c, Classes)) for c in self.columns]
        return np.append(np.concatenate(kinds)[self.active], False)

    def encode(self, values: Mapping[str, Values]) -> Tensor:
        """Designs as standardised features and the constant, (n, D + 1) float64.

        Args:
            values: every column that varies, (n,).
        """
        features = _features(self.columns, values)[:, self.active]
        bias = np.full((len(features), 1), len(self.mean) ** 0.5)
        return torch.from_numpy(np.hstack([(features - self.mean) / self.std, bias]))

    def box(self, start: Tensor, fixed: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Bounds of the features; logits have none, what is fixed stays where it starts.

        Args:
            start: encoded starts, (n, D + 1).
            fixed: names of columns that do not vary.

        Returns:
            Lower and upper bounds, (n, D + 1) each.
        """
        ends = []
        for side in ("low", "high"):
            none = -np.inf if side == "low" else np.inf
            own = [getattr(c, side) if isinstance(c, Numbers) else none for c in self.columns]
            wide = np.concatenate(
                [np.full(c.width, v) for c, v in zip(self.columns, own, strict=True)]
            )
            with np.errstate(over="ignore"):  # a bound out of reach is none
                scaled = (wide[self.active] - self.mean) / self.std
            end = torch.from_numpy(scaled).expand(len(start), -1)
            ends.append(torch.cat([end, start[:, -1:]], 1))
        stay = np.concatenate([np.full(c.width, c.name in fixed) for c in self.columns])
        mask = torch.from_numpy(np.append(stay[self.active], True))
        return torch.where(mask, start, ends[0]), torch.where(mask, start, ends[1])

    def decode(
        self,
        x: Tensor,
        start: Tensor,
        start_values: Mapping[str, Values],
        fixed: Sequence[str] = (),
    ) -> dict[str, Values]:
        """Features to designs in the person's own columns.

        A number that was not moved is given back to the last digit, and so is a bound.

        Args:
            x: (n, D + 1).
            start: where x began, (n, D + 1).
            start_values: the same starts as columns, each (n,).
            fixed: names of columns that do not vary, whatever their bounds.
        """
        features = np.zeros((len(x), len(self.active)))
        features[:, self.active] = x[:, :-1].numpy() * self.std + self.mean
        if not self.active.all():  # a feature that never varies: as it is in any design
            known = _features(self.columns, start_values)
            features[:, ~self.active] = known[:, ~self.active]
        moved = np.zeros(features.shape, dtype=bool)
        moved[:, self.active] = (x != start)[:, :-1].numpy()
        low, high = (end.numpy()[:, :-1] for end in self.box(start, []))
        at = 0
        out: dict[str, Values] = {}
        for column in self.columns:
            part = slice(at, at + column.width)
            values = column.values(features[:, part])
            still = ~moved[:, part].any(1)
            if isinstance(column, Numbers) and self.active[at]:
                place = int(self.active[:at].sum())
                own = x[:, place].numpy()
                values = np.where(own <= low[:, place], column.low, values)
                values = np.where(own >= high[:, place], column.high, values)
            begun = start_values[column.name]
            if isinstance(column, Numbers) and column.name not in fixed:
                # A start can miss its bounds by less than the features can tell.
                begun = np.clip(begun, column.low, column.high)
            out[column.name] = np.where(still, begun, values)
            at += column.width
        return out


def _features(columns: Sequence[Numbers | Classes], values: Mapping[str, Values]) -> np.ndarray:
    return np.concatenate([column.features(values[column.name]) for column in columns], axis=1)
