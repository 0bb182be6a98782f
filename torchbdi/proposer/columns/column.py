"""The kinds of columns that can vary: numbers, and classes (categories and sequences)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...kernels.errors import InputError
from ..reading.sequences import kept_letters
from ..reading.table import Values, parse_number, show_number
from ..reading.ways import IN_PYTHON, Ways

# Numbers beyond this lose their squares to overflow or underflow.
LARGEST = 1e100


@dataclass(frozen=True)
class Numbers:
    """A column of numbers.

    Attributes:
        name: of the column.
        low: lower bound of proposals.
        high: upper bound.
    """

    name: str
    low: float
    high: float


@dataclass(frozen=True)
class Classes:
    """A column of categories (one position) or of sequences of equal length (one a letter).

    Attributes:
        name: of the column.
        classes: the values a position can take, sorted.
        length: number of positions.
        sequence: whether values are the letters of one text.
        kept: letters that are no choice, by their site (see :func:`.sequences.kept_letters`); they
            count as the last class there, which is no gap.
    """

    name: str
    classes: tuple[str, ...]
    length: int
    sequence: bool
    kept: Mapping[int, str] = field(default_factory=dict)

    def codes(self, values: Values) -> np.ndarray:
        """Numbers of the classes at every position, (N, length)."""
        place = dict.fromkeys(self.kept.values(), len(self.classes) - 1)
        place |= {name: i for i, name in enumerate(self.classes)}
        cells = [[place[c] for c in (v if self.sequence else (v,))] for v in values]
        return np.array(cells, dtype=np.int64).reshape(len(values), self.length)

    def texts(self, codes: np.ndarray) -> Values:
        """The values that have these classes, (n, length) to (n,)."""
        out = np.empty(len(codes), dtype=object)
        out[:] = [
            "".join(self.kept.get(at) or self.classes[i] for at, i in enumerate(row))
            for row in codes.tolist()
        ]
        return out

    def can_be(self, text: str) -> bool:
        """Whether a sequence has its length, its letters, and those that are kept."""
        return len(text) == self.length and all(
            letter == self.kept[i] if i in self.kept else letter in self.classes
            for i, letter in enumerate(text)
        )


def numbers_of(name: str, values: Values, rows: np.ndarray, ways: Ways = IN_PYTHON) -> np.ndarray:
    """A column as numbers, (N,) float64.

    Args:
        name: of the column.
        values: its cells, none missing.
        rows: numbers of the rows, for messages.
        ways: how options are typed.

    Raises:
        InputError: names the first cell that is not a number, or too large a one.
    """
    if values.dtype != np.float64:
        parsed = [parse_number(text) for text in values]
        bad = [i for i, number in enumerate(parsed) if number is None]
        if bad:
            raise InputError(
                f"column {name!r}: {values[bad[0]]!r} in row {rows[bad[0]]} is not a number "
                f"({len(bad)} of {len(values)} cells are not). Mend it, leave the column out "
                f"({ways('ignore', name)}), or say that it holds names ({ways('category', name)})."
            )
        values = np.array(parsed, dtype=np.float64)
    wrong = np.flatnonzero(~(np.abs(values) <= LARGEST))
    if len(wrong):
        raise InputError(
            f"column {name!r}: {values[wrong[0]]} in row {rows[wrong[0]]} is not finite, or larger "
            f"than {LARGEST:g}. Change the unit, leave the column out ({ways('ignore', name)}), or "
            f"empty the cell, so that the row is left out ({ways('drop-missing')})."
        )
    spread = float(np.ptp(values)) if len(values) else 0.0
    if 0 < spread < 1 / LARGEST:
        raise InputError(f"column {name!r}: all values lie within {spread:g}. Change the unit.")
    return values


def classes_of(
    name: str, values: Values, rows: np.ndarray, sequence: bool, ways: Ways = IN_PYTHON
) -> Classes:
    """The classes of a text column.

    Raises:
        InputError: sequences of different lengths.
    """
    if not sequence:
        return Classes(name, tuple(sorted(set(values))), 1, False)
    lengths = np.array([len(text) for text in values])
    other = np.flatnonzero(lengths != lengths[0])
    if len(other):
        raise InputError(
            f"column {name!r}: sequences must be of equal length, but row {rows[0]} has "
            f"{lengths[0]} letters and row {rows[other[0]]} has {lengths[other[0]]}. Pad or cut "
            f"them, or leave the column out ({ways('ignore', name)})."
        )
    kept = kept_letters(set(values.tolist()))
    letters = {letter for text in values for letter in text} - set(kept.values())
    return Classes(name, tuple(sorted(letters)), int(lengths[0]), True, kept)


def as_category(values: Values) -> Values:
    """A column as text, where numbers are the names of classes."""
    if values.dtype != np.float64:
        return values
    out = np.empty(len(values), dtype=object)
    out[:] = [show_number(value) for value in values]
    return out


def class_name(wanted: float | str) -> str:
    """A level, or what a person asks for, as a name, however it came: 1 for 1.0."""
    return wanted if isinstance(wanted, str) else show_number(wanted)


def level_codes(values: Values) -> np.ndarray:
    """Which of its different numbers or names each cell of a column is, in their order, (N,)."""
    own = values if values.dtype == np.float64 else values.astype(str)
    return np.unique(own, return_inverse=True)[1]


def parse_bounds(name: str, bounds: Sequence[float | None], values: np.ndarray) -> Numbers:
    """A number column with its bounds; None stands for the end of the observed range.

    Raises:
        InputError: a bound is not finite, or the lower one is above the upper one.
    """
    low, high = (
        float(end if given is None else given)
        for given, end in zip(bounds, (values.min(), values.max()), strict=True)
    )
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise InputError(
            f"column {name!r}: the bounds {low:g} to {high:g} are not an interval (observed: "
            f"{values.min():g} to {values.max():g})."
        )
    return Numbers(name, low, high)
