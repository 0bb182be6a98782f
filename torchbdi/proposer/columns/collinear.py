"""Columns that always changed together, and scores that change with the order of the rows."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from ...space.constraints import Linear, follows
from ..reading.ways import Ways, listed
from .grids import Grid
from .ranks import rank_correlation, ranks_of
from .remark import Remark, told_together

# Columns correlated by more than this changed together; their ranks are so by more than that.
TOGETHER, IN_RANKS = 0.99, 0.9
FEWEST_LEVELS, FEWEST_ROWS = 3, 10
# So many pairs are told, the others counted.
MOST_PAIRS = 5
# Scores that follow the order of so many rows by more than this may have drifted.
DRIFT, ENOUGH_ROWS = 0.9, 15


def collinear_remarks(
    columns: Mapping[str, np.ndarray],
    grids: Mapping[str, Grid],
    rules: Sequence[Linear],
    said: Sequence[str],
    ways: Ways,
) -> list[str]:
    """Names pairs of columns that nearly lie on a line, and that nothing keeps together.

    Args:
        columns: numbers of the rows, (N,) each, those that are searched.
        grids: of these columns.
        rules: linear rules that proposals keep.
        said: remarks so far; what an equation says of both is not told again.
        ways: how options are typed.
    """
    log = {name for name in columns if grids[name].number.log}
    own = {
        name: np.log(v + grids[name].number.offset) if name in log else v
        for name, v in columns.items()
        if len(v) >= FEWEST_ROWS and len(np.unique(v)) >= FEWEST_LEVELS
    }
    if len(own) < 2:
        return []
    names = list(own)
    x = np.stack(list(own.values()))
    r, ranked = np.corrcoef(x), np.corrcoef([ranks_of(v) for v in x])
    equations = [rule.coefficients for rule in rules if rule.is_equation]
    pairs = [
        (names[i], names[j], float(r[i, j]))
        for i, j in np.argwhere(np.triu((np.abs(r) > TOGETHER) & (np.abs(ranked) > IN_RANKS), 1))
        if not any({names[i], names[j]} <= rule.coefficients.keys() for rule in rules)
        and not follows(names[j], [names[i]], equations)
        and not told_together((names[i], names[j]), said, "equal")
    ]
    out = list[str]()
    for a, b, size in pairs[:MOST_PAIRS]:
        way = "" if {a, b} & log else _band(a, b, columns, ways)
        told = (
            f"{a!r} and {b!r} always changed together (correlation {int(1e4 * size) / 1e4:.4f}): "
            "what the scores owe to which of them cannot be told, and designs that part them were "
            f"never made. Leave one out ({ways('ignore', b)}){way}."
        )
        out.append(Remark(told, (a, b), (b,), "follows"))
    if len(pairs) > MOST_PAIRS:
        out.append(f"So did {len(pairs) - MOST_PAIRS} more pairs of columns.")
    return out


def _band(a: str, b: str, columns: Mapping[str, np.ndarray], ways: Ways) -> str:
    """Two rules that keep a column as far from a line over another as it has been."""
    slope = float(f"{np.polyfit(columns[a], columns[b], 1)[0]:.4g}")
    rest = columns[b] - slope * columns[a]
    spread = float(np.ptp(rest))
    if not spread > 0:
        return ""
    unit = 10.0 ** (math.floor(math.log10(spread)) - 1)
    low, high = math.floor(rest.min() / unit) * unit, math.ceil(rest.max() / unit) * unit
    left = f"{b}{'-' if slope > 0 else '+'}{abs(slope):.4g}*{a}"
    rules = [f"{left}>={low:.10g}", f"{left}<={high:.10g}"]
    return f", or keep them together ({ways.several('rule', rules)})"


def drift_remark(
    score: str,
    y: np.ndarray,
    order: np.ndarray,
    sorted_by: Collection[np.ndarray],
    columns: Mapping[str, np.ndarray],
    ways: Ways,
) -> list[str]:
    """Says that scores follow the order of the rows, as they do where something drifted.

    Nothing is said where the rows are sorted: their order tells nothing of when they were made.

    Args:
        score: its name.
        y: scores, (N,), in the order of the table.
        order: the row of each, (N,).
        sorted_by: other numbers by which a person may have sorted the rows, (R,) each.
        columns: numbers of the rows, (N,) each, those that are searched.
        ways: how options are typed.
    """
    if len(np.unique(order)) < ENOUGH_ROWS or abs(r := rank_correlation(y, order)) <= DRIFT:
        return []
    if any(map(_is_sorted, (y, *sorted_by, *columns.values()))):
        return []
    told = (
        f"{score!r} follows the order of the rows (rank correlation {r:.2f}): something may have "
        "drifted that is no column."
    )
    if along := [n for n, v in columns.items() if abs(rank_correlation(v, order)) > DRIFT]:
        its = "its" if len(along) == 1 else "their"
        told += (
            f" {listed(along)} changed with the order, too, and may owe {its} effect to it. Leave "
            f"out what cannot be chosen ({ways('ignore', along[0])})."
        )
    else:
        told += " If it is known what, make that a column."
    return [told]


def _is_sorted(values: np.ndarray) -> bool:
    """Whether numbers (N,) never fall, or never rise."""
    steps = np.diff(values)
    return bool((steps >= 0).all() or (steps <= 0).all())
