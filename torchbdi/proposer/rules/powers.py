"""Numbers that are a constant times powers of others: an energy is power / speed / width / height.

The logarithm of such a number is linear in the logarithms of the others, so one least squares finds
the powers, however many they are; whether they hold is asked of each row, within its rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

# The powers that formulas have.
_POWERS = np.array([-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0])
_NEAR = 0.1  # of one of these a fitted power has to be, where it is none of rounding
# What varies by less than so many times its rounding follows from anything in a few rows,
OF_ROUNDING = 20.0
# ... and not where chance would let so many different numbers follow once in exp(so much).
_EVIDENCE = 30.0
# What logarithms differ by that are equal but for rounding errors.
_EXACT = 1e-9
# Columns whose logarithms have a correlation above this are multiples of each other.
_ALIKE = 0.9999
# Rows that powers are fitted to, about; and the share of them that may have a zero somewhere.
_FITTED, _ZEROS = 1000, 0.25


@dataclass(frozen=True)
class PowerLaw:
    """A factor times powers of columns.

    Attributes:
        factor: the constant, with no more digits than it takes.
        powers: of the columns, by name; none is 0.
    """

    factor: float
    powers: Mapping[str, float]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that it is made of."""
        return (*self.powers,)

    @property
    def signed(self) -> bool:
        """Whether it has a number for any others, 0 and negative ones too."""
        return all(power in (1, 2, 3) for power in self.powers.values())

    def __call__(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """The numbers that it makes of columns, (n,) each, (n,)."""
        parts = [columns[name] ** power for name, power in self.powers.items()]
        return np.asarray(self.factor * np.prod(parts, axis=0))

    def __str__(self) -> str:
        over = [name for name, power in self.powers.items() if power > 0]
        under = [name for name, power in self.powers.items() if power < 0]
        told = " times ".join(self._told(name) for name in over)
        if self.factor != 1 or not over:
            told = f"{self.factor:.6g}" + (f" times {told}" if over else "")
        return " / ".join([told, *(self._told(name) for name in under)])

    def _told(self, name: str) -> str:
        power = abs(self.powers[name])
        return repr(name) if power == 1 else f"{name!r}^{power:g}"


def plainest(low: float, high: float) -> float:
    """The number of fewest digits between two, low <= high."""
    if low <= 0 <= high:
        return 0.0
    middle = (low + high) / 2
    numbers = (float(f"{middle:.{digits}g}") for digits in range(1, 16))
    return next((number for number in numbers if low <= number <= high), middle)


def in_logarithms(half: np.ndarray, values: np.ndarray) -> np.ndarray:
    """By how much the logarithms of positive numbers can be off where these were rounded."""
    return np.asarray(-np.log1p(-np.minimum(half / values, 0.9)))


def beyond_rounding(own: np.ndarray, spread: float, slack: np.ndarray, fitted: int = 1) -> bool:
    """Whether numbers vary so much more than what they may miss that no chance makes them fit.

    Args:
        own: the numbers, (N,).
        spread: their standard deviation, or that of their logarithms.
        slack: by how much each may miss what it should follow from, on the same scale.
        fitted: how many constants were fitted to them.
    """
    ratio = spread / max(float(slack.mean()), 1e-300)
    different = len(np.unique(own)) - fitted
    return ratio >= OF_ROUNDING or (ratio > 2 and different * float(np.log(ratio / 2)) >= _EVIDENCE)


def power_law(
    own: np.ndarray, half: np.ndarray, columns: Mapping[str, np.ndarray],
    halves: Mapping[str, np.ndarray],
) -> PowerLaw | None:  # fmt: skip
    """The constant times powers of columns that numbers are in every row; None where they are not.

    Args:
        own: the numbers, (N,).
        half: by how much each can have been rounded, (N,).
        columns: those that may make them, (N,) each.
        halves: by how much these can have been rounded, (N,) each.
    """
    few = {n: v for n, v in columns.items() if v.min() >= 0 and (v == 0).mean() <= _ZEROS}
    if not few or own.min() < 0 or (own == 0).mean() > _ZEROS:
        return None
    names = list(few)
    x = np.stack([few[name] for name in names], axis=1)
    there = (own > 0) & (x > 0).all(1)
    fewest = 2 * len(names) + 3
    if there.sum() < max(fewest, (1 - 2 * _ZEROS) * len(own)):
        return None
    logs, y = np.log(x[there]), np.log(own[there])
    powers = _fitted(logs, y)
    if powers is None or not powers.any():
        return None
    # What is set to 0.03 is that, and what was measured has been rounded to it.
    own_slack = in_logarithms(half[there], own[there])
    relative = in_logarithms(np.stack([halves[n] for n in names], axis=1)[there], x[there])
    rest = y - logs @ powers
    slacks = [own_slack, own_slack + relative @ np.abs(powers)]
    if len(np.unique(x[there], axis=0)) >= fewest:  # whole numbers hold to the last digit
        slacks.insert(0, np.full(len(y), _EXACT))
    for slack in slacks:
        fits = (rest - slack).max() <= (rest + slack).min()
        if fits and beyond_rounding(own, float(y.std()), slack, len(names) + 1):
            break
    else:
        return None
    zero = ~there
    with np.errstate(all="ignore"):
        factor = plainest(*map(float, np.exp([(rest - slack).max(), (rest + slack).min()])))
        value = factor * (x[zero] ** powers).prod(1)
    if not 0 < factor < np.inf or not (np.abs(own[zero] - value) <= half[zero]).all():
        return None
    used = {name: float(p) for name, p in zip(names, powers, strict=True) if p}
    return PowerLaw(factor, used)


def _fitted(logs: np.ndarray, y: np.ndarray) -> np.ndarray | None:
    """The powers of columns (N, k) of logarithms that make others (N,), (k,); None for odd ones."""
    some = slice(None, None, max(1, len(y) // _FITTED))
    x, z = logs[some] - logs[some].mean(0), y[some] - y[some].mean()
    spread = x.std(0)
    scaled = x / np.where(spread > 0, spread, 1.0)
    powers = _nearest(scaled, z, spread)
    others = _no_multiples(scaled)
    if powers is None and others.any() and not others.all():
        part = _nearest(scaled[:, others], z, spread[others])
        if part is not None:
            powers = np.zeros(len(spread))
            powers[others] = part
    return powers


def _nearest(scaled: np.ndarray, z: np.ndarray, spread: np.ndarray) -> np.ndarray | None:
    """The powers nearest to the fitted ones, (k,); None where these are far from any."""
    fitted, _, rank, _ = np.linalg.lstsq(scaled, z, rcond=1e-9)
    if rank < len(spread) or (z - scaled @ fitted).std() > 0.2 * z.std():
        return None
    fitted /= spread
    nearest = _POWERS[np.abs(fitted[:, None] - _POWERS).argmin(1)]
    return nearest if (np.abs(fitted - nearest) <= _NEAR).all() else None


def _no_multiples(scaled: np.ndarray) -> np.ndarray:
    """Which columns (N, k) of standardised logarithms are no multiple of an earlier one, (k,) bool.

    A cost is clicks times a price: one of the two tells all.
    """
    alike = np.abs(scaled.T @ scaled) / len(scaled) > _ALIKE
    return ~np.triu(alike, 1).any(0)
