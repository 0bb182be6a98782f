"""Columns of numbers that are products, ratios or logarithms of others: which follow, and how.

What follows from others in every row is no choice of its own. Of x and its square either follows
from the other; the one that is computed, and not the one that was chosen, has more levels or more
digits, and the others as they are written make it to its last decimal.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..columns.grids import MAX_DIGITS, Grid
from ..reading.table import show_number
from .interactions import named_product, signed_product
from .lines import Line, line_of
from .logarithms import Logarithm, log_of
from .powers import PowerLaw, power_law
from .products import product_of
from .shares import Share, share_of
from .shifted import Shifted, shifted_of

Formula = Line | Logarithm | PowerLaw | Share | Shifted
# The columns that are sums of others, of some columns, (N,) each.
Totals = Callable[[Mapping[str, np.ndarray]], Sequence[str]]

# Coded levels of a factorial design are products of each other, and can be chosen all the same.
FEWEST_LEVELS, FEWEST_ROWS = 5, 10
# More columns than this make too many pairs.
MOST_COLUMNS = 20


@dataclass(frozen=True)
class Derived:
    """A column of numbers that is computed from others.

    Attributes:
        formula: what it is of them.
        grid: how the table writes its numbers.
        whole: whether these are not rounded. Then others are not, either: the product of coded
            levels is 1, 0 or -1, and that of 0.7 and 0.9 is 0.63.
    """

    formula: Formula
    grid: Grid
    whole: bool

    def __call__(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """What belongs to values of the others, (n,) each, as it is written, (n,)."""
        return np.array([float(self.write(v)) for v in self.formula(columns)])

    def write(self, value: float | str) -> str:
        """One of these values as the table would have it."""
        number = float(f"{float(value):.{MAX_DIGITS}g}")
        written = self.grid.write(number)
        return show_number(number) if self.whole and float(written) != number else written


def derived_of(
    columns: Mapping[str, np.ndarray],
    half: Mapping[str, np.ndarray],
    units: Mapping[str, float],
    digits: Mapping[str, int],
    totals_of: Totals,
    stay: Collection[str] = (),
) -> dict[str, Formula]:
    """Finds columns that follow from others in every row, and not linearly from those alone.

    Args:
        columns: numbers of the rows, (N,) each, those that vary.
        half: by how much each number can have been rounded, (N,) each.
        units: of the last decimal of each; 0 for numbers that are not rounded.
        digits: of the numbers of each.
        totals_of: says which of some columns are sums of others: these are no parts of a whole
            beside them.
        stay: columns that others may follow from, and which follow from none themselves.

    Returns:
        What each is, in an order in which it is made of those before it and of those that do not
        follow.
    """
    halves = {name: half[name] + 1e-7 * np.abs(v) for name, v in columns.items()}
    levels = {name: len(np.unique(v)) for name, v in columns.items() if len(v) >= FEWEST_ROWS}
    found = _named({name: columns[name] for name in levels}, halves, units, stay)
    levels = {name: count for name, count in levels.items() if name not in found}
    many = [name for name, count in levels.items() if count >= FEWEST_LEVELS and name not in stay]
    names = many[:MOST_COLUMNS]
    looked_at = {*names, *[*levels][:MOST_COLUMNS]}
    own = {name: columns[name] for name in levels if name in looked_at}
    # Of few rows nearly every number is another one, of those that were chosen, too.
    ranks = {
        n: (min(levels[n], len(v) // 2), digits[n], place)
        for place, (n, v) in enumerate(own.items())
    }
    table = _Written(columns, halves, units, ranks)
    totals = {*totals_of(own)} if len(own) > 2 else set()
    for exact in (True, False):
        # What was found is in the way of others no longer.
        while more := _looked_through(table, own, names, totals, exact):
            found |= more
            own = {name: v for name, v in own.items() if name not in more}
            totals = {*totals_of(own)}
    return _in_order(found | _lines(table, [n for n in names if n in own], own, found))


@dataclass(frozen=True)
class _Written:
    """Columns of numbers, (N,) each, as they were written.

    Attributes:
        columns: all of them.
        halves: by how much each number can have been rounded.
        units: of the last decimal of each column.
        ranks: how many levels each column has, how many digits, and its place in the table: the
            higher, the likelier it was computed.
    """

    columns: Mapping[str, np.ndarray]
    halves: Mapping[str, np.ndarray]
    units: Mapping[str, float]
    ranks: Mapping[str, tuple[int, int, int]]


def _looked_through(
    table: _Written,
    own: Mapping[str, np.ndarray],
    names: Collection[str],
    totals: Collection[str],
    exact: bool,
) -> dict[str, Formula]:
    """What columns are of others, those of the highest ranks first.

    Args:
        table: the columns.
        own: those that do not follow from others so far.
        names: of those that may.
        totals: sums of others.
        exact: whether the others are what they are made of as they are written.
    """
    left, found = dict(own), dict[str, Formula]()
    nothing = {name: np.zeros(len(v)) for name, v in own.items()}
    for name in sorted(own.keys() & {*names}, key=table.ranks.__getitem__, reverse=True):
        half = table.halves[name]
        others = {n: left[n] for n in sorted(left, key=table.ranks.__getitem__) if n != name}
        no_parts = {*left} if name in totals else {name, *totals}
        parts = {n: v for n, v in left.items() if n not in no_parts}
        made = _made(left[name], half, others, parts, nothing if exact else table.halves)
        if exact and isinstance(made, PowerLaw):
            if _rounded_before(name, made, table.ranks):
                continue
            made = _with_unit(made, _made(left[name], half, others, parts, table.halves))
        if isinstance(made, PowerLaw):  # told in the order of the table
            made = replace(made, powers={n: made.powers[n] for n in left if n in made.powers})
        if made is not None and line_of(name, made.names, table.columns, table.units) is None:
            found[name] = made
            del left[name]
    return found


def _named(
    columns: Mapping[str, np.ndarray],
    halves: Mapping[str, np.ndarray],
    units: Mapping[str, float],
    stay: Collection[str],
) -> dict[str, Formula]:
    """Columns that are products of others, as their names spell it, and not linear in these."""
    found: dict[str, Formula] = {}
    for name in columns.keys() - {*stay}:
        made = named_product(name, columns, halves)
        if made is not None and line_of(name, made.names, columns, units) is None:
            found[name] = made
    return {name: found[name] for name in columns if name in found}


def _lines(
    table: _Written,
    names: Collection[str],
    own: Mapping[str, np.ndarray],
    found: Mapping[str, Formula],
) -> dict[str, Formula]:
    """Columns that are linear in computed ones: a cost is so much for each unit of an area.

    Args:
        table: the columns.
        names: of those that may be linear in others.
        own: columns that do not follow from others so far.
        found: what the others are.
    """
    lines: dict[str, Formula] = {}
    for name in sorted(names, key=lambda n: table.ranks[n][:2], reverse=True):
        known = {**found, **lines}
        loose = [n for n in own if n not in lines]
        free = [n for n in (*loose, *known) if name not in _made_from(n, known)]
        line = line_of(name, free, table.columns, table.units) if known.keys() & {*free} else None
        if line is not None and {*line.names} & known.keys():
            lines[name] = line
    return lines


def _rounded_before(name: str, made: Formula, ranks: Mapping[str, tuple[int, int, int]]) -> bool:
    """Whether a column seems to have been rounded after another one was computed from it.

    Of T and T^2, both with two decimals, T follows to its last decimal. But what stands behind, and
    has more digits than all that it is made of, was computed.

    Args:
        name: of the column.
        made: what it is of others as these are written.
        ranks: see :class:`_Written`.
    """
    members = {n: ranks[n] for n in (name, *made.names)}
    last = max(members, key=lambda n: members[n][2])
    most = members.pop(last)[1]
    return last != name and all(digits < most for _, digits, _ in members.values())


def _with_unit(made: PowerLaw, loose: Formula | None) -> PowerLaw:
    """With the factor 1, or 1000, where a fitted one, 1.00002, is that but for the rounding."""
    if not isinstance(loose, PowerLaw) or loose.powers != made.powers:
        return made
    return loose if _is_unit(loose.factor) else made


def _is_unit(factor: float) -> bool:
    return float(f"1e{round(np.log10(factor))}") == factor


def _made_from(name: str, found: Mapping[str, Formula]) -> set[str]:
    """A column, and all that it is made of."""
    made = {name}
    while more := {n for own in made & found.keys() for n in found[own].names} - made:
        made |= more
    return made


def _in_order(found: Mapping[str, Formula]) -> dict[str, Formula]:
    """The same, each behind those that it is made of."""
    out: dict[str, Formula] = {}
    while left := {name: made for name, made in found.items() if name not in out}:
        out |= {name: made for name, made in left.items() if not {*made.names} & left.keys()}
    return out


def _made(
    own: np.ndarray, half: np.ndarray, others: Mapping[str, np.ndarray],
    parts: Mapping[str, np.ndarray], halves: Mapping[str, np.ndarray],
) -> Formula | None:  # fmt: skip
    """What numbers (N,) are of others, (N,) each, of which some may be parts of a whole."""
    made = share_of(own, half, parts, halves) or log_of(own, half, others, halves)
    if made is not None:
        return made
    law = product_of(own, half, others, halves) or power_law(own, half, others, halves)
    law = law or signed_product(own, half, others, halves)
    if law is None or [*law.powers.values()] == [1.0]:
        return shifted_of(own, half, others)
    return law
