"""The picture of where proposals lie in each column among the known designs."""

from __future__ import annotations

import numpy as np

from ..columns.column import Classes, Numbers
from ..columns.decades import NOTHING
from ..result import Proposals
from . import drawing
from .drawing import KNOWN, PROPOSED
from .lettering import MOST_TICKS, lettered, short_names, shortened

# More columns than this do not fit below each other.
SHOWN_COLUMNS = 24
# Letters of a column's name that fit beside its axis.
COLUMN_LETTERS = 14


def where_picture(p: Proposals) -> bytes | None:
    """Where every proposal lies in each column among the known designs; None for sequences alone.

    The known designs are a cloud, darker where they are many. The proposals are points, the first
    one at the top; what lies outside the known range is seen as such.
    """
    columns = shown_columns(p)
    if not columns:
        return None
    figure, all_axes = drawing.canvas(0.3 + 0.62 * len(columns), rows=len(columns))
    # A seed that no table is made with: heights of the numbers themselves would be a slope.
    jitter = np.random.default_rng(20220911).uniform(-0.3, 0.3, len(p.problem.scores))
    order = np.linspace(0.3, -0.3, len(p)) if len(p) > 1 else np.zeros(1)
    for axes, column in zip(np.atleast_1d(all_axes), columns, strict=True):
        known, own = places(p, column)
        axes.scatter(
            known, jitter, s=6, alpha=drawing.opacity(len(known), 0.05), color=KNOWN, linewidths=0
        )
        axes.scatter(own, order, s=22, color=PROPOSED, edgecolors="white", linewidths=0.5, zorder=3)
        if isinstance(column, Numbers):
            number = p.problem.grids[column.name].number
            if number.log:
                drawing.logarithmic(axes, "x", even=number.offset / NOTHING)
        else:
            step = -(-len(column.classes) // MOST_TICKS)
            ticks = range(0, len(column.classes), step)
            names = short_names([column.classes[i] for i in ticks])
            axes.set_xticks(list(ticks))
            axes.set_xticklabels(
                [lettered(name)[0] for name in names], fontsize=7, **lettered("".join(names))[1]
            )
        axes.set_yticks([])
        axes.set_ylim(-0.5, 0.5)
        axes.tick_params(labelsize=7)
        axes.xaxis.get_offset_text().set_fontsize(7)
        name, fonts = lettered(shortened(column.name, COLUMN_LETTERS))
        axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8, **fonts)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
    return drawing.png(figure)


def shown_columns(p: Proposals) -> list[Numbers | Classes]:
    """The columns of the picture of where proposals lie, in the order of the table."""
    columns = [c for c in p.problem.columns if isinstance(c, Numbers) or not c.sequence]
    first = sorted(columns, key=lambda c: -_spread(p, c))[:SHOWN_COLUMNS]
    return [c for c in columns if c in first]


def places(p: Proposals, column: Numbers | Classes) -> tuple[np.ndarray, np.ndarray]:
    """Where designs lie in a column: numbers, or near the place of their class.

    Returns:
        The known designs (N,), and the proposals (n,).
    """
    known, own = p.problem.values[column.name], p.columns[column.name]
    if isinstance(column, Numbers):
        return known.astype(np.float64), own.astype(np.float64)
    place = {name: float(i) for i, name in enumerate(column.classes)}
    beside = np.random.default_rng(1).uniform(-0.15, 0.15, len(known) + len(own))
    at = np.array([place[v] for v in [*known, *own]]) + beside
    return at[: len(known)], at[len(known) :]


def _spread(p: Proposals, column: Numbers | Classes) -> float:
    """How far proposals lie from the designs they are told from: such columns are shown first."""
    known, own = places(p, column)
    return float(np.abs(own - known[p.start]).mean() / max(float(known.std()), 1e-300))
