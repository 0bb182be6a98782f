"""What stands below the pictures of a report: what a point is, and names that a picture cuts."""

from __future__ import annotations

from ..columns.column import Classes
from ..result import Proposals
from .lettering import MOST_TICKS, lettered, short_names, shortened
from .where import COLUMN_LETTERS, SHOWN_COLUMNS, shown_columns

LEFT_OUT = (
    "Each point is a known design, predicted from all the others. On the line prediction and "
    "measurement are the same."
)
BY_DISTANCE = (
    "Small points: by how much the prediction of each known design was off. Black line: the "
    "typical error at that distance. Large points: the proposals, with their errors. What lies to "
    "the right of the dotted line is called far outside."
)
BACKTEST = "A method is good if its line is far above the dotted one, which is chance."


def scores_told(p: Proposals) -> str:
    """Below the scores of known designs and the predictions of proposals."""
    told = "with two thirds of measurements within the bar" if p.problem.log else "with its error"
    return (
        f"Bars: how many known designs have such a {p.problem.score}, on a logarithmic axis. "
        f"Points: what is predicted for each proposal, {told}."
        + (" Those called unknown are left out." if p.unknown.any() else "")
    )


def where_told(p: Proposals) -> str:
    """Below the picture of the columns: names in full that it had to shorten, too."""
    columns = shown_columns(p)
    told = (
        "Each line is a column. Small points are known designs, and large ones are proposals, the "
        "first at the top."
    )
    if len(columns) == SHOWN_COLUMNS < len(p.problem.columns):
        told += f" The {SHOWN_COLUMNS} columns are shown in which proposals differ most."
    if any(_drawn(c.name) != c.name for c in columns):
        told += f" From top to bottom: {'; '.join(c.name for c in columns)}."
    for column in columns:
        if isinstance(column, Classes) and len(column.classes) <= MOST_TICKS:
            names = [lettered(name)[0] for name in short_names(column.classes)]
            if names != list(column.classes):
                told += f" {column.name}, from left to right: {'; '.join(column.classes)}."
    return told


def _drawn(name: str) -> str:
    return lettered(shortened(name, COLUMN_LETTERS))[0]
