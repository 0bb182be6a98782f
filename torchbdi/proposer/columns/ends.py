"""Scores that are often the best or the worst of all, or have two values."""

from __future__ import annotations

import numpy as np

from ..reading.table import show_number
from ..reading.ways import Ways

# So many scores of this share of the rows are the best of all where there may be a limit; scores of
# few levels are ratings, and have one.
FEWEST, SHARE, LEVELS = 3, 0.05, 10


def two_values_remark(score: str, y: np.ndarray) -> list[str]:
    """Says what predictions mean where a score has two values."""
    levels = np.unique(y)
    if len(levels) != 2:
        return []
    one, two = (show_number(v) for v in levels)
    return [
        f"{score!r} has two values, {one} and {two}: predictions rank designs by their chance "
        f"of {two}, and mean nothing below {one} or above {two}."
    ]


def limit_remarks(score: str, y: np.ndarray, minimize: bool, ways: Ways) -> list[str]:
    """Says what it means where many scores (N,) are the best of all, as 100 %, or the worst.

    The worst may be what somebody wrote for runs that failed, and so may the best of low ones.
    """
    ends = [(0, show_number(y.min())), (-1, show_number(y.max()))]
    (bad, worst), (good, best) = reversed(ends) if minimize else ends
    out = []
    if told := _often_at(y, good):
        failed = (
            f" If that was written for runs that failed, {ways('take', best + '=out')} leaves "
            "these out."
        )
        out.append(
            f"{told}, the best of all. If none can be better, as with 100 % or at the end of a "
            f"scale, a prediction {'below' if minimize else 'above'} it says no more than that a "
            f"design may reach it; {score!r} does not tell the best designs apart."
            f"{failed if minimize else ''}"
        )
    if told := _often_at(y, bad):
        out.append(
            f"{told}, the worst of all. If that was written for runs that failed or were not "
            f"measured, it counts as their result: {ways('take', worst + '=out')} leaves these out."
        )
    return out


def _often_at(y: np.ndarray, end: int) -> str:
    """How many scores (N,) are the lowest (0) or the highest (-1), where many are; else ""."""
    levels, counts = np.unique(y, return_counts=True)
    often, others = int(counts[end]), np.delete(counts, end)
    # At the other end there may be a limit, too.
    usual = int(np.sort(others)[:-1].max(initial=1))
    if len(levels) < LEVELS or often < max(FEWEST, SHARE * len(y)) or often <= 2 * usual:
        return ""
    return f"{often} of {len(y)} scores are {show_number(levels[end])}"
