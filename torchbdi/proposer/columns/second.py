"""Second results: columns that have numbers where there is a score, and none where there is not."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..reading.table import Table, Values, is_no_number, parse_number
from ..reading.ways import Ways
from .bookkeeping import WAITING
from .takes import cells_of

# So many rows without a score that have no number are no gap by chance.
FEWEST_GAPS = 3


def second_results(
    table: Table,
    scores: Mapping[str, Values],
    without: np.ndarray,
    candidate: np.ndarray,
    named: int,
    ways: Ways,
) -> tuple[list[str], list[str]]:
    """Columns that are measured with the score, by the words that they have where there is none.

    The model would learn from what nobody can choose; as names their numbers would tell it what
    the score is. What is empty there may be one, which is told.

    Args:
        table: the columns beside the scores of which the person has not said what they are.
        scores: columns of scores, (N,) each.
        without: which rows have no score, (N,) bool.
        candidate: which of them are designs to choose from, (N,) bool.
        named: how many other columns there are, of which the person has said something.
        ways: how options are typed.

    Returns:
        The names, and what is told.
    """
    if not without.any():
        return [], []
    own = [cells_of(values) for values in scores.values()]
    same = [{cell.casefold() for cell in cells} for cells in zip(*own, strict=True)]
    waiting = candidate | (without & np.array([bool(WAITING & words) for words in same], bool))
    names, told, empty = [], [], []
    for name, values in table.columns.items():
        if all(parse_number(cell) is not None for cell in cells_of(values[without])):
            continue  # most columns: no need to look at all rows
        cells = cells_of(values)
        waits = np.array([cell.casefold() in WAITING for cell in cells], bool)
        # What is to be chosen from is decided; where rows were left out, tbd may be a setting.
        none = np.array([is_no_number(cell) for cell in cells], bool) & ~(waits & candidate)
        number = np.array([parse_number(cell) is not None for cell in cells], bool) & ~none
        word = ~none & ~number
        waits |= [cell.casefold() in words for cell, words in zip(cells, same, strict=True)]
        if not number.any():
            continue
        if word.any() and (waits & without)[word].all() and word[waiting].all():
            every = "all " if word[without].all() else ""
            way = ways("category" if (word & candidate).any() else "number", name)
            names.append(name)
            told.append(
                f"Column {name!r} has {values[word][0]!r} in {every}rows without a score, and "
                "numbers in others, so it is a result, and nothing that can be chosen: it was left "
                f"out; {way} makes it part of the design."
            )
        elif without.sum() >= FEWEST_GAPS and none[without].all() and number[~without].all():
            empty.append(name)
    most = len(table.columns) + named
    if len(names) == most:  # these rows are no designs at all
        return [], []
    if empty and not candidate.any() and len(names) + len(empty) < most:
        told += [
            f"Column {name!r} has no number in the {without.sum()} rows without a score, and one "
            f"in all others. If it is measured with the score, leave it out "
            f"({ways('ignore', name)})."
            for name in empty
        ]
    return names, told
