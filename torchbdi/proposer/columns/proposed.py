"""Columns that an earlier ``proposals.csv`` has beside its designs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..reading.table import Values, is_no_number, parse_number

# No table has two of these that does not come from propose.
_SURELY = ("nearest_row", "start_row", "far_outside")
_FEWEST = 2
_BESIDE = ("error", "distance", *_SURELY, "note")
_ENDS = ["low", "high"]  # of some scores only
_PREDICTED, _NEAREST = "predicted_", "nearest_"


def added_by_propose(columns: Mapping[str, Values]) -> list[str]:
    """Names of the columns that propose has written beside its proposals, in order.

    A person measures proposals, and the file with their scores, or the rows pasted below the
    table, is the table of the next round.

    Args:
        columns: numbers or texts by name, (N,) each.
    """
    names = list(columns)
    times = {word: len(_variants(word, names)) for word in _SURELY}
    if sum(count > 0 for count in times.values()) < _FEWEST:
        return []
    most = max(times.values())
    # A person's own column of such a name came first, and ours got an underscore.
    found = {name for word in _BESIDE for name in _variants(word, names)[-most:]}
    for at, name in enumerate(names):
        score = name.rstrip("_").removeprefix(_PREDICTED)
        if not name.startswith(_PREDICTED) or not (near := _variants(_NEAREST + score, names)):
            continue
        found |= {name, *near}
        if at and names[at - 1].rstrip("_") == "row" and _are_rows(columns[names[at - 1]]):
            found.add(names[at - 1])
    for at, name in enumerate(names):  # a person's own stand before ours
        ends = names[at + 1 : at + 3]
        if name in found and [end.rstrip("_") for end in ends] == _ENDS:
            found.update(ends)
    return [name for name in names if name in found]


def _variants(word: str, names: Sequence[str]) -> list[str]:
    """The names that are a word and any number of underscores, the shortest first."""
    return sorted((n for n in names if n.rstrip("_") == word.rstrip("_")), key=len)


def _are_rows(cells: Values) -> bool:
    """Whether cells that are no gaps are different whole numbers, as those of rows are."""
    texts = [str(cell) for cell in cells.tolist()]
    numbers = [parse_number(text) for text in texts if not is_no_number(text)]
    own = np.array([number for number in numbers if number is not None])
    return len(own) == len(numbers) == len(set(numbers)) > 0 and bool((own % 1 == 0).all())
