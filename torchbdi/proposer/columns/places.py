"""Pairs of columns that say where a row was made: row and column of a plate, or of a field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..reading.table import Values
from ..reading.ways import Ways, listed
from .words import words_in_order, words_of

_ROWS, _COLUMNS = frozenset(("row",)), frozenset(("col", "column", "range"))
_BESIDE = frozenset(("plate", "well", "field", "plot", "no", "nr", "number", "id"))
# What tells one such grid from another.
_GRIDS = frozenset(("plate", "block", "blocks", "rep", "replicate", "field", "site", "trial"))
_PLACE = re.compile(r"[A-Za-z]{1,2}|\d{1,3}(\.0)?")
# Lines of fins and the like can begin at any number.
_FIRST = frozenset(("0", "1", "01", "0.0", "1.0"))
# So many lines both ways, and so much of all their crossings, are a grid.
FEWEST, FILLED = 3, 0.5


def places(columns: Mapping[str, Values], open_: Sequence[str], ways: Ways) -> dict[str, str]:
    """The two columns that give each row a place of its own, and what to tell of each.

    Args:
        columns: all of the table, (N,) each.
        open_: those of which nobody has said what they are.
        ways: how options are typed.
    """
    rows, across = ([n for n in open_ if _called(n, words)] for words in (_ROWS, _COLUMNS))
    if len(rows) != 1 or len(across) != 1 or not _are_places(columns, rows[0], across[0]):
        return {}
    pair = [rows[0], across[0]]
    remark = (
        f"Columns {listed(pair)} give each row a place of its own, on a plate or in a field, and "
        "nothing that can be chosen: they were left out; "
        f"{ways.several('category', pair)} makes them part of the design."
    )
    return dict.fromkeys(pair, remark)


def _called(name: str, words: frozenset[str]) -> bool:
    own = words_of(name)
    return bool(own & words) and own <= words | _BESIDE


def _are_places(columns: Mapping[str, Values], row: str, column: str) -> bool:
    """Whether letters or whole numbers are places of a grid, none of them twice in one grid."""
    own = [columns[row].astype(str), columns[column].astype(str)]
    different = [set(cells.tolist()) for cells in own]
    if not all(map(_PLACE.fullmatch, (cell for cells in different for cell in cells))):
        return False
    if not all(cells & _FIRST or any(map(str.isalpha, cells)) for cells in different):
        return False
    grids = [v.astype(str) for name, v in columns.items() if _GRIDS & {*words_in_order(name)[:1]}]
    lines = [len(cells) for cells in different]
    crossings, each = set(zip(*own, strict=True)), list(zip(*grids, *own, strict=True))
    once = len(set(each)) == len(each)
    return once and min(lines) >= FEWEST and len(crossings) >= FILLED * lines[0] * lines[1]
