"""Relations between columns of numbers that hold in every row of a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from ...space.constraints import Linear
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
ROUNDING = 1e-9
# What others leave of a column that they may make, at most, as a share of its scatter.
_UNEXPLAINED = 0.2
# Rounding is at most this share of the scatter of a column that others make; of a plain total.
_MOST = {False: 0.05, True: 0.15}
# Rows that coefficients are fitted to, about.
FITTED = 1000


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
    equations = [rule for rule in given if rule.low == rule.high]
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
    possible = nearly_made(columns, FITTED, _UNEXPLAINED)
    for name in filter(possible.__contains__, reversed(names)):
        others = [other for other in own if other != name]
        rule = linear_in(name, others, own, units)
        if rule is not None:
            found.append(rule)
            del own[name]
    return found


def linear_in(
    name: str,
    others: Sequence[str],
    columns: Mapping[str, np.ndarray],
    units: Mapping[str, float],
) -> Linear | None:
    """The equation by which a column is linear in others in every row; None where it is not.

    Args:
        name: of the column.
        others: names of those that it may follow from.
        columns: all of them, (N,) each.
        units: of the last decimal of each; 0 for numbers that are not rounded.
    """
    if not others or len(columns[name]) < _fewest(len(others)):
        return None
    rule = _linear(name, columns[name], others, columns, units)
    return None if rule is None else _needed(rule, name, columns, units)


def _needed(
    rule: Linear, name: str, columns: Mapping[str, np.ndarray], units: Mapping[str, float]
) -> Linear:
    """The equation without the columns whose share of it is rounding."""
    parts = [other for other in rule.coefficients if other != name]
    share = {other: abs(rule.coefficients[other]) * columns[other].std() for other in parts}
    for other in sorted(parts, key=share.__getitem__):
        fewer = [n for n in rule.coefficients if n not in (name, other)]
        if fewer and (own := _linear(name, columns[name], fewer, columns, units)) is not None:
            rule = own
    return rule


def _linear(
    name: str,
    y: np.ndarray,
    others: Sequence[str],
    columns: Mapping[str, np.ndarray],
    units: Mapping[str, float],
) -> Linear | None:
    x = np.stack([columns[other] for other in others], axis=1)
    # Some of many rows tell the coefficients; all of them are asked whether they hold.
    few = slice(None, None, max(1, len(y) // FITTED))
    mean, scale = x[few].mean(0), x[few].std(0)
    scale = np.where(scale > 0, scale, 1.0)
    z = (x[few] - mean) / scale
    coefficients, *_ = np.linalg.lstsq(z, y[few] - y[few].mean(), rcond=1e-10)
    misses = y[few] - y[few].mean() - z @ coefficients
    if misses.std() > _UNEXPLAINED * y.std():
        return None
    size = max(units[name], *(units[other] for other in others))
    # Rounded terms add up: half a unit each, and as much for the sum.
    own = coefficients / scale
    used = np.abs(coefficients) > max(1e-6 * y.std(), 0.05 * size)
    if not used.any():
        return None
    fitted = np.where(used, own, 0)
    error = 3 * misses.std() / scale / math.sqrt(len(z))
    plain = np.array([round_value_signed(v) for v in fitted])
    simple = np.array([_simplest(v, e) for v, e in zip(fitted, error, strict=True)])
    for own, middle in ((plain, False), (simple, False), (simple, True), (plain, True)):
        rest = y - x @ own
        slack = 0.5 * (units[name] + float(np.abs(own) @ [units[other] for other in others]))
        allowed = slack * (1 + 1e-6) + ROUNDING * float(np.abs(y).max())
        value = float(rest.min() + rest.max()) / 2 if middle else float(np.median(rest))
        constant = _zero(value, slack)
        total = not constant and set(np.abs(own)) <= {0.0, 1.0}
        miss = float(np.abs(rest - constant).max())
        close = miss <= allowed and slack <= _MOST[total] * y.std()
        if close or _exact(miss, y, x[:, own != 0]):
            terms = {name: 1.0}
            terms.update({other: -float(v) for other, v in zip(others, own, strict=True) if v})
            return Linear(terms, constant, constant)
    return None


def _exact(miss: float, y: np.ndarray, x: np.ndarray) -> bool:
    """Whether an equation holds to the last digit, as of whole numbers, and not by chance.

    Args:
        miss: by how much the worst row misses it.
        y: the column that follows, (N,).
        x: the columns that it follows from, (N, k). Additives that were in one row have one ratio,
            and a plane goes through any three recipes: it takes as many different rows as a fit.
    """
    if miss > ROUNDING * float(np.abs(y).max()):
        return False
    return len(np.unique(x, axis=0)) >= _fewest(x.shape[1])


def _fewest(others: int) -> int:
    """How many rows tell that a column is linear in so many others."""
    return 2 * others + 3


def _simplest(value: float, error: float) -> float:
    """The simplest number that a coefficient can be: 1 for 0.997, 5/9 for 0.5553."""
    if value == 0:
        return 0.0
    thirds = (sign * part for sign in (1, -1) for part in (1 / 3, 2 / 3, 5 / 9))
    near = [float(f"{value:.{digits}g}") for digits in (1, 2, 3)]
    return next((v for v in (near[0], *thirds, *near[1:]) if abs(v - value) <= error), value)


def round_value_signed(value: float) -> float:
    """A coefficient without its rounding: 1 for 0.9997."""
    if value == 0:
        return 0.0
    near = round(value, 2)
    return near if near and abs(near - value) <= 2e-3 * abs(value) else value


def _zero(value: float, within: float) -> float:
    whole = float(round(value, 6))
    return 0.0 if abs(value) <= max(within, 1e-9) else whole
