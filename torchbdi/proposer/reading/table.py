"""A table of experiments: its columns by name, and the row numbers that people look them up by."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

Values: TypeAlias = np.ndarray
"""One column, (N,): float64 with NaN where missing, or objects that are str, "" where missing."""

# What is copied from web pages has some of these around it.
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
# What programs write for "not there". Case matters: Na is sodium.
MISSING = frozenset({"", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "<NA>"})
# What people write for it among numbers, in any case; among names these can be names.
_NO_NUMBER_WORDS = """
- -- --- – — ? ?? . .. ... … n/a na n.a. n/d nd n.d. none nan null nil missing unknown tbd tba
\u2022 1.#qnan -1.#ind 1.#ind
"""
# Errors of spreadsheets in any language, and what programs write that no one would call a thing.
_NO_NAME = re.compile(
    r"#[¡¿]?[^\W\d_]+(/[0ad])?[!?]|#(n/?[ad]|nv|div/0)|\\n|[(<\[](null|blank|undefined|missing)[)>\]]"
)
_NO_NUMBER = frozenset(_NO_NUMBER_WORDS.split())


def is_no_number(cell: str) -> bool:
    """Whether a cell of a column of numbers says that there is none."""
    return cell in MISSING or cell.casefold() in _NO_NUMBER or is_no_name(cell)


def is_no_name(cell: str) -> bool:
    """Whether a cell of a column of names is one that no name can be, such as #REF!."""
    return cell[:1] in ("#", "\\", "(", "<", "[") and bool(_NO_NAME.fullmatch(cell.casefold()))


@dataclass(frozen=True)
class Form:
    """How a file writes what it holds, so that proposals are written alike.

    Attributes:
        separator: between cells.
        decimal: the mark before decimals, "." or ",".
        units: what stands after every number of a column, by name.
        marked: whether what is not ASCII needs a byte order mark, see :func:`.encodings.marked`.
    """

    separator: str = ","
    decimal: str = "."
    units: Mapping[str, str] = field(default_factory=dict)
    marked: bool = False


@dataclass(frozen=True)
class Table:
    """Columns of equal length.

    Attributes:
        source: what messages call the table: a file's name, or "x".
        columns: each (N,), in the order of the table. Numbers in texts have a decimal point and no
            unit, whatever the file has.
        rows: number of each row in messages and results, (N,) int64. For a file the number that a
            spreadsheet shows (the first line is row 1), otherwise the position, from 0.
        sha256: of the file's bytes, or of the names and values.
        form: how the file writes.
        notes: what a person should know of how it was read, a sentence or two each.
        complaints: what is wrong with columns, by name; they cannot be used.
        typed: whether choices are typed in a shell.
        named: whether the names of the columns are a person's own.
        categories: columns that come as names, however they look.
    """

    source: str
    columns: Mapping[str, Values]
    rows: np.ndarray
    sha256: str
    form: Form = Form()
    notes: tuple[str, ...] = ()
    complaints: Mapping[str, str] = field(default_factory=dict)
    typed: bool = False
    named: bool = True
    categories: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, keep: np.ndarray) -> Table:
        """Some of the rows, by a mask or by positions."""
        columns = {name: values[keep] for name, values in self.columns.items()}
        return replace(self, columns=columns, rows=self.rows[keep])

    def only(self, names: Iterable[str]) -> Table:
        """Some of the columns, in the order of the table."""
        kept = set(names)
        columns = {name: values for name, values in self.columns.items() if name in kept}
        return replace(self, columns=columns)


def as_texts(cells: Sequence[str]) -> Values:
    """A column of texts, (N,) objects."""
    out = np.empty(len(cells), dtype=object)
    out[:] = cells
    return out


def texts(cells: Sequence[str]) -> Values:
    """A column of text from cells, without blanks around them."""
    return as_texts([cell.strip() for cell in cells])


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


def show_power(value: float, form: str) -> str:
    """The shortest text with an exponent in some form: 3e-4 of e0, 2E+03 of E+00; 0 for 0."""
    if value == 0:
        return "0"
    places = next((p for p in range(17) if float(f"{value:.{p}e}") == value), 17)
    mantissa, power = f"{value:.{places}e}".split("e")
    sign = "-" if power[0] == "-" else "+" if "+" in form else ""
    return f"{mantissa}{form[0]}{sign}{int(power[1:]):0{form.count('0')}d}"


def trimmed(cell: str) -> str:
    """A text without the blanks and the invisible characters around it."""
    text = cell.strip()
    while text and not text.isascii() and (text[0] in _INVISIBLE or text[-1] in _INVISIBLE):
        text = text.strip(_INVISIBLE).strip()
    return text


def tidy(name: str) -> str:
    """A name with single blanks, and letters with accents as one character each.

    Two names that cannot be told apart on a screen are then one: of the blanks one may be a line's
    end, or one that does not break.
    """
    return " ".join(unicodedata.normalize("NFC", name).split())


def free_name(name: str, taken: Iterable[str]) -> str:
    """A name that is not taken: the one asked for, with underscores as needed."""
    taken = set(taken)
    while name in taken:
        name += "_"
    return name


def missing(values: Values, words: frozenset[str] = MISSING) -> np.ndarray:
    """Which cells are missing, (N,) bool.

    Args:
        values: a column.
        words: texts that stand for nothing.
    """
    if values.dtype == np.float64:
        return np.isnan(values)
    return np.array([cell in words for cell in values], dtype=bool)
