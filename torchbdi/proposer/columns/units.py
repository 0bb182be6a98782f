"""Columns of numbers that may be in two units: fractions beside percent, kelvin beside Celsius."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..reading.table import show_number

# Between the numbers of two units there is a gap, so many times as wide as any other one.
GAP = 2.0
# A unit has so many different numbers at least, and the other one so many; and rows.
FEWEST, OTHERS, ROWS = 2, 3, 10
# By how much numbers of another unit are too small, as a factor, or as what is added.
FACTORS = {100.0: "fractions beside percent", 1000.0: "g beside mg, or M beside mM"}
KELVIN = 273.15


@dataclass(frozen=True)
class _Split:
    """Numbers on both sides of the widest gap, different ones, ascending."""

    low: np.ndarray
    high: np.ndarray

    @staticmethod
    def of(values: np.ndarray) -> _Split | None:
        """The split of numbers (N,); None where no gap is much wider than the others."""
        own = np.unique(values)
        if len(own) < FEWEST + OTHERS:
            return None
        gaps = np.diff(own)
        at = int(gaps.argmax()) + 1
        low, high = own[:at], own[at:]
        second = np.delete(gaps, at - 1).max()
        sizes = sorted((len(low), len(high)))
        fits = gaps[at - 1] > GAP * second and sizes[0] >= FEWEST and sizes[1] >= OTHERS
        return _Split(low, high) if fits else None

    def meets(self, shift: float) -> bool:
        """Whether the low ones are among the high ones when so much is added to them."""
        low, high = self.low + shift, self.high
        return bool(low[0] <= np.median(high) <= low[-1] and high[0] <= np.median(low) <= high[-1])


def two_units_remarks(columns: Mapping[str, np.ndarray], rows: np.ndarray) -> list[str]:
    """Names columns whose numbers have two sizes, of which one is the other in another unit.

    Args:
        columns: numbers, (N,) each; scores, too.
        rows: their rows, (N,).
    """
    out = []
    for name, values in columns.items():
        if len(values) < ROWS or not (found := _two_units(values)):
            continue
        split, what = found
        few = values <= split.low[-1]
        if split.low[0] > 0:
            few &= values > 0  # 0 is 0 in both units
        first, second = (
            f"{show_number(own[0])} to {show_number(own[-1])}" for own in (split.low, split.high)
        )
        out.append(
            f"Column {name!r} has numbers of two sizes: {first} in {few.sum()} rows (row "
            f"{rows[few.argmax()]} is the first), {second} in the others, and none between. Are "
            f"these two units, as {what}? If so, write all rows in one."
        )
    return out


def _two_units(values: np.ndarray) -> tuple[_Split, str] | None:
    """Where numbers (N,) part into two units, and which these may be."""
    own = np.unique(values[values > 0])
    if values.min() >= 0 and (split := _Split.of(np.log10(own))) is not None:
        for factor, what in FACTORS.items():
            if split.meets(float(np.log10(factor))):
                at = len(split.low)
                return _Split(own[:at], own[at:]), what
    if (split := _Split.of(values)) is not None and split.meets(KELVIN):
        return split, "degrees Celsius beside kelvin"
    return None
