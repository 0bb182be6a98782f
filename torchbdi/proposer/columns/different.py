"""Columns that are never the same in a design: two solvents of a pair, the order of four steps."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from ..reading.table import Values
from ..reading.ways import Ways, listed
from .column import Classes, Numbers
from .nothing import is_nothing

# Names that columns share at least; and they would be apart in all designs by chance once in so
# many tables.
FEWEST, CHANCE = 3, 100.0


@dataclass(frozen=True)
class Different:
    """Columns of names, or of places 1 to k, that differ from each other in every design.

    Attributes:
        names: of the columns, two or more.
        pairs: which of them differ, by their places among these.
        nothing: the names for nothing, which several columns may have.
        sorted: whether the names ascend in every design: A with B is B with A.
    """

    names: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]
    nothing: tuple[str, ...] = ()
    sorted: bool = False

    def keeps(self, values: Mapping[str, Values]) -> np.ndarray:
        """Which designs (n,) have something else in each of the columns, (n,) bool."""
        own = [values[name] for name in self.names]
        kept = np.ones(len(own[0]), bool)
        for first, second in self.pairs:
            there = ~np.isin(own[first], self.nothing)
            if self.sorted:
                there &= ~np.isin(own[second], self.nothing)
                kept &= ~there | (own[first] < own[second])
            else:
                kept &= ~there | (own[first] != own[second])
        return kept

    def __str__(self) -> str:
        """The columns: all of them at once, or in pairs."""
        if len(self.pairs) == math.comb(len(self.names), 2):
            return listed(self.names, len(self.names))
        named = [[self.names[first], self.names[second]] for first, second in self.pairs]
        return " as well as ".join(listed(pair) for pair in named)


def differences(columns: Mapping[str, Values]) -> list[Different]:
    """Finds columns that are never the same, and are so by more than chance.

    Args:
        columns: numbers or names of the distinct designs, (N,) each, without sequences.
    """
    names = [name for name, v in columns.items() if v.dtype != np.float64]
    numbers = {name: v for name, v in columns.items() if v.dtype == np.float64}
    by_chance = {
        (first, second): chance
        for first, second in combinations(names, 2)
        if (chance := _chance(columns[first], columns[second])) is not None
    }
    least = math.log(CHANCE * max(1, math.comb(len(names), 2)))
    out = []
    while by_chance:
        group = {*next(iter(by_chance))}
        while more := {n for pair in by_chance if group & {*pair} for n in pair} - group:
            group |= more
        pairs = [pair for pair in by_chance if group & {*pair}]
        own = tuple(name for name in names if name in group)
        if sum(by_chance.pop(pair) for pair in pairs) > least:
            places = tuple((own.index(first), own.index(second)) for first, second in pairs)
            levels = {level for name in own for level in columns[name].tolist()}
            made = Different(own, places, tuple(sorted(filter(is_nothing, levels))), True)
            out.append(made if made.keeps(columns).all() else replace(made, sorted=False))
    return out + _places(numbers)


def _chance(first: Values, second: Values) -> float | None:
    """The logarithm of how rarely columns (N,) would differ so by chance; None where they do not.

    That is in no design the same, or in all of them in the order of the alphabet.
    """
    shared = {v for v in {*first.tolist()} & {*second.tolist()} if not is_nothing(v)}
    if len(shared) < FEWEST or (np.isin(first, [*shared]) & (first == second)).any():
        return None
    counts = Counter(first.tolist()), Counter(second.tolist())
    crossed = [(a, b, n * m) for a, n in counts[0].items() for b, m in counts[1].items()]
    size = len(first) ** 2
    same = sum(n for a, b, n in crossed if a == b and a in shared) / size
    down = sum(n for a, b, n in crossed if a >= b and not (is_nothing(a) or is_nothing(b))) / size
    pair = {"first": first, "second": second}
    nothing = tuple(v for v in {*counts[0], *counts[1]} if is_nothing(v))
    ascend = Different(("first", "second"), ((0, 1),), nothing, True).keeps(pair).all()
    return -len(first) * math.log1p(-min(down if ascend else same, 0.999))


def _places(numbers: Mapping[str, np.ndarray]) -> list[Different]:
    """All columns that say the places of things, of which each has one of its own in a design."""
    by_most: dict[float, list[str]] = {}
    for name, values in numbers.items():
        by_most.setdefault(float(values.max()), []).append(name)
    out = []
    for most, names in by_most.items():
        placed = np.sort(np.stack([numbers[name] for name in names], axis=1))
        places = np.arange(1, len(names) + 1)
        if FEWEST <= len(names) == most and (placed == places).all():
            out.append(Different(tuple(names), tuple(combinations(range(len(names)), 2))))
    return out


def kept_different(
    columns: Sequence[Numbers | Classes],
    values: Mapping[str, Values],
    free: Collection[str],
    fixed: Collection[str],
) -> tuple[Different, ...]:
    """What is different in proposals, too: not what may have any level, nor several fixed ones.

    Args:
        columns: those that vary.
        values: of the distinct designs, (N,) each.
        free: columns that the person set free.
        fixed: those that the person fixed.
    """
    names = [c.name for c in columns if isinstance(c, Numbers) or not c.sequence]
    found = differences({name: values[name] for name in names})
    given = [(own, {*own.names}) for own in found]
    return tuple(own for own, n in given if not n & {*free} and len(n & {*fixed}) < 2)


def different_remarks(different: Sequence[Different], ways: Ways) -> list[str]:
    """Says which columns are apart in proposals, too, and the way out."""
    out = []
    for own in different:
        besides = f", but for {listed(own.nothing)}" if own.nothing else ""
        ascend = ", and are in the order of the alphabet" if own.sorted else ""
        out.append(
            f"{own} are never the same in a design{besides}{ascend}: so it is in every proposal "
            f"({ways('free', own.names[0])} gives that up)."
        )
    return out
