"""Scores far from all others: which they are, and what they count as where they are limited."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from .grids import over_decades
from .table import show_number
from .ways import Ways

# Scores beyond the quartiles by more than this many times their distance lie far from all others;
# of their logarithms, which are less skewed, three times (Tukey's "far out") are enough.
FAR, FAR_LOG = 5.0, 3.0
SHOWN = 5
# Numbers of designs are far from all others where the gap is so many times the range of those.
SPANS = 3.0


def far_away(y: np.ndarray) -> np.ndarray:
    """Which scores lie far from all others, (N,) bool.

    Where the scores are positive and span decades, their logarithms tell: a few large ones are
    nothing strange there, and one can be far too small. Of two values none is far away.
    """
    return _beyond(np.log(y), FAR_LOG) if over_decades(y) else _beyond(y, FAR)


def _beyond(y: np.ndarray, times: float) -> np.ndarray:
    low, high = np.quantile(y, [0.25, 0.75])
    reach = times * (high - low)
    if not reach > 0 or len(np.unique(y)) <= 2:
        return np.zeros(len(y), bool)
    beyond: np.ndarray = (y < low - reach) | (y > high + reach)
    return beyond


def limited(y: np.ndarray, far: np.ndarray) -> np.ndarray:
    """Scores (N,) in which those far away (N,) are the nearest of the others."""
    return np.clip(y, y[~far].min(), y[~far].max())


def outlier_remark(
    y: np.ndarray, rows: np.ndarray, far: np.ndarray, robust: bool, ways: Ways
) -> list[str]:
    """Names the scores that lie far from all others, and says what can be done or was done.

    Args:
        y: scores, (N,).
        rows: their rows, (N,).
        far: which ones, (N,) bool.
        robust: whether they were limited.
        ways: how options are typed.
    """
    at = np.flatnonzero(far)
    if not len(at):
        return []
    ends = limited(y, far)
    told = ", ".join(
        f"{show_number(y[i])} in row {rows[i]}"
        + (f" counts as {show_number(ends[i])}" if robust else "")
        for i in at[:SHOWN]
    )
    more = f", ... ({len(at)} in all)" if len(at) > SHOWN else ""
    if robust:
        return [
            f"Scores that lie far from all others were limited ({ways('robust')}): {told}{more}. "
            "The table of proposals shows them as they are."
        ]
    return [
        f"Scores lie far from all others: {told}{more}. One such score can spoil the model: "
        f"check whether it is a slip of the pen. {ways('take', show_number(y[at[0]]) + '=out')} "
        f"leaves it out, {ways('robust')} counts such scores as the nearest of the others."
    ]


def design_remarks(
    columns: Mapping[str, np.ndarray], rows: np.ndarray, bounded: Collection[str], ways: Ways
) -> list[str]:
    """Names the few numbers of designs that lie far from all others of their column.

    Args:
        columns: numbers, (N,) each.
        rows: their rows, (N,).
        bounded: columns to which somebody gave bounds.
        ways: how options are typed.
    """
    out = []
    for name, values in columns.items():
        far = far_away(values)
        at = np.flatnonzero(far)
        if name in bounded or not 1 <= len(at) <= min(SHOWN, max(1, len(values) // 20)):
            continue
        lowest, highest = values[~far].min(), values[~far].max()
        apart = np.maximum(lowest - values[at], values[at] - highest)
        if (apart <= SPANS * (highest - lowest)).any():
            continue  # a long tail, as parts of mixtures have
        told = ", ".join(f"{show_number(values[i])} in row {rows[i]}" for i in at)
        low, high = show_number(lowest), show_number(highest)
        out.append(
            f"Numbers of column {name!r} lie far from all others: {told}. If one stands for a gap, "
            f"or is a slip of the pen, mend it; proposals can reach as far, unless "
            f"{ways('bounds', f'{name}={low}:{high}')} says otherwise."
        )
    return out
