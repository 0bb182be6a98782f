"""Columns of numbers that may be in two units: fractions beside percent, kelvin beside Celsius."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...kernels.errors import InputError
from ..reading.numerals import is_unit
from ..reading.table import Values, show_number
from ..reading.ways import Ways
from .words import words_of

# Between the numbers of two units there is a gap, so many times as wide as any other one.
GAP = 2.0
# ... and the different numbers of a unit times the gap are so many times the range of either unit:
# the tail of a distribution has gaps, too, with a few numbers beyond them.
TAIL = 8.0
# A unit has so many different numbers at least, and the other one so many; and rows.
FEWEST, OTHERS, ROWS = 2, 3, 10
# So many different numbers are levels, if each stands twice on average: those of one unit are
# among those of the other.
LEVELS = 10
# By how much numbers of another unit are too small, as a factor, or as what is added; and what no
# fraction is above, with room for errors of measurement.
PERCENT, MILLI, KELVIN, FRACTION = 100.0, 1000.0, 273.15, 1.2

_UNIT_NAMES = frozenset(("unit", "units", "uom", "einheit", "einheiten", "unité", "unidad"))


def ask_of_units(name: str, values: Values, rows: np.ndarray, ways: Ways) -> None:
    """Refuses a column that gives the numbers beside it several units.

    Args:
        name: of the column.
        values: texts, (N,), none missing.
        rows: their numbers, for messages.
        ways: how options are typed.

    Raises:
        InputError: it names two of the units.
    """
    cells = values.tolist()
    units = list(dict.fromkeys(cells))
    if not words_of(name) & _UNIT_NAMES or len(units) < 2 or not all(map(is_unit, units)):
        return
    if not any(sum(map(str.isalpha, unit)) > 1 for unit in units):  # U1 and U2 are names of some
        return
    told = " and ".join(f"{unit!r} in row {rows[cells.index(unit)]}" for unit in units[:2])
    raise InputError(
        f"column {name!r} has {told}: the numbers beside it are in different units. Write them in "
        f"one, or leave the column out if it means something else ({ways('ignore', name)}), or say "
        f"that it is a choice ({ways('category', name)})."
    )


@dataclass(frozen=True)
class _Split:
    """Numbers on both sides of the widest gap, different ones, ascending."""

    low: np.ndarray
    high: np.ndarray

    @staticmethod
    def of(own: np.ndarray) -> _Split | None:
        """The split of different numbers (N,), ascending; None where no gap is much wider."""
        if len(own) < FEWEST + OTHERS:
            return None
        gaps = np.diff(own)
        at = int(gaps.argmax()) + 1
        low, high = own[:at], own[at:]
        few, others = sorted((len(low), len(high)))
        gap, wide = float(gaps[at - 1]), max(float(np.ptp(low)), float(np.ptp(high)))
        fits = gap > GAP * np.delete(gaps, at - 1).max() and few * gap >= TAIL * wide
        return _Split(low, high) if fits and few >= FEWEST and others >= OTHERS else None

    def meets(self, shift: float, within: float | None) -> bool:
        """Whether the low ones are among the high ones when so much is added to them.

        Args:
            shift: what is added.
            within: how far equal levels may be apart; None for numbers that are no levels.
        """
        low, high = self.low + shift, self.high
        if within is not None:
            apart = np.abs(low[:, None] - high)
            return bool((apart.min(1) <= within).all() or (apart.min(0) <= within).all())
        return bool(low[0] <= np.median(high) <= low[-1] and high[0] <= np.median(low) <= high[-1])


def two_units_remarks(columns: Mapping[str, np.ndarray], rows: np.ndarray) -> list[str]:
    """Names columns whose numbers have two sizes, of which one is the other in another unit.

    Args:
        columns: numbers, (N,) each; scores, too.
        rows: their rows, (N,).
    """
    out = []
    for name, values in columns.items():
        own = np.unique(values)
        levels = len(own) <= LEVELS and 2 * len(own) <= len(values)
        if len(values) < ROWS or not (found := _two_units(own, levels)):
            continue
        split, what = found
        few = (values >= split.low[0]) & (values <= split.low[-1])  # 0 is 0 in both units
        first, second = (
            f"{show_number(own[0])} to {show_number(own[-1])}" for own in (split.low, split.high)
        )
        out.append(
            f"Column {name!r} has numbers of two sizes: {first} in {few.sum()} rows (row "
            f"{rows[few.argmax()]} is the first), {second} in the others, and none between. Are "
            f"these two units, as {what}? If so, write all rows in one."
        )
    return out


def _two_units(own: np.ndarray, levels: bool) -> tuple[_Split, str] | None:
    """Where different numbers (N,), ascending, part into two units, and which these may be."""
    above = own[own > 0]
    if own[0] >= 0 and (split := _Split.of(np.log10(above))) is not None:
        plain = _Split(above[: len(split.low)], above[len(split.low) :])
        fractions = plain.low[-1] <= FRACTION and plain.high[-1] <= FRACTION * PERCENT
        if fractions and split.meets(np.log10(PERCENT), 1e-6 if levels else None):
            return plain, "fractions beside percent"
        if split.meets(np.log10(MILLI), 1e-6 if levels else None):
            return plain, "g beside mg, or M beside mM"
    if (split := _Split.of(own)) is not None and split.meets(KELVIN, 0.5 if levels else None):
        return split, "degrees Celsius beside kelvin"
    return None
