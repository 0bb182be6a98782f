"""Scores and designs far from all others, and what such scores count as where limited."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping

import numpy as np

from ..reading.table import Values, show_number
from ..reading.ways import Ways
from .decades import over_decades

# Scores beyond the quartiles by more than this many times their distance lie far from all others;
# of their logarithms, which are less skewed, three times (Tukey's "far out") are enough.
FAR, FAR_LOG = 5.0, 3.0
SHOWN = 5
# Numbers of designs are far from all others where the gap is so many times the range of those.
SPANS = 3.0


def far_away(y: np.ndarray) -> np.ndarray:
    """Which scores lie far from all others, (N,) bool.

    Where the scores are positive and span decades, their logarithms tell: a few large ones are
    nothing strange there, and one can be far too small. Of two values none is far away. What
    programs write for a gap may have more than a quarter of the rows.
    """
    far = _beyond(np.log(y), FAR_LOG) if over_decades(y) else _beyond(y, FAR)
    for end in (y.min(), y.max()):
        if far.any() or not _are_gaps(np.array([end])):
            continue
        others = y[y != end]
        if len(np.unique(others)) > 1:
            gap = max(float(others.min() - end), float(end - others.max()))
            far = (y == end) & (gap > SPANS * np.ptp(others))
    return far


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
    which = "it is a slip" if len(at) == 1 else "they are slips"
    return [
        f"Scores lie far from all others: {told}{more}. A single one can spoil the model: "
        f"check whether {which} of the pen. {ways('take', show_number(y[at[0]]) + '=out')} "
        f"leaves it out, {ways('robust')} counts such scores as the nearest of the others."
    ]


def design_remarks(
    columns: Mapping[str, np.ndarray], rows: np.ndarray, bounded: Collection[str], ways: Ways
) -> list[str]:
    """Names the few numbers of designs that lie far from all others of their column.

    Few rows have them; or many, and these have what programs write for a gap.

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
        few = len(at) <= min(SHOWN, max(1, len(values) // 20))
        if name in bounded or not len(at) or not (few or _are_gaps(values[at])):
            continue
        lowest, highest = values[~far].min(), values[~far].max()
        apart = np.maximum(lowest - values[at], values[at] - highest)
        if (apart <= SPANS * (highest - lowest)).any():
            continue  # a long tail, as parts of mixtures have
        told = ", ".join(f"{show_number(values[i])} in row {rows[i]}" for i in at[:SHOWN])
        if len(at) > SHOWN:
            told += f", ... ({len(at)} in all)"
        low, high = show_number(lowest), show_number(highest)
        out.append(
            f"Numbers of column {name!r} lie far from all others: {told}. If one stands for a gap, "
            f"empty the cell ({ways('drop-missing')} leaves its row out); if it is a slip of the "
            f"pen, mend it; proposals can reach as far, unless "
            f"{ways('bounds', f'{name}={low}:{high}')} says otherwise."
        )
    return out


def _are_gaps(values: np.ndarray) -> bool:
    """Whether numbers, (N,), all are -999, 9999 or the like: a dose of 100 may be far away, too."""
    text = show_number(values[0])
    return len(set(values)) == 1 and bool(re.fullmatch(r"-9+|-?999+(\.9+)?", text))


def lone_remark(
    columns: Mapping[str, Values], rows: np.ndarray, spoken: Collection[str], ways: Ways
) -> list[str]:
    """Names columns that are the same in all rows but one: a single row tells what they do.

    Args:
        columns: numbers or names, (N,) each.
        rows: their rows, (N,).
        spoken: columns of which somebody has said what they may be.
        ways: how options are typed.
    """
    told, keep = [], []
    for name, values in columns.items():
        if len(set(values.tolist())) > 2:
            continue
        cells = [show_number(v) if isinstance(v, float) else v for v in values.tolist()]
        counts = Counter(cells).most_common(3)
        if name in spoken or len(counts) != 2 or counts[1][1] > 1 or counts[0][1] == 1:
            continue
        (usual, _), (other, _) = counts
        told.append(
            f"{name!r} is {usual[:40]} in all rows but row {rows[cells.index(other)]} "
            f"({other[:40]})"
        )
        keep.append(ways("fix", f"{name}={usual}"))
    if not told:
        return []
    more = f", and {len(told) - SHOWN} more are so" if len(told) > SHOWN else ""
    return [
        f"Column {', '.join(told[:SHOWN])}{more}. Of what one row alone shows hardly anything is "
        f"known: if it is a slip of the pen, mend it; {keep[0]} keeps the column as it is in the "
        "others."
    ]
