"""What a column is, where nobody has said so: numbers, names, sequences, or no part of a design."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from ..kernels.errors import InputError
from .columns import numbers_of
from .reading import counts_rows
from .table import Values, parse_number
from .ways import IN_PYTHON, Ways

# A text column with more different values is not taken for a category unasked.
MAX_CATEGORIES = 50
DNA = frozenset("ACGTUN-")
PROTEIN = frozenset("ACDEFGHIKLMNPQRSTVWYBXZ*-")
# Shorter texts in protein letters can be abbreviations; so can those with a letter that all share.
SHORTEST, LONG = 4, 20
_DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))"
    r"([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?"
)


@dataclass(frozen=True)
class Kind:
    """What a column is.

    Attributes:
        kind: "number", "category", "sequence", or "none" for what is no part of a design.
        remark: what to tell of it, "" for nothing.
    """

    kind: str
    remark: str = ""


def guess_kind(
    name: str, values: Values, rows: np.ndarray, ways: Ways = IN_PYTHON, named: bool = True
) -> Kind:
    """What a column is.

    Args:
        name: of the column.
        values: its cells, none missing.
        rows: their numbers, for messages.
        ways: how options are typed.
        named: whether a person named the columns; only then can one be a row number.

    Raises:
        InputError: it cannot be told; the message says how to say what it is.
    """
    numbers = (
        list(values)
        if values.dtype == np.float64
        else [parse_number(text) for text in values.tolist()]
    )
    readable = sum(number is not None for number in numbers)
    if readable == len(values):
        return _of_numbers(name, np.array(numbers, dtype=np.float64), ways, named)
    if 2 * readable > len(values):
        numbers_of(name, values, rows, ways)  # raises, and names the cell
    different = set(values.tolist())
    if all(_DATE.fullmatch(text) for text in different):
        return Kind(
            "none",
            f"Column {name!r} holds dates, which nobody can choose again: it was left out; "
            f"{ways('category', name)} keeps it.",
        )
    if len(different) <= min(MAX_CATEGORIES, len(values) // 2):
        return Kind("category")
    if letters := sequence_letters(different):
        return Kind("sequence", f"Column {name!r} was taken for sequences over {letters}.")
    _ask_of_lengths(name, different, ways)
    if len(different) == len(values):
        return Kind(
            "none",
            f"Column {name!r} has a text of its own in every row, such as {values[0][:40]!r}: it "
            f"was left out as a name; {ways('category', name)} or {ways('sequence', name)} keeps "
            "it.",
        )
    raise InputError(
        f"column {name!r} holds text with {len(different)} different values in {len(values)} rows "
        f"(row {rows[0]}: {values[0][:40]!r}): too many for a category, and no sequences over "
        f"letters of DNA or protein. Leave it out ({ways('ignore', name)}), or say that it is a "
        f"category ({ways('category', name)}) or a sequence ({ways('sequence', name)})."
    )


def _of_numbers(name: str, numbers: np.ndarray, ways: Ways, named: bool) -> Kind:
    if named and (counts_rows(numbers) or re.fullmatch(r"Unnamed: \d+", name)):
        return Kind(
            "none",
            f"Column {name!r} is probably a row number"
            + (": it counts the rows" if counts_rows(numbers) else "")
            + f". It was left out; {ways('number', name)} makes it part of the design.",
        )
    if named and _calendar(numbers):
        return Kind(
            "none",
            f"Column {name!r} holds dates (such as {numbers[0]:.0f}), which nobody can choose "
            f"again: it was left out; {ways('number', name)} makes numbers of them.",
        )
    return Kind("number")


def _calendar(numbers: np.ndarray) -> bool:
    """Whether all numbers are days written as 20230301, two of them different."""
    if not len(numbers) or not np.isfinite(numbers).all() or np.ptp(numbers) == 0:
        return False
    if (numbers % 1 != 0).any():
        return False
    year, month, day = numbers // 10_000, numbers // 100 % 100, numbers % 100
    return bool(
        ((year >= 1900) & (year <= 2100) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31))
        .all()
    )  # fmt: skip


def sequence_letters(texts: Collection[str]) -> str:
    """The letters of sequences of DNA or protein, in upper case; "" where texts are no such."""
    lengths = {len(text) for text in texts}
    if len(lengths) != 1:
        return ""
    length, letters = lengths.pop(), {letter for text in texts for letter in text}
    upper = {letter.upper() for letter in letters}
    if length >= 3 and upper <= DNA:
        return "".join(sorted(upper))
    if length < SHORTEST or not letters <= PROTEIN:
        return ""
    if length < LONG and any(len({text[i] for text in texts}) == 1 for i in range(length)):
        return ""
    return "".join(sorted(letters))


def _ask_of_lengths(name: str, texts: Collection[str], ways: Ways) -> None:
    """Refuses texts that are sequences but for their lengths."""
    letters = {letter for text in texts for letter in text}
    lengths = {len(text) for text in texts}
    if len(lengths) > 1 and min(lengths) > SHORTEST and letters <= PROTEIN:
        raise InputError(
            f"column {name!r} looks like sequences of {min(lengths)} to {max(lengths)} letters; "
            f"they must be of equal length. Pad them with '-', or leave the column out "
            f"({ways('ignore', name)})."
        )


def one_case(values: Values) -> Values:
    """Sequences in upper case where all of their letters are those of DNA or protein."""
    letters = {letter.upper() for text in values.tolist() for letter in text}
    if not (letters <= DNA or letters <= PROTEIN):
        return values
    out = np.empty(len(values), dtype=object)
    out[:] = [text.upper() for text in values.tolist()]
    return out
