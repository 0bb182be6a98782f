"""Relations between columns of numbers that hold in every row of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from ...space.constraints import Linear
from .linear import FITTED, ROUNDING, UNEXPLAINED, linear_in
from .shortlist import nearly_made

# Tables are rounded: a sum that stays within this share of its median is meant to be constant.
SUM_WITHIN = 0.015
# ... and within this share of the scatter of every part, or it would be no balance of them.
OF_SCATTER = 0.25
# A larger set of parts takes the place of a smaller one whose sum scatters so much more.
NEARER = 0.5
# More columns than this are looked at as neighbours only.
ALL_SUBSETS = 12
# ... and of very many columns these sets of neighbours, about: the sets of few.
MOST_SUBSETS = 50_000


def constant_sums(columns: Mapping[str, np.ndarray]) -> list[Linear]:
    """Parts whose sum is the same in every row, within 1.5 %.

    The smaller sets come first, and no part stands in two of them. A set gives way to a larger one
    of which it is a part, and whose sum is nearer to constant: small amounts belong to it, too.

    Args:
        columns: numbers of the rows, (N,) each, those that vary.

    Returns:
        Equations with the round value of the sum if there is one among the sums, else the median.
    """
    names = [name for name, v in columns.items() if v.min() >= 0]
    if len(names) < 2:
        return []
    x = np.stack([columns[name] for name in names], axis=1)
    covariance, scatter = np.cov(x.T, bias=True), x.std(0)
    found: dict[tuple[int, ...], tuple[float, Linear]] = {}
    part_of: dict[int, tuple[int, ...]] = {}
    for chosen in subsets(len(names)):
        at = list(chosen)
        others = [*{part_of[i] for i in chosen if i in part_of}]
        if len(others) > 1 or (others and not {*others[0]} < {*chosen}):
            continue
        spread = float(covariance[np.ix_(at, at)].sum())
        if spread > (OF_SCATTER * scatter[at].min()) ** 2 + 1e-12 * float(scatter[at].max()) ** 2:
            continue
        if others and spread > NEARER**2 * found[others[0]][0]:
            continue
        total = x[:, at].sum(1)
        value = float(np.median(total))
        if value <= 0 or np.abs(total - value).max() > SUM_WITHIN * value:
            continue
        value = round_value(value, float(np.abs(total - value).max()))
        for own in others:
            del found[own]
        found[chosen] = spread, Linear({names[i]: 1.0 for i in at}, value, value)
        part_of.update(dict.fromkeys(chosen, chosen))
    return [rule for _, rule in found.values()]


def unsaid(found: Sequence[Linear], given: Sequence[Linear]) -> list[Linear]:
    """The equations that were found and that the given ones leave open.

    One that has all columns of a found one takes its place; and what given ones make together has
    the value that they say.
    """
    equations = [rule for rule in given if rule.is_equation]
    out = []
    for rule in found:
        if any(rule.coefficients.keys() <= own.coefficients.keys() for own in equations):
            continue
        names = [*dict.fromkeys(name for own in (*equations, rule) for name in own.coefficients)]
        rows = [[own.coefficients.get(name, 0.0) for name in names] for own in (*equations, rule)]
        if np.linalg.matrix_rank(rows) > (np.linalg.matrix_rank(rows[:-1]) if equations else 0):
            out.append(rule)
    return out


def subsets(n: int) -> list[tuple[int, ...]]:
    """Sets of columns, the small ones first; of many columns only neighbours."""
    if n <= ALL_SUBSETS:
        return [s for size in range(2, n + 1) for s in combinations(range(n), size)]
    largest = min(n, max(2, MOST_SUBSETS // n))
    return [
        tuple(range(i, i + size)) for size in range(2, largest + 1) for i in range(n - size + 1)
    ]


def round_value(value: float, within: float) -> float:
    """The number of fewest digits that is as near to a value as that, else the value.

    Args:
        value: > 0.
        within: how far it may be away; 0 for rounding errors.
    """
    for digits in (1, 2, 3, 4):
        number = float(f"{value:.{digits}g}")
        if abs(number - value) <= max(within, ROUNDING * value):
            return number
    return value


def sums_of_columns(columns: Mapping[str, np.ndarray], units: Mapping[str, float]) -> list[Linear]:
    """Columns that are linear in others in every row: a total, or degrees in two scales.

    Args:
        columns: numbers of the rows, (N,) each, those that vary.
        units: of the last decimal of each; 0 for numbers that are not rounded.

    Returns:
        Equations; none where there are hardly more rows than columns. What stands in one as the
        column that follows from the others is not looked at again.
    """
    names = list(columns)
    found: list[Linear] = []
    own = {name: columns[name] for name in names}
    possible = nearly_made(columns, FITTED, UNEXPLAINED)
    for name in filter(possible.__contains__, reversed(names)):
        others = [other for other in own if other != name]
        rule = linear_in(name, others, own, units)
        if rule is not None:
            found.append(rule)
            del own[name]
    return found
