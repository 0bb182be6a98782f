"""The equation by which a column of numbers is linear in others in every row of a table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ...space.constraints import Linear
from ..reading.table import show_number
from .looked_up import DESIGNS, FEWEST

ROUNDING = 1e-9
# What others leave of a column that they may make, at most, as a share of its scatter.
UNEXPLAINED = 0.2
# Rounding is at most this share of the scatter of a column that others make; of a plain total.
_MOST = {False: 0.05, True: 0.15}
# Rows that coefficients are fitted to, about.
FITTED = 1000


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
    if rule is None:
        return None
    rule = _needed(rule, name, columns, units)
    if _misses(rule, columns) <= _own_rounding(name, columns, units):
        return rule
    return _to_the_last_unit(name, others, columns, units) or rule


def _to_the_last_unit(
    name: str, others: Sequence[str], columns: Mapping[str, np.ndarray], units: Mapping[str, float]
) -> Linear | None:
    """The equation that holds but for the rounding of the column that follows; None without one.

    Settings such as 5 and 10 s are no rounded numbers: beside them pulses of 0.02 s count, too.
    """
    y, within = columns[name], _own_rounding(name, columns, units)
    found, left = None, list(others)
    while left and within <= _MOST[True] * y.std():
        x = np.stack([columns[other] for other in left], axis=1)
        scale = np.where(x.std(0) > 0, x.std(0), 1.0)
        own = np.linalg.lstsq((x - x.mean(0)) / scale, y - y.mean(), rcond=1e-10)[0] / scale
        # Coefficients of many digits fit anything.
        terms = {n: v for n, fit in zip(left, own.tolist(), strict=True) if (v := round(fit, 2))}
        rest = y - sum(value * columns[other] for other, value in terms.items())
        constant = _zero(float(np.median(rest)), within)
        if not terms or np.abs(rest - constant).max() > within:
            break
        found = Linear({name: 1.0, **{n: -v for n, v in terms.items()}}, constant, constant)
        # What has the least share of it may be a part by chance.
        least = min(terms, key=lambda n: abs(found.coefficients[n]) * columns[n].std())
        left = [other for other in terms if other != least]
    return found


def _misses(rule: Linear, columns: Mapping[str, np.ndarray]) -> float:
    """By how much the worst row misses an equation."""
    total = sum(value * columns[other] for other, value in rule.coefficients.items())
    return float(np.abs(total - rule.low).max())


def _own_rounding(
    name: str, columns: Mapping[str, np.ndarray], units: Mapping[str, float]
) -> float:
    """By how much the numbers of a column can have been rounded."""
    size = float(np.abs(columns[name]).max())
    return 0.5 * units[name] * (1 + 1e-6) + ROUNDING * size


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
    if misses.std() > UNEXPLAINED * y.std():
        return None
    size = max(units[name], *(units[other] for other in others))
    # Rounded terms add up: half a unit each, and as much for the sum.
    own = coefficients / scale
    used = np.abs(coefficients) > max(1e-6 * y.std(), 0.05 * size)
    if not used.any():
        return None
    fitted = np.where(used, own, 0)
    error = 3 * misses.std() / scale / math.sqrt(len(z))
    plain = np.array([_unrounded(v) for v in fitted])
    simple = np.array([_simplest(v, e) for v, e in zip(fitted, error, strict=True)])
    # Repetitions rise and fall together, so that the share of each of their mean is less sure.
    alike = np.linalg.norm(np.linalg.pinv(z, rcond=1e-10), axis=1)
    left = misses.std() * math.sqrt(len(z) / max(1, len(z) - len(others) - 1))
    shared = 3 * left * alike / scale
    unsure = np.where(np.abs(fitted) <= shared, 0, fitted)
    mean_of = np.array([_simplest(v, e) for v, e in zip(unsure, shared, strict=True)])
    for own, middle in (
        (plain, False), (simple, False), (simple, True), (plain, True), (mean_of, False),
    ):  # fmt: skip
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
            Of one column few levels are enough that several rows have, as for a look-up.
    """
    if miss > ROUNDING * float(np.abs(y).max()):
        return False
    counts = np.unique(x, axis=0, return_counts=True)[1]
    few = x.shape[1] == 1 and len(counts) >= FEWEST and counts.min() >= DESIGNS
    return few or len(counts) >= _fewest(x.shape[1])


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


def _unrounded(value: float) -> float:
    """A coefficient without its rounding: 1 for 0.9997."""
    if value == 0:
        return 0.0
    near = round(value, 2)
    return near if near and abs(near - value) <= 2e-3 * abs(value) else value


def _zero(value: float, within: float) -> float:
    whole = float(round(value, 6))
    return 0.0 if abs(value) <= max(within, 1e-9) else whole


def sum_told(coefficients: Mapping[str, float], constant: float) -> str:
    """A sum as people write it: 2 a - b + 3."""
    terms = [
        {1.0: name, -1.0: f"-{name}"}.get(value, f"{value:.4g} {name}")
        for name, value in coefficients.items()
    ]
    terms += [show_number(constant)] if constant else []
    return " + ".join(terms).replace("+ -", "- ")
