"""The columns of a design: numbers, and choices of one among k classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from ..kernels.errors import InputError
from ..values import listed, number, switch, whole

SOFT = 0.6  # design-bench's soft interpolation between a class and the uniform distribution
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
        owner = _named(self.name)
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


@dataclass(frozen=True)
class Choice:
    """A column that holds one of k classes: a category, or one site of a sequence.

    A raw value is the number of the class. The k - 1 features are the logits of the classes after
    the first, log(0.6 onehot + 0.4 / k) less that of the first class, in float32 as design-bench
    computes them.

    Attributes:
        name: of the column.
        classes: the words or letters, one a class.
        sequence: name of the sequence whose site this is; None for a category.
        fixed: number of the class that every design has; None where it is free.
        levels: numbers of the classes that a design may have, ascending; None for all.

    Raises:
        InputError: there is no class, one occurs twice, ``levels`` are no numbers of classes, or
            ``fixed`` is none of them.
    """

    name: str
    classes: tuple[str, ...]
    sequence: str | None = None
    fixed: int | None = None
    levels: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        owner = _named(self.name)
        if isinstance(self.classes, str) and self.sequence is None:
            raise InputError(
                f"{owner}: classes must be a list of words, got the text {self.classes!r:.60}."
            )
        classes = tuple(listed(owner, "classes", self.classes))
        if wrong := [c for c in classes if not isinstance(c, str)]:
            raise InputError(f"{owner}: classes are texts, got {wrong[0]!r:.60}. Take str of them.")
        object.__setattr__(self, "classes", tuple(str(c) for c in classes))
        if self.fixed is not None:
            object.__setattr__(self, "fixed", whole(owner, "fixed", self.fixed, 0))
        if not self.classes or len(set(self.classes)) < len(self.classes):
            raise InputError(f"column {self.name!r}: give one or more different classes.")
        if self.levels is not None:
            given, last = listed(owner, "levels", self.levels), len(self.classes) - 1
            levels = tuple(whole(owner, "a level", v, 0, last) for v in given)
            if not levels or list(levels) != sorted(set(levels)):
                raise InputError(f"{owner}: levels must be numbers of classes that ascend.")
            object.__setattr__(self, "levels", levels)
        allowed = range(len(self.classes)) if self.levels is None else self.levels
        if self.fixed is not None and self.fixed not in allowed:
            raise InputError(
                f"column {self.name!r}: fixed = {self.fixed!r} is no class that a design may have; "
                f"there are {len(self.classes)}, numbered from 0."
            )

    @property
    def kind(self) -> str:
        """What the column is: "category" or "site"."""
        return "category" if self.sequence is None else "site"

    def grid(self) -> np.ndarray:
        """Numbers of the classes that a design may have, ascending; ``fixed`` alone if it is."""
        if self.fixed is not None:
            return np.array([self.fixed])
        return np.arange(len(self.classes)) if self.levels is None else np.array(self.levels)

    @property
    def width(self) -> int:
        """How many features the column has."""
        return len(self.classes) - 1


Column: TypeAlias = Number | Choice


def sequence(
    length: int, letters: Sequence[str], name: str = "sequence", fixed: Sequence[int | None] = ()
) -> tuple[Choice, ...]:
    """The columns of a sequence.

    Args:
        length: number of sites.
        letters: the alphabet, for instance "ACGT".
        name: of the sequence.
        fixed: for every site the number of its letter, or None where it is free; empty for none.

    Returns:
        One column a site.

    Raises:
        InputError: ``length`` is not positive, or ``fixed`` has another length.
    """
    owner = f"sequence {name!r}"
    length, letters = whole(owner, "length", length, 1), tuple(listed(owner, "letters", letters))
    at = listed(owner, "fixed", fixed) or [None] * length
    if len(at) != length:
        raise InputError(f"{owner}: length = {length} and {len(at)} fixed letters.")
    return tuple(Choice(f"{name}[{i}]", letters, name, at[i]) for i in range(length))


def _named(name: object) -> str:
    """A column in messages.

    Raises:
        InputError: its name is no text.
    """
    if not isinstance(name, str):
        raise InputError(f"a column's name must be a text, got {name!r:.60}. Take str of it.")
    return f"column {name!r}"


def logits(classes: int) -> np.ndarray:
    """Features of every class, (k, k - 1), float64 with the values of design-bench's float32."""
    one_hot = np.eye(classes, dtype=np.float32)
    soft = SOFT * one_hot + (1.0 - SOFT) * np.full_like(one_hot, 1 / float(classes))
    log = np.log(soft)
    return (log[:, 1:] - log[:, :1]).astype(np.float64)


def nearest(grid: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The nearest of an ascending grid (L,) for each value, the lower one where two are."""
    at = np.searchsorted(grid, values).clip(1, max(1, len(grid) - 1))
    if len(grid) == 1:
        return np.full(np.shape(values), grid[0])
    below, above = grid[at - 1], grid[at]
    return np.where(above - values < values - below, above, below)
