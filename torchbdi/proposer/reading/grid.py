"""From a file's bytes to a grid of cells: of a text with separators, or of a workbook."""

from __future__ import annotations

import importlib
import io
import re
from collections import Counter
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from ...kernels.errors import InputError, MissingDependencyError
from .encodings import decoded
from .numerals import split
from .table import trimmed
from .workbook import cells_of, other_archive

SEPARATORS = ",;\t|"
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
# Programs write these, sometimes under a name that ends in .xls.
_OTHER = re.compile(
    r"\s*(?:(<(?:!doctype|html|table|\?xml|head|meta)\b)|[\[{]\s*[\"\[{])", re.IGNORECASE
)
# What files of other kinds begin with.
_BEGINS = (
    (b"\x1f\x8b", "packed by gzip"), (b"BZh", "packed by bzip2"), (b"\xfd7zXZ", "packed by xz"),
    (b"7z\xbc\xaf", "packed by 7-Zip"), (b"%PDF", "a PDF"), (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"), (b"SQLite format 3", "a database"), (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "an array of numpy"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"),
    (b"{\\rtf", "a text of a word processor"),
)  # fmt: skip
# What a workbook that is encrypted has in the place of its sheets.
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_SAVE = "Open it with what reads it, and save it as .xlsx, or as 'CSV UTF-8'"
# How much of a file tells its separator.
_HEAD = 200


@dataclass(frozen=True)
class Grid:
    """Cells of a file.

    Attributes:
        columns: each (R,) of texts without blanks around them.
        separator: between them in the file; "," for a workbook.
        notes: what was found out, a sentence each.
        workbook: whether it is one.
    """

    columns: list[np.ndarray]
    separator: str
    notes: list[str]
    workbook: bool = False


def require(name: str, what: str) -> ModuleType:
    """Imports a package of the extra ``propose``.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingDependencyError(
            f"{what} needs {name}, which is not installed. Install it with: "
            "pip install 'torchbdi[propose]'"
        ) from error


def grid_of(name: str, content: bytes, sheet: str | None) -> Grid:
    """The cells of a text file or of a workbook.

    Args:
        name: of the file.
        content: its bytes.
        sheet: of a workbook; None for the first.

    Raises:
        InputError: it is neither; the message says where.
        MissingDependencyError: pandas or openpyxl is not installed.
    """
    pandas = require("pandas", "reading a table")
    if content.startswith(b"PK\x03\x04"):
        if kind := other_archive(content):
            raise InputError(f"{name}: {kind}, and no .xlsx. {_SAVE}.")
        require("openpyxl", "reading a workbook")
        cells, told = cells_of(pandas, name, content, sheet)
        return Grid([_stripped(column) for column in cells], ",", told, workbook=True)
    if sheet is not None:
        raise InputError(f"{name}: it is no workbook, so it has no sheet {sheet!r}.")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        if _LOCKED in content:
            raise InputError(f"{name}: a workbook with a password. Save it without one.")
        raise InputError(f"{name}: a workbook of before 2007. Save it as .xlsx, or as 'CSV UTF-8'.")
    if kind := next((kind for begin, kind in _BEGINS if content.startswith(begin)), ""):
        first = "Unpack it" if kind.startswith("packed") else "Open it with what reads it"
        raise InputError(f"{name}: {kind}, and no table. {first}, and save it as 'CSV UTF-8'.")
    text, notes = decoded(name, content)
    if other := _OTHER.match(text):
        what = "a web page" if other[1] else "JSON"
        raise InputError(f"{name}: {what}, and no table. Open it, and save it as 'CSV UTF-8'.")
    separator, width = dialect(text)
    if not text.strip():
        return Grid([], separator, notes)
    try:
        frame = pandas.read_csv(
            io.StringIO(text, newline=""), sep=separator, header=None, names=range(width),
            index_col=False, dtype=object, na_filter=False, skip_blank_lines=False,
            skipinitialspace=True, engine="c",
        )  # fmt: skip
    except (pandas.errors.ParserError, ValueError) as error:
        raise InputError(f"{name}: no table of cells: {_reason(error)}.") from error
    columns = [_stripped(frame[i].tolist()) for i in range(width)]
    return Grid(columns, separator, notes)


def _reason(error: Exception) -> str:
    """What the parser says, with the line where a quotation mark that never ends begins."""
    said = str(error).strip().rstrip(".").removeprefix("Error tokenizing data. C error: ")
    if "inside string" in said and (found := re.search(r"row (\d+)", said)):
        return f"the quotation mark in line {int(found[1]) + 1} is not closed"
    return said


def _stripped(cells: list[Any]) -> np.ndarray:
    out = np.empty(len(cells), dtype=object)
    own = [trimmed(cell) if isinstance(cell, str) else "" for cell in cells]
    out[:] = [_bare(cell) if cell[:1] in ("=", "'") else cell for cell in own]
    return out


def _bare(cell: str) -> str:
    """A cell without what keeps a spreadsheet from taking it for a number or a formula.

    Programs write ="0012"; an apostrophe stands before numbers that were made texts, and some files
    have apostrophes in the place of quotation marks.
    """
    if cell.startswith('="') and cell.endswith('"'):
        return cell[2:-1]
    if cell[0] == "'" and len(cell) > 2:
        inner = cell[1:].removesuffix("'").strip()
        if (cell[-1] == "'" and "'" not in inner) or split(inner) is not None:
            return inner
    return cell


def dialect(text: str) -> tuple[str, int]:
    """The separator of a text, and how many cells its longest line can have.

    The separator is what most lines have equally often; what stands in double quotes is not looked
    at.
    """
    bare = _QUOTED.sub('""', text) if '"' in text else text
    lines = re.split(r"\r\n|\r|\n", bare)
    head = [line for line in lines if line.strip()][:_HEAD]
    best, chosen = (0.0, 0), ","
    for separator in SEPARATORS:
        counts = Counter(line.count(separator) for line in head)
        counts.pop(0, None)
        if not counts:
            continue
        often, times = max(counts.items(), key=lambda item: (item[1], item[0]))
        # One line more or less is a title, or one without the separator at its end.
        rank = (times / len(head), often)
        if rank > best:
            best, chosen = rank, separator
    return chosen, 1 + max((line.count(chosen) for line in lines), default=0)
