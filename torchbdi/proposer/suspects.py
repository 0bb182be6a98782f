"""What in a table may not be what it seems: results, outliers, spellings, scores of two values."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .grids import over_decades
from .table import show_number
from .ways import Ways, listed

# A column whose rank correlation with the score is above this is probably a result.
RESULT = 0.98
# Scores beyond the quartiles by more than this many times their distance are named.
FAR = 10.0


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation of a (N,) and b (N,), ties at their mean rank; 0 if constant."""
    ranks = []
    for values in (a, b):
        _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
        rank = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
        ranks.append(rank - rank.mean())
    size = float(np.sqrt((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum()))
    return float((ranks[0] * ranks[1]).sum()) / size if size > 0 else 0.0


def result_remarks(
    score: str, y: np.ndarray, columns: Mapping[str, np.ndarray], ways: Ways
) -> list[str]:
    """Names columns of numbers that rank the rows as the score does."""
    out = []
    for name, values in columns.items():
        r = rank_correlation(values, y)
        repetition = (
            f", or make it a repetition of the score ({ways('score', name)})" if ways.typed else ""
        )
        if abs(r) > RESULT:
            out.append(
                f"Column {name!r} is probably a result and nothing that can be chosen: it ranks "
                f"the rows as {score!r} does (rank correlation {r:.3f}). If so, leave it out "
                f"({ways('ignore', name)}){repetition}."
            )
    return out


def score_remarks(score: str, y: np.ndarray, rows: np.ndarray, ways: Ways) -> list[str]:
    """Names scores far from all others, and scores of two values."""
    levels = np.unique(y)
    if len(levels) == 2:
        one, two = (show_number(v) for v in levels)
        return [
            f"{score!r} has two values, {one} and {two}: predictions rank designs by their chance "
            f"of {two}, and mean nothing below {one} or above {two}."
        ]
    far = far_away(y)
    if over_decades(y):
        far &= far_away(np.log10(y))
    at = np.flatnonzero(far)
    if not len(at):
        return []
    told = ", ".join(f"{show_number(y[i])} in row {rows[i]}" for i in at[:5])
    return [
        f"Scores lie far from all others: {told}{', ...' if len(at) > 5 else ''}. One such score "
        "can spoil the model: check whether it is a slip of the pen; "
        f"{ways('take', show_number(y[at[0]]) + '=out')} leaves it out."
    ]


def far_away(y: np.ndarray) -> np.ndarray:
    """Which numbers lie beyond the quartiles by ten times their distance, (N,) bool."""
    low, high = np.quantile(y, [0.25, 0.75])
    return (y < low - FAR * (high - low)) | (y > high + FAR * (high - low)) if high > low else (
        np.zeros(len(y), bool)
    )  # fmt: skip


def spelling_remark(name: str, classes: tuple[str, ...]) -> str:
    """Names levels that differ by upper and lower case only; "" where there are none."""
    same: dict[str, list[str]] = {}
    for level in classes:
        same.setdefault(" ".join(level.casefold().split()), []).append(level)
    told = ["/".join(levels) for levels in same.values() if len(levels) > 1]
    if not told:
        return ""
    return (
        f"Column {name!r} has levels that differ by upper and lower case only and count as "
        f"different: {listed(told)}. Write them alike if they are the same."
    )
