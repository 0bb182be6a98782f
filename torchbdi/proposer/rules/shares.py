"""Numbers that are a column, or a constant, over a sum of several: water over cement and ash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .powers import beyond_rounding, plainest

# Fitted weights, over the largest of them, are near 1 in the sum and near 0 outside of it.
_NEAR = 0.25
# A sum that varies by less than this is a constant, and its ratio a multiple of the column.
_CONSTANT = 0.01
# Rows that weights are fitted to, about.
_FITTED = 1000


@dataclass(frozen=True)
class Share:
    """A factor over a sum of columns, and times another one, which may be one of the sum itself.

    Attributes:
        factor: the constant, with no more digits than it takes.
        over: the column above the sum; None for the factor alone.
        parts: the columns of the sum.
    """

    factor: float
    over: str | None
    parts: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that it is made of."""
        return (*dict.fromkeys([*([] if self.over is None else [self.over]), *self.parts]),)

    @property
    def signed(self) -> bool:
        """Whether it has a number for any others, 0 and negative ones too."""
        return False

    def __call__(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """The numbers that it makes of columns, (n,) each, (n,)."""
        above = 1.0 if self.over is None else columns[self.over]
        return np.asarray(self.factor * above / sum(columns[name] for name in self.parts))

    def __str__(self) -> str:
        times = "" if self.factor == 1 else f"{self.factor:.6g} times "
        above = f"{self.factor:.6g}" if self.over is None else f"{times}{self.over!r}"
        return f"{above} / ({' + '.join(map(repr, self.parts))})"


def share_of(
    own: np.ndarray, half: np.ndarray, columns: Mapping[str, np.ndarray],
    halves: Mapping[str, np.ndarray],
) -> Share | None:  # fmt: skip
    """What numbers are a share of in every row; None where they are of nothing.

    Args:
        own: the numbers, (N,).
        half: by how much each can have been rounded, (N,).
        columns: those that may make them, (N,) each.
        halves: by how much these can have been rounded, (N,) each.
    """
    parts = [n for n, v in columns.items() if v.min() >= 0 and v.any()]
    if own.min() < 0 or len(parts) < 2 or len(own) < 2 * len(parts) + 3:
        return None
    x = np.stack([columns[n] for n in parts], axis=1)
    above_all = np.column_stack([x, np.ones(len(own))])
    summed = _summed(own, above_all, x)
    for first, above, at in zip((*parts, None), above_all.T, summed, strict=True):
        if ((above == 0) != (own == 0)).any():
            continue
        if len(at) < 2:
            continue
        total = x[:, at].sum(1)
        if total.min() <= 0 or np.log(total).std() < _CONSTANT:
            continue
        rounded = 0.0 if first is None else halves[first]
        slack = rounded / total + above / total**2 * sum(halves[parts[i]] for i in at)
        factor = _factor(own, half, above / total, slack)
        if factor is not None:
            return Share(factor, first, tuple(parts[i] for i in at))
    return None


def _summed(own: np.ndarray, above: np.ndarray, x: np.ndarray) -> list[list[int]]:
    """Which columns (N, k) add up to some others (N, m) over numbers (N,), but for a factor, m."""
    some = slice(None, None, max(1, len(own) // _FITTED))
    products = own[some, None] * x[some]
    scale = products.std(0) + 1e-300
    weights, _, rank, _ = np.linalg.lstsq(products / scale, above[some], rcond=1e-9)
    out = []
    for own_weights in (weights / scale[:, None]).T:
        most = float(own_weights.max())
        near = np.rint(own_weights / most) if most > 0 else own_weights
        fits = most > 0 and (np.abs(own_weights / most - near) <= _NEAR).all() and near.min() >= 0
        out.append(np.flatnonzero(near).tolist() if fits and rank == x.shape[1] else [])
    return out


def _factor(
    own: np.ndarray, half: np.ndarray, ratio: np.ndarray, slack: np.ndarray
) -> float | None:
    """The factor that makes ratios (N,) numbers (N,), within their roundings; None for none."""
    there = ratio > 0
    with np.errstate(divide="ignore"):
        high = ((own + half)[there] / np.maximum(ratio - slack, 0)[there]).min()
    low = ((own - half)[there] / (ratio + slack)[there]).max()
    if low > high:
        return None
    factor = plainest(float(low), float(high))
    most = half + factor * slack
    fits = (np.abs(own - factor * ratio) <= most * (1 + 1e-9)).all()
    return factor if fits and beyond_rounding(own, float(own.std()), most) else None
