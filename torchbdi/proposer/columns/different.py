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
from .remark import Remark

# Names that columns share at least; and they would be apart in all designs by chance once in so
# many tables.
FEWEST, CHANCE = 3, 100.0
# So many pairs at least show that names ascend where these may be the same, or hardly ever are.
FEWEST_PAIRS = 10


@dataclass(frozen=True)
class Different:
    """Columns of names, or of places 1 to k, that differ from each other in every design.

    Attributes:
        names: of the columns, two or more.
        pairs: which of them differ, by their places among these.
        nothing: the names for nothing, which several columns may have.
        sorted: whether the names ascend in every design: A with B is B with A.
        same: whether names that ascend may be the same, as in a diallel with its parents.
    """

    names: tuple[str, ...]
    pairs: tuple[tuple[int, int], ...]
    nothing: tuple[str, ...] = ()
    sorted: bool = False
    same: bool = False

    def keeps(self, values: Mapping[str, Values]) -> np.ndarray:
        """Which designs (n,) have something else in each of the columns, (n,) bool."""
        own = [values[name] for name in self.names]
        kept = np.ones(len(own[0]), bool)
        for first, second in self.pairs:
            there = ~np.isin(own[first], self.nothing)
            if self.sorted:
                there &= ~np.isin(own[second], self.nothing)
                same = (own[first] == own[second]) & self.same
                kept &= ~there | (own[first] < own[second]) | same
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
    shared = {
        (first, second): both
        for first, second in combinations(names, 2)
        if len(both := _shared(columns[first], columns[second])) >= FEWEST
    }
    by_chance = {
        (first, second): chance
        for (first, second), both in shared.items()
        if (chance := _chance(columns[first], columns[second], both)) is not None
    }
    out = []
    while by_chance:
        group = {*next(iter(by_chance))}
        while more := {n for pair in by_chance if group & {*pair} for n in pair} - group:
            group |= more
        found = {pair: by_chance.pop(pair) for pair in [*by_chance] if group & {*pair}}
        if pairs := _beyond_chance(found, len(shared)):
            own = tuple(name for name in names if any(name in pair for pair in pairs))
            places = tuple((own.index(first), own.index(second)) for first, second in pairs)
            levels = {level for name in own for level in columns[name].tolist()}
            made = Different(own, places, tuple(sorted(filter(is_nothing, levels))), True)
            out.append(made if made.keeps(columns).all() else replace(made, sorted=False))
    told = {name for own in out for name in own.names}
    for (first, second), both in shared.items():
        if not told & {first, second}:
            out += _ascending(first, second, columns, both, len(shared))
            told |= {name for own in out for name in own.names}
    return out + _places(numbers)


def _ascending(
    first: str, second: str, columns: Mapping[str, Values], shared: Collection[str], of: int
) -> list[Different]:
    """Two columns whose names ascend in all designs, where either way is as likely by chance.

    In a part of all pairs early names stand first and late ones second anyway; so only pairs of
    names that both columns have count, each once.

    Args:
        first: the first column.
        second: the second one.
        columns: both, (N,) each, and others.
        shared: names that both have.
        of: how many pairs of columns are looked at.
    """
    a, b = columns[first], columns[second]
    down = np.flatnonzero(a > b)[:FEWEST_PAIRS]  # most columns: no need to look at all rows
    if any(not (is_nothing(a[i]) or is_nothing(b[i])) for i in down):
        return []
    nothing = tuple(sorted(filter(is_nothing, {*a.tolist(), *b.tolist()})))
    same = bool(np.isin(a[a == b], [*shared]).any())
    own = Different((first, second), ((0, 1),), nothing, True, same)
    pairs = {(x, y) for x, y in zip(a.tolist(), b.tolist(), strict=True) if x != y}
    both = sum(x in shared and y in shared for x, y in pairs)
    sure = both >= FEWEST_PAIRS and both * math.log(2) > math.log(CHANCE * of)
    return [own] if sure and own.keeps(columns).all() else []


def _beyond_chance(found: Mapping[tuple[str, str], float], of: int) -> list[tuple[str, str]]:
    """Those of pairs that are never the same which are too many, or too rare, to be so by chance.

    Of many pairs some are never the same by chance; as many of them as are picked could have been
    others.

    Args:
        found: the pairs, with the logarithm of how rare each is by chance.
        of: how many pairs could have been the same.
    """
    ranked = sorted(found, key=found.__getitem__, reverse=True)
    picks = [math.log(math.comb(of, count + 1)) for count in range(len(ranked))]
    beyond = np.cumsum([found[pair] for pair in ranked]) - picks
    most = int(beyond.argmax())
    return [p for p in found if p in ranked[: most + 1]] if beyond[most] > math.log(CHANCE) else []


def _shared(first: Values, second: Values) -> set[str]:
    """The names that columns (N,) have in common, but for those for nothing."""
    return {v for v in {*first.tolist()} & {*second.tolist()} if not is_nothing(v)}


def _chance(first: Values, second: Values, shared: Collection[str]) -> float | None:
    """The logarithm of how rarely columns (N,) would differ so by chance; None where they do not.

    That is in no design the same, or in all of them in the order of the alphabet.
    """
    if np.isin(first[first == second], [*shared]).any():
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
    fixed: Mapping[str, float | str],
) -> tuple[Different, ...]:
    """What is different in proposals, too: not what may have any level, or is fixed at the same.

    Args:
        columns: those that vary.
        values: of the distinct designs, (N,) each.
        free: columns that the person set free.
        fixed: those that the person fixed at a value, with it.
    """
    names = [c.name for c in columns if isinstance(c, Numbers) or not c.sequence]
    found = differences({name: values[name] for name in names})
    return tuple(own for own in found if not {*own.names} & {*free} and _can_be(own, fixed))


def _can_be(own: Different, fixed: Mapping[str, float | str]) -> bool:
    """Whether columns differ in those pairs of which both are fixed."""
    pairs = [(own.names[first], own.names[second]) for first, second in own.pairs]
    both = {name for pair in pairs if fixed.keys() >= {*pair} for name in pair}
    at = [i for i, pair in enumerate(pairs) if both >= {*pair}]
    values = {name: np.array([fixed.get(name)], dtype=object) for name in own.names}
    return not at or bool(replace(own, pairs=tuple(own.pairs[i] for i in at)).keeps(values)[0])


def different_remarks(different: Sequence[Different], ways: Ways) -> list[Remark]:
    """Says which columns are apart in proposals, too, and the way out."""
    out = []
    for own in different:
        besides = f", but for {listed(own.nothing)}" if own.nothing else ""
        ascend = ", and are in the order of the alphabet" if own.sorted else ""
        what = f"never the same in a design{besides}{ascend}"
        if own.same:
            what = f"in the order of the alphabet in every design{besides}, as A with B is B with A"
        told = (
            f"{own} are {what}: so it is in every proposal "
            f"({ways('free', own.names[0])} gives that up)."
        )
        out.append(Remark(told, own.names))
    return out
