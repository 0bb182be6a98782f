"""Columns of numbers that are products, ratios or logarithms of others: which follow, and how.

What follows from others in every row is no choice of its own. Of x and its square either follows
from the other; the one that is computed, and not the one that was chosen, has more levels or more
digits, and the others as they are written make it to its last decimal.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..columns.grids import Grid
from .lines import Line, line_of
from .logarithms import Logarithm, log_of
from .powers import PowerLaw, power_law
from .products import product_of
from .shares import Share, share_of

Formula = Line | Logarithm | PowerLaw | Share
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
        grid: how its numbers are written.
    """

    formula: Formula
    grid: Grid

    def __call__(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """What belongs to values of the others, (n,) each, as it is written, (n,)."""
        return np.array([float(self.write(v)) for v in self.formula(columns)])

    def write(self, value: float | str) -> str:
        """One of these values as the table would have it."""
        return self.grid.write(float(value))


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
    levels = {name: len(np.unique(v)) for name, v in columns.items() if len(v) >= FEWEST_ROWS}
    many = [name for name, count in levels.items() if count >= FEWEST_LEVELS and name not in stay]
    names = many[:MOST_COLUMNS]
    looked_at = {*names, *[*levels][:MOST_COLUMNS]}
    own = {name: columns[name] for name in levels if name in looked_at}
    at = {name: i for i, name in enumerate(own)}
    # Of few rows nearly every number is another one, of those that were chosen, too.
    key = {n: (min(levels[n], len(columns[n]) // 2), digits[n], at[n]) for n in own}
    halves = {name: half[name] + 1e-7 * np.abs(v) for name, v in columns.items()}
    exact = {name: np.zeros(len(v)) for name, v in columns.items()}
    totals = {*totals_of(own)} if len(own) > 2 else set()
    found: dict[str, Formula] = {}
    for slack in (exact, halves):
        before = -1
        while before < (before := len(found)):  # what was found is in the way of others no longer
            for name in sorted(own.keys() & {*names}, key=key.__getitem__, reverse=True):
                others = {n: own[n] for n in sorted(own, key=key.__getitem__) if n != name}
                no_parts = {*own} if name in totals else {name, *totals}
                parts = {n: v for n, v in own.items() if n not in no_parts}
                made = _made(own[name], halves[name], others, parts, slack)
                if slack is exact and isinstance(made, PowerLaw):
                    if _rounded_before(name, made, digits, at):
                        continue
                    loose = _made(own[name], halves[name], others, parts, halves)
                    made = _with_unit(made, loose)
                if isinstance(made, PowerLaw):  # told in the order of the table
                    powers = {n: made.powers[n] for n in own if n in made.powers}
                    made = replace(made, powers=powers)
                if made is not None and line_of(name, made.names, columns, units) is None:
                    found[name] = made
                    del own[name]
            if len(found) > before:
                totals = {*totals_of(own)}
    # A cost is so much for each unit of an area, which is a width times a height.
    left = [name for name in names if name in own]
    for name in sorted(left, key=lambda n: key[n][:2], reverse=True):
        free = [n for n in (*own, *found) if name not in _made_from(n, found)]
        line = line_of(name, free, columns, units) if found.keys() & {*free} else None
        if line is not None and {*line.names} & found.keys():
            found[name] = line
            del own[name]
    return _in_order(found)


def _rounded_before(
    name: str, made: Formula, digits: Mapping[str, int], at: Mapping[str, int]
) -> bool:
    """Whether a column seems to have been rounded after another one was computed from it.

    Of T and T^2, both with two decimals, T follows to its last decimal. But what stands behind, and
    has more digits than all that it is made of, was computed.

    Args:
        name: of the column.
        made: what it is of others as these are written.
        digits: of the numbers of each column.
        at: the place of each column in the table.
    """
    members = (name, *made.names)
    last = max(members, key=at.__getitem__)
    return last != name and all(digits[n] < digits[last] for n in members if n != last)


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
    return None if law is None or [*law.powers.values()] == [1.0] else law
