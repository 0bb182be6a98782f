"""Numbers that are a column over a sum of several: water over cement and ash, a part of all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .powers import beyond_rounding

# Fitted weights, over the largest of them, are near 1 in the sum and near 0 outside of it.
_NEAR = 0.25
# A sum that varies by less than this is a constant, and its ratio a multiple of the column.
_CONSTANT = 0.01
# Rows that weights are fitted to, about.
_FITTED = 1000


@dataclass(frozen=True)
class Share:
    """A factor times a column over a sum of others, of which it may be one itself."""

    factor: float
    over: str
    parts: tuple[str, ...]

    def __str__(self) -> str:
        times = "" if self.factor == 1 else f"{self.factor:.3g} times "
        return f"{times}{self.over!r} / ({' + '.join(map(repr, self.parts))})"


def share_of(
    name: str, columns: Mapping[str, np.ndarray], half: Mapping[str, np.ndarray]
) -> Share | None:
    """What a column is a share of in every row; None where it is of nothing.

    Args:
        name: of the column.
        columns: numbers of the rows, (N,) each.
        half: by how much each can have been rounded, (N,) each.
    """
    own = columns[name]
    parts = [n for n, v in columns.items() if n != name and v.min() >= 0 and v.any()]
    if own.min() < 0 or len(parts) < 2 or len(own) < 2 * len(parts) + 3:
        return None
    x = np.stack([columns[n] for n in parts], axis=1)
    for first in parts:
        if ((columns[first] == 0) != (own == 0)).any():
            continue
        at = _summed(own, columns[first], x)
        if len(at) < 2:
            continue
        total = x[:, at].sum(1)
        if total.min() <= 0 or np.log(total).std() < _CONSTANT:
            continue
        slack = half[first] / total + columns[first] / total**2 * sum(half[parts[i]] for i in at)
        factor = _factor(own, half[name], columns[first] / total, slack)
        if factor is not None:
            return Share(factor, first, tuple(parts[i] for i in at))
    return None


def _summed(own: np.ndarray, first: np.ndarray, x: np.ndarray) -> list[int]:
    """Which columns (N, k) add up to numbers (N,) over others (N,), but for a factor."""
    some = slice(None, None, max(1, len(own) // _FITTED))
    products = own[some, None] * x[some]
    scale = products.std(0) + 1e-300
    weights, _, rank, _ = np.linalg.lstsq(products / scale, first[some], rcond=1e-9)
    weights = weights / scale
    most = float(weights.max())
    if rank < x.shape[1] or most <= 0:
        return []
    near = np.rint(weights / most)
    fits = (np.abs(weights / most - near) <= _NEAR).all() and (near >= 0).all()
    return np.flatnonzero(near).tolist() if fits else []


def _factor(
    own: np.ndarray, half: np.ndarray, ratio: np.ndarray, slack: np.ndarray
) -> float | None:
    """The factor that makes ratios (N,) numbers (N,), within their roundings; None for none."""
    there = ratio > 0
    for factor in (1.0, 100.0, 1000.0, float(np.median(own[there] / ratio[there]))):
        most = half + factor * slack
        fits = (np.abs(own - factor * ratio) <= most).all()
        if fits and beyond_rounding(own, float(own.std()), most):
            return factor
    return None
