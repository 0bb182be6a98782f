"""What the commas and points of a table's columns stand for, by what all of their cells tell."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from .numerals import ERROR, PLAIN, mark_of, plain, split, with_one_word
from .spellings import (
    LETTERS,
    about,
    are_parts,
    minus_behind,
    same_unit,
    simple,
    without_groups,
    without_names,
)
from .table import MISSING, Values, as_texts, parse_number
from .ways import Ways, listed


@dataclass(frozen=True)
class _Column:
    """The numbers of a column: which cell is which, and the marks that there are."""

    found: Mapping[str, tuple[str, str]]
    marks: Mapping[str, str]  # mark to the first cell that has it

    @property
    def sure(self) -> set[str]:
        return set(self.marks) & {"comma", "point"}


@dataclass(frozen=True)
class Settled:
    """Columns with plain numbers, and what was found out on the way."""

    columns: dict[str, Values]
    units: dict[str, str]
    decimal: str
    notes: list[str]
    complaints: dict[str, str]


def settle(
    columns: Mapping[str, Values],
    rows: np.ndarray,
    ways: Ways,
    decimal: str | None = None,
    as_they_are: Collection[str] = (),
    scores: Collection[str] = (),
    points_open: bool = False,
    workbook: bool = False,
) -> Settled:
    """Writes all numbers plainly.

    A column is looked at where more than half of its cells are numbers in some writing. Its own
    cells tell what its commas are, else those of the other columns; where nothing tells, nothing
    is assumed.

    Args:
        columns: texts, or numbers, which stay as they are.
        rows: numbers of the rows, for messages.
        ways: how options are typed.
        decimal: "comma" or "point" where the person has said so.
        as_they_are: columns that hold names or nothing of interest.
        scores: columns that are looked at however few of their cells are numbers.
        points_open: whether points can part thousands, too, as in files with semicolons; else they
            stand before decimals where nothing tells.
        workbook: whether these are the cells of one, whose numbers have no mark of their own: a
            comma in texts says nothing of how the others are written.
    """
    seen = {
        name: column
        for name, values in columns.items()
        if values.dtype == object and name not in as_they_are
        if (column := _look(values, name in scores)) is not None
    }
    everywhere = set().union(*(column.sure for column in seen.values()))
    out = Settled(dict(columns), {}, ".", [], {})
    commas, points = [], False
    for name, column in seen.items():
        chosen, complaint = _decide(
            name, column, columns[name], rows, everywhere, decimal, ways, points_open, scores
        )
        if complaint:
            out.complaints[name] = complaint
            continue
        own, opposite = ("commas", "comma") if chosen == "point" else ("points", "point")
        if f"{opposite}?" in column.marks:
            cell = column.marks[f"{opposite}?"]
            number = column.found[cell][0]
            other = (
                ""
                if column.sure  # its own cells leave no doubt
                else f" If it is {plain(number, opposite)}, say {ways('decimal', opposite)}."
            )
            out.notes.append(
                f"Column {name!r}: the {own} part thousands, so {cell!r} is "
                f"{plain(number, chosen)}.{other}"
            )
        if chosen == "comma" and {"comma", "comma?"} & set(column.marks):
            commas.append(name)
        points |= chosen == "point" and bool({"point", "point?"} & set(column.marks))
        _write(name, column, columns[name], rows, chosen, out, ways, scores)
    plainly = workbook and points
    if commas:
        how = "they are read, and written, so."
        if plainly:
            how = "they are read so, and all decimals are written with a point."
        out.notes.append(f"Decimals are written with a comma in {listed(commas)}; {how}")
    decimal = "," if commas and not plainly else "."
    return Settled(out.columns, out.units, decimal, out.notes, out.complaints)


def _look(values: Values, any_number: bool) -> _Column | None:
    """The numbers of a column of texts; None where at most half of the cells are some."""
    cells = dict.fromkeys(cell for cell in values.tolist() if cell not in MISSING)
    found = {cell: parts for cell in cells if (parts := split(cell)) is not None}
    if any_number and len(found) < len(cells):
        found = without_groups(cells) or found
    if not any_number:
        coded = are_parts(cells.keys() - found.keys())
        found = {} if coded else without_names(found, values.tolist())
    if cells and not found:
        found = with_one_word(cells, any_number)
    if 2 * len(found) <= len(cells) and not (any_number and found):
        return None
    if all(parse_number(cell) is not None for cell in cells) and not any("." in c for c in cells):
        return _Column({}, {})
    marks: dict[str, str] = {}
    for cell, (number, _) in found.items():
        marks.setdefault(mark_of(number), cell)
    return _Column(found, marks)


def _decide(
    name: str,
    column: _Column,
    values: Values,
    rows: np.ndarray,
    everywhere: set[str],
    decimal: str | None,
    ways: Ways,
    points_open: bool,
    scores: Collection[str],
) -> tuple[str, str]:
    """The mark before decimals, and what is wrong, "" for nothing."""
    if column.sure == {"comma", "point"}:
        one, other = (f"{column.marks[m]!r} in row {_row(values, rows, column.marks[m])}"
                      for m in ("comma", "point"))  # fmt: skip
        return "", (
            f"column {name!r} has {one} and {other}: decimals with a comma and with a point. Write "
            f"them alike{_or_else(name, [], scores, ways)}."
        )
    if column.sure:
        return next(iter(column.sure)), ""
    if decimal is not None:
        return decimal, ""
    open_marks = ("comma", "point") if points_open else ("comma",)
    mark = next((m for m in open_marks if f"{m}?" in column.marks), None)
    if mark is not None and len(everywhere) != 1:
        cell, other = column.marks[f"{mark}?"], "point" if mark == "comma" else "comma"
        number = column.found[cell][0]
        return "", (
            f"column {name!r}: {cell!r} in row {_row(values, rows, cell)} is "
            f"{plain(number, other)} if {mark}s part thousands, and {plain(number, mark)} if "
            f"they stand before decimals; the file leaves both open. Say "
            f"{ways('decimal', other)} for the first, {ways('decimal', mark)} for the second."
        )
    return next(iter(everywhere)) if len(everywhere) == 1 else "point", ""


def _write(
    name: str,
    column: _Column,
    values: Values,
    rows: np.ndarray,
    decimal: str,
    out: Settled,
    ways: Ways,
    scores: Collection[str],
) -> None:
    """Puts the column into ``out`` with plain numbers, and tells its unit."""
    written = {cell: plain(number, decimal) for cell, (number, _) in column.found.items()}
    units: dict[str, str] = {}
    for cell, (_, unit) in column.found.items():
        units.setdefault(unit, cell)
    found = column.found.items()
    money = next((u for cell, (_, u) in found if u and not simple(cell).endswith(u)), "")
    # Proposals have no currency, and stand below the others in the next round.
    if len({same_unit(unit) for unit in units} - ({""} if money else set())) > 1:
        told = [f"{cell!r} in row {_row(values, rows, cell)}" for cell in list(units.values())[:3]]
        out.complaints[name] = (
            f"column {name!r} has numbers with different units: {', '.join(told)}. Give all of "
            f"them one unit{_or_else(name, values.tolist(), scores, ways)}."
        )
        return
    odd = [cell for cell in column.found if not PLAIN.fullmatch(cell)]
    behind = [
        cell
        for cell in odd
        if ERROR.search(cell) or (not column.found[cell][1] and LETTERS.search(cell))
    ]
    for where, cells in (("before", list(filter(about, odd))), ("behind", behind)):
        if cells:
            out.notes.append(
                f"Column {name!r}: what stands {where} its numbers, as in {cells[0]!r}, was left "
                "out."
            )
    if minus := next(filter(minus_behind, odd), ""):
        out.notes.append(
            f"Column {name!r}: a minus behind a number, as in {minus!r}, makes it one below 0."
        )
    unit = next(iter(units), "")
    if money:
        every = "some numbers have" if "" in units else "every number has"
        before = simple(units[money]).lstrip("+-").startswith(money)
        where = "before" if before else "around"
        out.notes.append(
            f"Column {name!r}: {every} {money!r} {where} {'them' if '' in units else 'it'}; they "
            "are read, and written, as numbers without it."
        )
    elif unit:
        out.units[name] = unit
        out.notes.append(
            f"Column {name!r}: every number has {unit.strip()!r} after it; they are read as "
            "numbers, and written back so."
        )
    # A text that is no number in this writing stays: whoever reads it names its row.
    out.columns[name] = as_texts([written.get(cell) or cell for cell in values.tolist()])


def _or_else(name: str, values: Collection[str], scores: Collection[str], ways: Ways) -> str:
    """How to do without a column's numbers, or take its cells (N,), if any, for names.

    A score has no such way.
    """
    if name in scores:
        return ""
    names = f", say that they are names ({ways('category', name)})"
    few = 0 < 2 * len(set(values)) <= len(values)
    return f"{names if few else ''}, or leave the column out ({ways('ignore', name)})"


def _row(values: Values, rows: np.ndarray, cell: str) -> int:
    return int(rows[values.tolist().index(cell)])
