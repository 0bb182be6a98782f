"""From a file to a table: titles, comments, the header, a line of units, empty columns."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..kernels.errors import InputError, MissingDataError
from .decimals import settle
from .footers import experiments
from .grid import Grid, grid_of
from .numerals import split
from .table import Form, Table, is_no_number, parse_number
from .ways import Ways, listed


def read_table(
    path: Path,
    decimal: str | None = None,
    sheet: str | None = None,
    as_they_are: Collection[str] = (),
    scores: Collection[str] = (),
) -> Table:
    """Reads a file of a header and rows: text with , ; | or tabs between its cells, or .xlsx.

    Args:
        path: the file.
        decimal: the mark before decimals, "comma" or "point"; None where the file tells.
        sheet: of a workbook; None for the first.
        as_they_are: columns whose cells are no numbers, however they look.
        scores: columns in which some cells are numbers, however few.

    Raises:
        MissingDataError: there is no such file, or it cannot be read.
        InputError: it is not such a file; the message names the row.
        MissingDependencyError: pandas or openpyxl is not installed.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MissingDataError(f"{path}: cannot be read ({error.strerror}).") from error
    grid = grid_of(path.name, content, sheet)
    notes = list(grid.notes)
    lines = _Lines.of(grid)
    start = _header(lines, notes)
    try:
        names, kept = _names(path.name, lines, start, notes)
    except InputError as error:
        raise InputError(" ".join([str(error), *other_sheets(grid.notes)])) from error
    own = lines.after(start)
    if _units_follow(own, kept):
        told = ", ".join(repr(own.cells[i][0]) for i in kept if own.cells[i][0])
        notes.append(f"Row {own.numbers[0]} holds units ({told}); it was left out.")
        own = own.after(0)
    own = own.of_rows(experiments(own.table(kept), own.numbers, names, notes))
    columns = {name: own.cells[i] for name, i in zip(names, kept, strict=True)}
    settled = settle(columns, own.numbers, Ways(True), decimal, as_they_are, scores)
    return Table(
        source=path.name,
        columns=settled.columns,
        rows=own.numbers,
        sha256=hashlib.sha256(content).hexdigest(),
        form=Form(grid.separator, settled.decimal, settled.units),
        notes=(*notes, *settled.notes),
        complaints=settled.complaints,
        typed=True,
    )


@dataclass(frozen=True)
class _Lines:
    """The lines that hold something: their cells, column by column, and their numbers from 1."""

    cells: list[np.ndarray]
    numbers: np.ndarray

    @staticmethod
    def of(grid: Grid) -> _Lines:
        height = len(grid.columns[0]) if grid.columns else 0
        some = np.zeros(height, dtype=bool)
        for column in grid.columns:
            some |= column != ""
        rows = np.flatnonzero(some)
        return _Lines([column[rows] for column in grid.columns], rows + 1)

    def after(self, line: int) -> _Lines:
        """The lines after one."""
        return _Lines([c[line + 1 :] for c in self.cells], self.numbers[line + 1 :])

    def of_rows(self, keep: np.ndarray) -> _Lines:
        """Some of the lines, by a mask."""
        return _Lines([c[keep] for c in self.cells], self.numbers[keep])

    def table(self, kept: Sequence[int]) -> np.ndarray:
        """Some of the columns side by side, (R, C)."""
        return np.stack([self.cells[i] for i in kept], axis=1)

    def line(self, at: int) -> list[str]:
        return [column[at] for column in self.cells]


def _header(lines: _Lines, notes: list[str]) -> int:
    """Which line holds the names: the first that is neither a comment nor a title."""
    if not len(lines.numbers):
        return 0
    filled = np.sum([column != "" for column in lines.cells], axis=0)
    usual = float(np.median(filled))
    at = 0
    while at < len(filled) - 1:
        comment = lines.cells[0][at].startswith("#") and filled[at] < usual
        if not comment and not (filled[at] == 1 and usual >= 2) and not _group_names(lines, at):
            break
        at += 1
    if at:
        told = " ".join(cell for cell in lines.line(0) if cell)[:60]
        which = f"Row {lines.numbers[0]} was" if at == 1 else f"{at} rows before the header were"
        notes.append(f"{which} left out ({told!r}); the names stand in row {lines.numbers[at]}.")
    return at


