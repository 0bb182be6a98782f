"""A table of experiments: its columns by name, and the row numbers that people look them up by."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from ..kernels.errors import InputError, MissingDataError

Values: TypeAlias = np.ndarray
"""One column, (N,): float64 with NaN where missing, or objects that are str, "" where missing."""

# What programs write for "not there". Case matters: Na is sodium.
MISSING = frozenset({"", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL"})
SEPARATORS = ",;\t"


@dataclass(frozen=True)
class Table:
    """Columns of equal length.

    Attributes:
        source: what messages call the table: a file's name, or "x".
        columns: each (N,), in the order of the table.
        rows: number of each row in messages and results, (N,) int64. For a file the number that a
            spreadsheet shows (the header is row 1), otherwise the position, from 0.
        sha256: of the file's bytes, or of the names and values.
    """

    source: str
    columns: Mapping[str, Values]
    rows: np.ndarray
    sha256: str

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, keep: np.ndarray) -> Table:
        """Some of the rows, by a mask or by positions."""
        columns = {name: values[keep] for name, values in self.columns.items()}
        return Table(self.source, columns, self.rows[keep], self.sha256)


def read_csv(path: Path) -> Table:
    """Reads a file of a header and rows, separated by commas, semicolons or tabs.

    Every column comes as text, without blanks around it. Empty lines are left out.

    Args:
        path: a UTF-8 text file.

    Raises:
        MissingDataError: there is no such file, or it cannot be read.
        InputError: it is not such a file; the message names the row.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MissingDataError(f"{path}: cannot be read ({error.strerror}).") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: not UTF-8 text (byte {error.start} is not). Save it as 'CSV UTF-8'."
        ) from error
    header_line = text.partition("\n")[0]
    separator = max(SEPARATORS, key=header_line.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        names = [name.strip() for name in next(lines, [])]
        _check_names(path.name, names)
        rows, cells = [], []
        for number, line in enumerate(lines, start=2):
            if not any(cell.strip() for cell in line):
                continue
            if len(line) != len(names):
                raise InputError(
                    f"{path.name}, row {number}: {len(line)} cells, but the header has "
                    f"{len(names)}. A text that holds the separator {separator!r} must stand in "
                    "double quotes."
                )
            rows.append(number)
            cells.append(line)
    except csv.Error as error:
        raise InputError(f"{path.name}, near line {lines.line_num}: {error}.") from error
    columns = {name: texts([line[i] for line in cells]) for i, name in enumerate(names)}
    digest = hashlib.sha256(content).hexdigest()
    return Table(path.name, columns, np.array(rows, dtype=np.int64), digest)


def _check_names(source: str, names: Sequence[str]) -> None:
    if len(names) < 2:
        raise InputError(
            f"{source}: {len(names)} columns in the first line; there must be a score and one more "
            "column. Columns are separated by commas, semicolons or tabs."
        )
    for i, name in enumerate(names):
        if not name:
            raise InputError(
                f"{source}: column {i + 1} has no name in the first line. Give it one (pandas "
                "writes its index so: use to_csv(index=False))."
            )
        if name in names[:i]:
            raise InputError(f"{source}: two columns are called {name!r}. Rename one.")
    if all(parse_number(name) is not None for name in names):
        raise InputError(
            f"{source}: the first line holds numbers; it must hold the columns' names."
        )


def texts(cells: Sequence[str]) -> Values:
    """A column of text from cells, without blanks around them and "" where missing."""
    out = np.empty(len(cells), dtype=object)
    stripped = (cell.strip() for cell in cells)
    out[:] = ["" if cell in MISSING else cell for cell in stripped]
    return out


def parse_number(text: str) -> float | None:
    """The number that a cell holds, None where it holds none. Python's 1_000 is not a number."""
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def show_number(value: float) -> str:
    """The shortest text that reads back as the same number: 3 for 3.0."""
    text = repr(float(value))
    return text.removesuffix(".0")


def free_name(name: str, taken: Iterable[str]) -> str:
    """A name that is not taken: the one asked for, with underscores as needed."""
    taken = set(taken)
    while name in taken:
        name += "_"
    return name


def missing(values: Values) -> np.ndarray:
    """Which cells are missing, (N,) bool."""
    if values.dtype == np.float64:
        return np.isnan(values)
    return values == ""
