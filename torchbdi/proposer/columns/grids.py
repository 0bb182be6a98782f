"""The values that a column of numbers can have: levels, steps, whole numbers, decimals."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from ...space.columns import Number
from ..reading.table import Values, show_number, show_power
from .column import Numbers
from .decades import is_series, set_over_decades
from .precision import MAX_DECIMALS, decimals_of, digits_of

# A column of few levels, each several times, keeps to them.
MAX_LEVELS, SEVERAL = 10, 2
# Numbers of few digits within the bounds, about, that are gone through.
MAX_LISTED = 10_000
# Of a number that keeps to no grid.
MAX_DIGITS = 12
# More steps between the bounds are as good as none.
MAX_STEPS = 100_000
# A column of more steps has decimals, and hardly a step of its own.
TOLD_STEPS = 200
# A step is believed where chance makes it less often than once in so many tables.
CHANCE = 1000.0


@dataclass(frozen=True)
class Grid:
    """What a column can have, and how its numbers are written.

    Attributes:
        number: bounds, levels and step.
        decimals: how many are written; None for as many digits as it takes.
        digits: how many digits are written where there is no grid; None for all.
        kind: "levels", "whole", "step" or "" where there is nothing to tell. Whole numbers, and
            decimals, of too many steps have none.
        steps: where steps begin that are too many, or too fine, for a search, and how large they
            are: proposals are put on them when they have been chosen. None for no such steps.
        exponent: how its exponents are written, as e0 for 3e-4; None without them.
    """

    number: Number
    decimals: int | None
    digits: int | None
    kind: str
    steps: tuple[float, float] | None = None
    exponent: str | None = None

    def free(self) -> Grid:
        """The same bounds without levels or steps, written with all digits."""
        own = Number(self.number.name, self.number.low, self.number.high)
        return Grid(own, None, None, "")

    def write(self, value: float) -> str:
        """A number as the table would have it."""
        if self.decimals is not None:
            text = f"{value:.{self.decimals}f}"
            return "0" if float(text) == 0 and "." not in text else text
        own = value if self.digits is None else float(f"{value:.{self.digits}g}")
        return show_number(own) if self.exponent is None else show_power(own, self.exponent)


def grid_of(
    column: Numbers,
    values: np.ndarray,
    cells: Values,
    step: float | None = None,
    free: bool = False,
    bounded: bool = False,
    begun: bool = False,
    log: bool = False,
) -> Grid:
    """What a column can have, from what it has.

    Args:
        column: with its bounds.
        values: numbers of all rows, (N,).
        cells: the same as they came, texts or numbers, (N,).
        step: the step that the person gave.
        free: whether the column is free of the levels and steps of the table.
        bounded: whether the person gave bounds.
        begun: whether the lower one is among them: steps that the person gave begin there.
        log: whether it is searched as a logarithm, though it has a 0; decimals are no steps then.
    """
    low, high = column.low, column.high
    if step is not None:
        return _of_step(column, values, step, begun)
    places_or_none = decimals_of(cells)
    levels, counts = np.unique(values, return_counts=True)
    # Levels can be 1e-6 and 1e-5, or thirds; but numbers of many digits are rather measured ones.
    often = SEVERAL if places_or_none is not None or digits_of(cells) is not None else SEVERAL + 1
    few = len(levels) <= MAX_LEVELS and counts.min() >= often
    if few and not free and not bounded and low < high:
        made = Number(column.name, low, high, levels=tuple(levels.tolist()))
        return Grid(made, places_or_none, None, "levels")
    if places_or_none is None or low == high:
        return _of_digits(column, values, digits_of(cells), free, bounded)
    places = places_or_none
    unit = _unit(levels, places)
    if free and unit == 1 and not few:  # nothing to give up but its decimals
        return _any(column, MAX_DECIMALS, bounded)
    if free or (is_series(levels) and set_over_decades(values)):
        unit = 1  # powers of ten are 9 apart, which is no step
    digits = digits_of(cells)
    if places and unit == 1 and (log or set_over_decades(values)):
        return _too_fine(column, values, digits, unit, places, free, bounded)
    size, start, top = _within(low, high, levels[0], unit, places)
    if bounded and unit > 1 and top - start < 0.5 * size:
        # These bounds have room for one value of a grid that nobody gave, or for none.
        unit = 1
        size, start, top = _within(low, high, levels[0], unit, places)
    if start > top or (top - start) / size > MAX_STEPS:
        # Of numbers below 1e6 six digits are no other news than that they are whole.
        all_digits = digits is not None and np.abs(levels).max() * 10**places < 10**digits
        digits = None if all_digits else digits
        return _too_fine(column, values, digits, unit, places, free, bounded)
    made = Number(column.name, _round(start, places), _round(top, places), step=size)
    told = unit > 1 and (top - start) / size <= TOLD_STEPS
    kind = "step" if told else "whole" if places == 0 else ""
    return Grid(made, places, None, kind)


def _of_step(column: Numbers, values: np.ndarray, step: float, begun: bool) -> Grid:
    """The numbers a step apart within the bounds: from the lower one on, or multiples of it."""
    start = column.low if begun else offset(values, step)
    if abs(round(start, MAX_DECIMALS) - start) <= 1e-9 * step:
        start = round(start, MAX_DECIMALS)  # 0.3, and not 0.30000000000000004
    top = max(start, start + step * float(np.floor((column.high - start) / step + 1e-6)))
    places = decimals_of(np.array([step, start]))
    if places is not None:
        start, top = _round(start, places), _round(top, places)
    return Grid(Number(column.name, start, top, step), places, None, "step")


def _any(column: Numbers, digits: int | None, bounded: bool) -> Grid:
    """All numbers within the bounds, which these digits do not leave where a person gave them."""
    low, high = column.low, column.high
    if digits is not None and bounded and any(f != float(f"{f:.{digits}g}") for f in (low, high)):
        digits = MAX_DIGITS
    return Grid(Number(column.name, low, high), None, digits, "")


def _of_digits(
    column: Numbers, values: np.ndarray, digits: int | None, free: bool, bounded: bool
) -> Grid:
    """The numbers of so many digits within the bounds: what is searched is what is written.

    Rounded afterwards they would leave the bounds, or be the same as each other and as known ones.
    Where these numbers are too many, rounding hardly changes them.
    """
    low, high = column.low, column.high
    if digits is None or low == high:
        return _any(column, digits, bounded)
    if free:
        return _any(column, MAX_DECIMALS, bounded)
    sizes = np.abs([*values, low, high])
    sizes = np.log10(sizes[sizes > 0])
    first, last = math.floor(sizes.min()), math.floor(sizes.max())
    size = 10**digits
    if (last - first + 1) * size > MAX_LISTED:
        return _any(column, digits, bounded)
    places = range(first - digits + 1, last - digits + 2)
    above = [float(f"{m}e{place}") for place in places for m in range(size // 10, size)]
    levels = [v for v in (*(-v for v in reversed(above)), 0.0, *above) if low <= v <= high]
    if len(levels) < 2:  # these bounds have no room for a choice
        return _any(column, MAX_DECIMALS, bounded)
    return Grid(Number(column.name, low, high, levels=tuple(levels)), None, digits, "")


def _too_fine(
    column: Numbers, values: np.ndarray, digits: int | None, unit: int, places: int, free: bool,
    bounded: bool,
) -> Grid:  # fmt: skip
    """Numbers with decimals whose steps are none of a search: of few digits, or put on them later.

    The steps are so many units of the last place.
    """
    size, start, top = _within(column.low, column.high, float(values.min()), unit, places)
    if digits is not None or start >= top:
        return _of_digits(column, values, digits, free, bounded)
    start = _round(start, places)
    number = Number(column.name, start, _round(top, places))
    return Grid(number, places, None, "" if places else "whole", (start, size))


def _within(
    low: float, high: float, first: float, unit: int, places: int
) -> tuple[float, float, float]:
    """Step, first and last value of a grid within bounds, which can lie between its values."""
    size = unit / 10**places
    start = np.ceil((low - first) / size - 1e-6) * size + first
    top = np.floor((high - first) / size + 1e-6) * size + first
    return size, float(start), float(top)


def without_steps(grid: Grid) -> Grid:
    """The grid of a column of which a rule leaves no values on it: bounds alone."""
    return replace(grid.free(), digits=MAX_DIGITS)


def with_zero(grid: Grid) -> Grid:
    """The grid of a part that may be absent: its values, and 0."""
    number = grid.number
    if number.low <= 0:
        return grid
    if number.levels is not None:
        return replace(grid, number=replace(number, low=0.0, levels=(0.0, *number.levels)))
    if number.step is not None and not np.isclose(number.low / number.step % 1, [0, 1]).any():
        levels = (0.0, *number.grid().tolist())  # steps that begin at 5 do not hold 0
        return replace(grid, number=Number(number.name, 0.0, number.high, levels=levels))
    return replace(grid, number=replace(number, low=0.0))


def _unit(levels: np.ndarray, places: int) -> int:
    """The step of a column in units of its last decimal; 1 where chance may have made it."""
    whole = np.rint(levels * 10**places)
    if np.abs(whole).max() >= 2.0**53:  # larger numbers have no last digit
        return 1
    gaps = np.diff(whole.astype(np.int64))
    unit = int(np.gcd.reduce(gaps)) if len(gaps) else 1
    if unit < 2 or (len(levels) - 1) * math.log(unit) < math.log(CHANCE):
        return 1
    return unit


def offset(values: np.ndarray, step: float) -> float:
    """Where a grid begins, from the least value on: a grid with half of the values, or 0, on it.

    Args:
        values: (N,).
        step: of the grid.
    """
    rest = np.round(np.mod(values, step) / step, 6) % 1
    shares, counts = np.unique(rest, return_counts=True)
    shift = float(shares[counts.argmax()]) * step if 2 * counts.max() >= len(values) else 0.0
    low = float(values.min())
    return (
        low + float(np.mod(shift - low, step))
        if abs(np.mod(shift - low, step) - step) > (1e-6 * step)
        else low
    )


def _round(value: float, places: int) -> float:
    return float(round(value, places))
