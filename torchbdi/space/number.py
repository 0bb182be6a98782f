"""Columns of numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..kernels.errors import InputError
from ..values import listed, number, switch
from .names import named

MAX_LEVELS = 1_000_000  # of one column
# What is nearer to a level than this share of the distance between levels is that level.
ON_LEVEL = 1e-6


@dataclass(frozen=True)
class Number:
    """A column of numbers. Its one feature is the number, or its logarithm.

    Attributes:
        name: of the column.
        low: smallest value that a design may have; -inf for none.
        high: largest value; inf for none.
        step: distance between the values that a design may have, counted from ``low``; None for
            any number. Whole numbers are ``step=1`` with whole bounds.
        levels: the values that a design may have, ascending, where they are no such grid.
        log: whether the feature is the logarithm to the base 10.
        offset: what is added to a number before its logarithm is taken, so that 0 has one, too.
        fixed: the value that every design has; None where it is free.

    Raises:
        InputError: the bounds are no interval, a step has no bounds or makes more than 1,000,000
            levels, or ``fixed`` is none of the values allowed.
    """

    name: str
    low: float = -math.inf
    high: float = math.inf
    step: float | None = None
    levels: tuple[float, ...] | None = None
    log: bool = False
    fixed: float | None = None
    offset: float = 0.0

    def __post_init__(self) -> None:
        self._convert()
        if self.levels is not None:
            self._take_levels(self.levels)
        if not self.low <= self.high:  # NaN too
            raise InputError(
                f"column {self.name!r}: low = {self.low!r} and high = {self.high!r} leave no "
                "number. Give low <= high."
            )
        if self.step is not None:
            self._check_step(self.step)
        if self.log and not self.low + self.offset > 0:
            least = -self.offset or 0
            raise InputError(
                f"column {self.name!r}: a logarithm needs low > {least:g}, got {self.low!r}."
            )
        if len(self.grid()) == 0 and self.discrete:
            raise InputError(f"column {self.name!r}: no level lies within the bounds.")
        if self.fixed is not None:
            value = float(self.nearest(np.array([self.fixed]))[0])
            if not math.isclose(value, self.fixed, rel_tol=1e-9, abs_tol=1e-12):
                raise InputError(
                    f"column {self.name!r}: it cannot be fixed at {self.fixed!r}; the nearest "
                    f"value allowed is {value!r}."
                )

    def _take_levels(self, grid: tuple[float, ...]) -> None:
        """Checks the levels, which bound the column too."""
        if self.step is not None or not grid or not all(np.isfinite(grid)):
            raise InputError(f"column {self.name!r}: levels are finite numbers, without step.")
        if list(grid) != sorted(set(grid)):
            raise InputError(f"column {self.name!r}: levels must ascend.")
        object.__setattr__(self, "low", max(self.low, grid[0]))
        object.__setattr__(self, "high", min(self.high, grid[-1]))

    def _check_step(self, step: float) -> None:
        if not (math.isfinite(step) and step > 0):
            raise InputError(f"column {self.name!r}: step must be > 0, got {step!r}.")
        if not math.isfinite(self.low) or not math.isfinite(self.high):
            raise InputError(
                f"column {self.name!r}: a step needs bounds. Give low and high, for instance those "
                "of the data."
            )
        if (self.high - self.low) / step >= MAX_LEVELS:
            raise InputError(
                f"column {self.name!r}: a step of {step!r} makes more than {MAX_LEVELS:,} levels. "
                "Leave it out, or take a larger one."
            )

    def _convert(self) -> None:
        """Makes Python's numbers of everything; what is none, and texts, are refused."""
        owner = named(self.name)
        made: dict[str, object] = {"log": switch(owner, "log", self.log)}
        for name in ("low", "high"):
            made[name] = number(owner, name, getattr(self, name), finite=False)
        made["offset"] = number(owner, "offset", self.offset)
        for name in ("step", "fixed"):
            value = getattr(self, name)
            made[name] = None if value is None else number(owner, name, value)
        if self.levels is not None:
            given = listed(owner, "levels", self.levels)
            made["levels"] = tuple(number(owner, "a level", v) for v in given)
        for name, value in made.items():
            object.__setattr__(self, name, value)

    @property
    def discrete(self) -> bool:
        """Whether it has levels."""
        return self.step is not None or self.levels is not None

    @property
    def kind(self) -> str:
        """What the column is: "number" or "level"."""
        return "level" if self.discrete else "number"

    @property
    def width(self) -> int:
        """How many features the column has."""
        return 1

    def grid(self) -> np.ndarray:
        """The levels within the bounds, ascending, (L,); empty for a number without levels."""
        if self.levels is not None:
            grid = np.array(self.levels)
            return grid[(grid >= self.low) & (grid <= self.high)]
        if self.step is None:
            return np.empty(0)
        count = math.floor((self.high - self.low) / self.step + ON_LEVEL) + 1
        return np.minimum(self.low + self.step * np.arange(count), self.high)

    def nearest(self, values: np.ndarray) -> np.ndarray:
        """The nearest values that a design may have, (n,); ``fixed`` is not looked at."""
        grid = self.grid() if self.discrete else None
        return np.clip(values, self.low, self.high) if grid is None else nearest(grid, values)


def nearest(grid: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The nearest of an ascending grid (L,) for each value, the lower one where two are."""
    at = np.searchsorted(grid, values).clip(1, max(1, len(grid) - 1))
    if len(grid) == 1:
        return np.full(np.shape(values), grid[0])
    below, above = grid[at - 1], grid[at]
    return np.where(above - values < values - below, above, below)
