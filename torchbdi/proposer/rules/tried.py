"""Designs that failed, or wait: they have no score, and are not proposed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...space import Number
from ..columns.column import LARGEST, Classes, Numbers, as_category
from ..reading.table import MISSING, Table, Values, parse_number
from ..reading.ways import listed
from .restrict import Restricted

SHOWN = 5  # rows that are told


def tried_of(
    tried: Table,
    restricted: Restricted,
    constants: Mapping[str, float | str],
    known: Mapping[str, Values],
    remarks: list[str],
) -> dict[str, Values]:
    """The different designs that failed or wait, and have a score in no other row.

    Columns that follow from others are not looked at: what these have belongs to the others.

    Args:
        tried: their rows, with the cells as they came, R of them.
        restricted: the columns that vary, and the rules between them.
        constants: columns that are the same in all known designs, with that value.
        known: of the columns that vary, at the distinct known designs, (N,) each.
        remarks: what became of these rows is added.

    Returns:
        The columns that vary, (T,) each, with T <= R.
    """
    names = [column.name for column in restricted.columns]
    own: dict[str, list[float | str | None]] = {}
    for column in restricted.columns:
        cells = tried.columns[column.name]
        if isinstance(column, Numbers):
            number = restricted.grids[column.name].number
            own[column.name] = [_number(cell, number) for cell in cells.tolist()]
        else:
            sites = _sites(known[column.name]) if column.sequence else []
            own[column.name] = [_text(column, v, sites) for v in as_category(cells).tolist()]
    for name, value in constants.items():
        own[name] = [_same(cell, value) for cell in tried.columns[name].tolist()]
    numbers = {n for n in own if isinstance(constants.get(n, ""), float)}
    numbers |= {column.name for column in restricted.columns if isinstance(column, Numbers)}
    cells_of = {name: tried.columns[name].tolist() for name in own}
    seen = set(zip(*(known[name].tolist() for name in names), strict=True))
    first: dict[tuple[object, ...], int] = {}
    rows: list[int] = []
    unread: dict[int, list[str]] = {}
    foreign: dict[int, list[str]] = {}
    for i in range(len(tried)):
        wrong = [name for name in own if own[name][i] is None]
        gaps = [n for n in wrong if _says_nothing(cells_of[n][i], n in numbers)]
        design = tuple(own[name][i] for name in names)
        if len(gaps) < len(wrong):
            foreign[i] = [name for name in wrong if name not in gaps]
        elif gaps:
            unread[i] = gaps
        elif design not in seen:
            first.setdefault(design, i)
            rows.append(i)
    kept = list(first.values())
    remarks += _kept_remark(len(kept), tried.rows[rows].tolist())
    remarks += _others(tried, unread, foreign)
    made = {}
    for name in names:
        made[name] = np.empty(len(kept), dtype=known[name].dtype)
        made[name][:] = [own[name][i] for i in kept]
    return made


def _number(cell: float | str, column: Number) -> float | None:
    """A number that a column can have, which may be one of logarithms; else None."""
    number = parse_number(str(cell))
    if number is None or not abs(number) <= LARGEST:
        return None
    return None if column.log and number + column.offset <= 0 else number


def _sites(texts: Values) -> list[set[str]]:
    """The letters that known sequences have at each site."""
    return [set(letters) for letters in zip(*texts.tolist(), strict=True)]


def _text(column: Classes, cell: str, sites: Sequence[set[str]]) -> str | None:
    """A text that proposals can have, a sequence in either case; else None."""
    if not column.sequence:
        return cell if cell in column.classes else None
    upper = "".join(c if i in column.kept else c.upper() for i, c in enumerate(cell))
    for text in (cell, upper):
        # A site with one letter in all known sequences keeps it.
        if column.can_be(text) and all(
            len(site) > 1 or letter in site for letter, site in zip(text, sites, strict=True)
        ):
            return text
    return None


def _same(cell: float | str, value: float | str) -> float | str | None:
    """The value of a column that is the same in all known designs; None for another cell."""
    if isinstance(value, str):
        text = str(as_category(np.array([cell]))[0])
        return value if value in (text, text.upper()) else None
    number = parse_number(str(cell))
    return value if number is not None and np.isclose(number, value, rtol=1e-9, atol=0) else None


def _says_nothing(cell: float | str, is_number: bool) -> bool:
    """Whether a cell is empty, or no number where one belongs."""
    if not is_number:
        return str(cell) in MISSING
    number = parse_number(str(cell))
    return number is None or not abs(number) <= LARGEST


def _kept_remark(designs: int, rows: list[int]) -> list[str]:
    """Says which rows' designs are not proposed again; nothing where there are none."""
    if not rows:
        return []
    which, are = "1 design that failed, waits or has", "is"
    if designs > 1:
        which, are = f"{designs} designs that failed, wait or have", "are"
    gone = "this row" if len(rows) == 1 else "these rows"
    return [
        f"{which} a text in place of a score ({_told(rows)}) {are} not proposed again, nor is what "
        f"hardly differs. To change that, take {gone} out of the table."
    ]


def _others(
    tried: Table, unread: Mapping[int, list[str]], foreign: Mapping[int, list[str]]
) -> list[str]:
    """Says which rows' designs are not known, or cannot be proposed; with the columns, by row."""
    out = []
    if unread:
        rows, names = _where(tried, unread)
        its = "its design" if len(unread) == 1 else "their designs"
        out.append(
            f"What failed, or waits for a score, in {rows} has no value that can be read in "
            f"{names}: {its} can be proposed again."
        )
    if foreign:
        rows, names = _where(tried, foreign)
        out.append(
            f"What failed, or waits for a score, in {rows} has in {names} what no design with a "
            "score has: no proposal can be the same."
        )
    return out


def _where(tried: Table, found: Mapping[int, list[str]]) -> tuple[str, str]:
    """The rows and the columns, for a message."""
    names = list(dict.fromkeys(name for own in found.values() for name in own))
    return _told(tried.rows[[*found]].tolist()), listed(names, 4)


def _told(rows: list[int]) -> str:
    shown = ", ".join(map(str, rows[:SHOWN])) + (", ..." if len(rows) > SHOWN else "")
    return f"{'row' if len(rows) == 1 else 'rows'} {shown}"
