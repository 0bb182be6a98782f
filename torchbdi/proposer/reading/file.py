"""From a file to a table: titles, comments, the header, a line of units, empty columns."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from ...kernels.errors import InputError, MissingDataError
from .decimals import settle
from .encodings import marked
from .footers import experiments, second_table
from .grid import grid_of
from .header import Lines, header_of, lines_below
from .sequences import sequence_letters
from .table import Form, Table, Values, parse_number
from .ways import TYPED, listed

# The first column has a name of its own.
_NUMBERED = re.compile(
    r"\W*(run|id|no|nr|num|idx|index|row|exp|sample|trial|test|entry|std|order|obs|seq|serial|case"
    r"|record|measurement|versuch|probe|lfd|rxn|reaction|well|vial|#)",
    re.I,
)


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
        scores: columns in which some cells are numbers, however few; the line that has these
            names is the header where another one seems to be.

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
    lines = Lines.of(grid)
    start, header = header_of(lines, notes, scores)
    header = _with_row_names(header, lines.after(start))
    try:
        names, kept = _names(path.name, header, lines.after(start), notes)
    except InputError as error:
        raise InputError(" ".join([str(error), *other_sheets(grid.notes)])) from error
    own = lines.after(start)
    if below := lines_below(own, kept):
        told = listed(list(dict.fromkeys(own.cells[i][0] for i in kept if own.cells[i][0])))
        notes.append(
            f"Row {own.numbers[0]} holds units ({told}); it was left out."
            if below == 1
            else f"Rows {own.numbers[0]} to {own.numbers[below - 1]} hold units or descriptions "
            f"({told}); they were left out."
        )
        own = own.after(below - 1)
    own = own.of_rows(experiments(own.table(kept), own.numbers, names, notes))
    cells = own.table(kept)
    if (other := second_table(cells, own.numbers)) is not None:
        told = ", ".join(repr(cell) for cell in cells[other].tolist() if cell)
        raise InputError(
            f"{path.name}, row {own.numbers[other]}: another table seems to begin here ({told}). "
            "Save each table as a file of its own, without the rows of the other one."
        )
    columns = {name: own.cells[i] for name, i in zip(names, kept, strict=True)}
    # Who parts cells by semicolons often has a comma before decimals.
    settled = settle(
        columns, own.numbers, TYPED, decimal, as_they_are, scores, grid.separator == ";",
        grid.workbook,
    )  # fmt: skip
    return Table(
        source=path.name,
        columns=settled.columns,
        rows=own.numbers,
        sha256=hashlib.sha256(content).hexdigest(),
        form=Form(grid.separator, settled.decimal, settled.units, marked(content)),
        notes=(*notes, *settled.notes),
        complaints=settled.complaints,
        typed=True,
    )


def _names(
    source: str, header: Sequence[str], body: Lines, notes: list[str]
) -> tuple[list[str], list[int]]:
    """The names of the columns, and which columns of the file they are.

    Raises:
        InputError: there are fewer than two, one has no name, or two have the same.
    """
    named = [i for i, name in enumerate(header) if name]
    if len(named) < 2:
        which = "1 column" if len(named) == 1 else f"{len(named)} columns"
        raise InputError(
            f"{source}: {which} in the first line; there must be a score and one more column. "
            "Columns are separated by commas, semicolons, tabs or |."
        )
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
                f"{named[-1] + 1}. A text that holds the separator must stand in double quotes, "
                "and a column of remarks must have a name."
            )
        elif counts_rows([parse_number(cell) for cell in body.cells[i]]):
            notes.append(f"Column {i + 1} has no name and counts the rows; it was left out.")
        elif i == 0 and _are_row_names(body.cells[0]):
            notes.append(
                f"Column 1 has no name and a text of its own in every row, such as "
                f"{body.cells[0][0][:40]!r}: it was left out as their names. If it can be chosen, "
                "give it a name."
            )
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


def _are_row_names(cells: Values) -> bool:
    """Whether texts (N,) are the names that R and pandas write before rows: none stands twice.

    Sequences that are an index are the designs.
    """
    texts = cells.tolist()
    if len(texts) <= 2 or len(set(texts)) < len(texts) or sequence_letters(texts):
        return False
    return all(parse_number(text) is None for text in texts)


def _with_row_names(header: list[str], body: Lines) -> list[str]:
    """The names, one column to the right where all rows begin with their number, which has no name.

    R's write.table writes so.
    """
    if len(header) < 3 or header[-1] or not all(header[:-1]) or not len(body.numbers):
        return header
    numbers = [parse_number(cell) for cell in body.cells[0]]
    shifted = (
        (body.cells[-1] != "").all() and counts_rows(numbers) and not _NUMBERED.match(header[0])
    )
    return ["", *header[:-1]] if shifted else header


def other_sheets(notes: Sequence[str]) -> list[str]:
    """Why a column may not be found: there are other sheets, or the encoding is a guess."""
    return [note for note in notes if "--sheet" in note or "not UTF-8" in note]


def counts_rows(numbers: Sequence[float | None] | np.ndarray) -> bool:
    """Whether numbers are 0, 1, 2, ... or 1, 2, 3, ... in this order; at least three."""
    if len(numbers) < 3 or any(v is None for v in numbers[:3]):
        return False
    first = numbers[0]
    return first in (0, 1) and all(v == first + i for i, v in enumerate(numbers))