def _group_names(lines: _Lines, at: int) -> bool:
    """Whether a line has names of groups of columns, with gaps, and the names stand below it."""
    if at + 2 >= len(lines.numbers):
        return False
    own, below, rows = lines.line(at), lines.line(at + 1), lines.line(at + 2)
    named = [cell for cell in below if cell]
    gaps = any(cell and not over for cell, over in zip(below, own, strict=True))
    return (
        gaps
        and len(set(named)) == len(named) >= sum(map(bool, rows))
        and not any(split(cell) or split(f"1{cell}") for cell in (*own, *named) if cell)
        and any(split(cell) is not None for cell in rows)
    )


def _names(source: str, lines: _Lines, start: int, notes: list[str]) -> tuple[list[str], list[int]]:
    """The names of the columns, and which columns of the file they are.

    Raises:
        InputError: there are fewer than two, one has no name, or two have the same.
    """
    header = lines.line(start) if len(lines.numbers) else []
    named = [i for i, name in enumerate(header) if name]
    if len(named) < 2:
        raise InputError(
            f"{source}: {len(named)} columns in the first line; there must be a score and one more "
            "column. Columns are separated by commas, semicolons, tabs or |."
        )
    body = lines.after(start)
    empty = 0
    for i, name in enumerate(header):
        if name:
            continue
        full = np.flatnonzero(body.cells[i] != "")
        if not len(full):
            empty += 1
        elif i > named[-1]:
            count = 1 + max(j for j in range(len(header)) if body.cells[j][full[0]] != "")
            raise InputError(
                f"{source}, row {body.numbers[full[0]]}: {count} cells, but the header has "
                f"{named[-1] + 1}. A text that holds the separator must stand in double quotes."
            )
        elif counts_rows([parse_number(cell) for cell in body.cells[i]]):
            notes.append(f"Column {i + 1} has no name and counts the rows; it was left out.")
        else:
            raise InputError(
                f"{source}: column {i + 1} has no name in the first line. Give it one (pandas "
                "writes its index so: use to_csv(index=False))."
            )
    if empty:
        which = "1 column" if empty == 1 else f"{empty} columns"
        notes.append(f"{which} without a name and without a single cell: left out.")
    names = [header[i] for i in named]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"{source}: two columns are called {twice[0]!r}. Rename one.")
    if all(parse_number(name) is not None for name in names):
        raise InputError(
            f"{source}: the first line holds numbers ({listed(names, 4)}); it must hold the "
            "columns' names."
        )
    return names, named


def other_sheets(notes: Sequence[str]) -> list[str]:
    """The note that a workbook has other sheets, where there is one."""
    return [note for note in notes if "--sheet" in note]


def counts_rows(numbers: Sequence[float | None] | np.ndarray) -> bool:
    """Whether numbers are 0, 1, 2, ... or 1, 2, 3, ... in this order; at least three."""
    if len(numbers) < 3 or any(v is None for v in numbers[:3]):
        return False
    first = numbers[0]
    return first in (0, 1) and all(v == first + i for i, v in enumerate(numbers))


def _units_follow(lines: _Lines, kept: Sequence[int]) -> bool:
    """Whether the first line holds units: no number where all others of the column are numbers."""
    if len(lines.numbers) < 3:
        return False
    known = 0
    for i in kept:
        first, *others = lines.cells[i].tolist()
        rest = {cell for cell in others if not is_no_number(cell)}
        if first and len(first) > 12:
            return False
        numeric = bool(rest) and all(split(cell) is not None for cell in rest)
        if numeric and split(first) is not None:
            return False
        if not numeric and first in rest:
            return False
        known += numeric and bool(first)
        if numeric and first and split("1" + first) is not None and not first[0].isdigit():
            known += 1  # a unit that is known stands for two
    return known >= 2
