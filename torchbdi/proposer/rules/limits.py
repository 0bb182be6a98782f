"""Limits that every row keeps and no rule says: one column below another, parts below a whole."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import permutations

import numpy as np

from ...space.constraints import Linear
from ..columns.collinear import TOGETHER
from ..columns.remark import Remark, told_together
from ..columns.suspects import UNLIKELY
from ..columns.words import words_in_order
from ..reading.table import show_number
from ..reading.ways import Ways, listed
from .counted import run_of
from .relations import subsets
from .typed import number_beside, one_of

# So many pairs are told with their rules, so many more are named, and the others counted.
MOST_PAIRS, MOST_NAMED = 3, 8
# Rows that are looked at first, and rows, about, that are put together at random.
FIRST, SHUFFLED, SHUFFLES = 64, 1000, 20
# Wholes that parts add up to, the share of one that the largest sum has at least, and the share
# that a part has at most where it is none.
WHOLES, NEARLY, NO_PART = (1.0, 100.0), 0.95, 0.05
# Parts are told that chance would keep below a whole less often than once in so many.
SELDOM = 1e3
# What names speak for, too, as a start and an end or a step and the next one, is told that chance
# would keep less often than once in so many tables.
BY_NAMES = 20.0
_ENDS = frozenset((
    ("start", "end"), ("start", "stop"), ("start", "final"), ("begin", "end"), ("initial", "final"),
    ("first", "last"), ("from", "to"), ("min", "max"), ("minimum", "maximum"), ("low", "high"),
    ("lower", "upper"), ("inner", "outer"), ("in", "out"), ("von", "bis"), ("anfang", "ende"),
))  # fmt: skip
# A unit behind a name.
_UNIT = re.compile(r"[\[({]([^\[({]+)[\])}]\s*$")


def order_remarks(
    columns: Mapping[str, np.ndarray],
    rules: Sequence[Linear],
    ways: Ways,
    said: Sequence[str] = (),
) -> list[str]:
    """Names columns of which one is never above another, though their numbers overlap.

    Args:
        columns: numbers of the rows, (N,) each, those that are searched.
        rules: what proposals keep.
        ways: how options are typed.
        said: remarks so far; what an equation says of both is not told again, and no multiple is
            told to be as large as what it is a multiple of.
    """
    pairs = [
        (a, b)
        for a, b in _in_order_at_first(columns)
        if columns[a].max() > columns[b].min()
        and (columns[a] <= columns[b]).all()
        and not any(a in rule.coefficients and b in rule.coefficients for rule in rules)
        and b not in _above(a, rules)
        and _in_one_unit([a, b])
        and not told_together((a, b), said, "equal")
        and not told_together((a, b), said, "follows")
    ]

    def least(a: str, b: str) -> float:
        """How seldom chance may keep two columns in order, for that to be told."""
        if _are_ends(a, b):
            return BY_NAMES
        if _are_steps(a, b):
            return BY_NAMES * len(columns)  # each has one that follows
        return UNLIKELY * len(columns) * (len(columns) - 1)

    pairs = [
        (a, b)
        for a, b in pairs
        if _chance(columns[a], columns[b]) < -math.log(least(a, b))
        and np.corrcoef(columns[a], columns[b])[0, 1] <= TOGETHER  # told as such
    ]
    # The largest of others is told as such, and so is the smallest: no rule makes it.
    largest = {b: run_of(b, columns[b], columns, np.maximum) for _, b in pairs}
    smallest = {a: run_of(a, columns[a], columns, np.minimum) for a, _ in pairs}
    pairs = [(a, b) for a, b in pairs if not (largest[b] or smallest[a])]
    between = {(a, c) for a, b in pairs for d, c in pairs if b == d}
    pairs = [pair for pair in pairs if pair not in between]
    out: list[str] = [
        Remark(
            f"{a!r} is at most {b!r} in all rows, which proposals need not keep. If it has to be "
            f"so, as with a start and an end, say {ways('rule', f'{one_of(a)}<={one_of(b)}')}.",
            (a, b),
        )
        for a, b in pairs[:MOST_PAIRS]
    ]
    if len(pairs) > MOST_PAIRS:
        more = [f"{a!r} and {b!r}" for a, b in pairs[MOST_PAIRS:]]
        said = ", ".join(more[:MOST_NAMED]) + (" and so on" if len(more) > MOST_NAMED else "")
        many = "is 1 more pair" if len(more) == 1 else f"are {len(more)} more pairs"
        out.append(f"So {many} of columns: {said}.")
    return out


def _above(name: str, rules: Sequence[Linear]) -> set[str]:
    """The columns that rules such as a <= b keep above one, over others between them, too."""
    steps = [
        (a, b)
        for rule in rules
        if len(rule.coefficients) == 2
        for a, b in permutations(rule.coefficients)
        for sign, end in ((1, rule.high), (-1, -rule.low))
        if sign * rule.coefficients[a] == -sign * rule.coefficients[b] > 0 and end <= 0
    ]
    found, new = {name}, [name]
    while new:
        new = [b for a, b in steps if a in new and b not in found]
        found.update(new)
    return found - {name}


def _in_order_at_first(columns: Mapping[str, np.ndarray]) -> Iterator[tuple[str, str]]:
    """The pairs of different columns of which the first is at most the second in some rows."""
    names = list(columns)
    few = np.array([v[:FIRST] for v in columns.values()])
    for a, own in zip(names, few, strict=True):
        for i in np.flatnonzero((own <= few).all(1)).tolist():
            if names[i] != a:
                yield a, names[i]


def _are_ends(a: str, b: str) -> bool:
    """Whether two names are those of a start and an end, and else the same."""
    first, second = words_in_order(a), words_in_order(b)
    if len(first) != len(second) or re.findall(r"\d+", a) != re.findall(r"\d+", b):
        return False
    apart = [pair for pair in zip(first, second, strict=True) if pair[0] != pair[1]]
    return len(apart) == 1 and (apart[0] in _ENDS or apart[0][::-1] in _ENDS)


def _are_steps(a: str, b: str) -> bool:
    """Whether two names are those of a step and the next one, as t1 and t2, and else the same."""
    if re.split(r"\d+", a) != re.split(r"\d+", b):
        return False
    first, second = (list(map(int, re.findall(r"\d+", name))) for name in (a, b))
    return sorted(y - x for x, y in zip(first, second, strict=True)) == [0] * (len(first) - 1) + [1]


def _chance(a: np.ndarray, b: np.ndarray) -> float:
    """Logarithm of how often a (N,) is at most b (N,) in every row where b is put in any order."""
    above = len(b) - np.searchsorted(np.sort(b), np.sort(a)[::-1])
    free = above - np.arange(len(a))  # the largest of a chooses first
    return float(np.log(free).sum()) - math.lgamma(len(a) + 1)


def _in_one_unit(names: Iterable[str]) -> bool:
    """Whether no two names have different units: degrees are below no pressure."""
    return len({unit[1] for unit in map(_UNIT.search, names) if unit}) <= 1


def whole_remark(
    columns: Mapping[str, np.ndarray], rules: Sequence[Linear], ways: Ways
) -> list[Remark]:
    """Names parts that never add up to more than 1 or 100, as where the rest is water.

    Args:
        columns: numbers of the rows, (N,) each, those that are searched.
        rules: what proposals keep.
        ways: how options are typed.
    """
    ruled = {name for rule in rules for name in rule.coefficients}
    for whole in WHOLES:
        names = [
            name for name, v in columns.items()
            if name not in ruled and v.min() >= 0 and NO_PART * whole <= v.max() <= whole
        ]  # fmt: skip
        if len(names) < 2:
            continue
        x = np.stack([columns[name] for name in names], axis=1)
        some, draws = x[:: max(1, len(x) // SHUFFLED)], np.random.default_rng(0)
        mixed = np.concatenate([draws.permuted(some, axis=0) for _ in range(SHUFFLES)])
        sets = subsets(len(names))
        least, parts = -math.log(SELDOM * len(sets)), []
        for at in map(list, sets):
            if x[:FIRST, at].sum(1).max() > whole * (1 + 1e-9):
                continue
            most = float(x[:, at].sum(1).max())
            if not NEARLY * whole <= most <= whole * (1 + 1e-9):
                continue
            if not _in_one_unit(names[i] for i in at):
                continue
            below = float((mixed[:, at].sum(1) <= whole).mean())
            if (chance := len(x) * math.log(below) if below else -math.inf) < least:
                least, parts = chance, at
        if parts:
            own = [names[i] for i in parts]
            rule = f"{'+'.join(own)}<={number_beside(show_number(whole), columns)}"
            told = (
                f"{listed(own)} add up to {show_number(whole)} at most in all rows, which "
                "proposals need not keep. If they are parts of a whole, of which the rest is "
                f"another one, say {ways('rule', rule)}."
            )
            return [Remark(told, own)]
    return []
