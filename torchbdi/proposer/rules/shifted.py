"""Numbers that are a power of a column plus a constant: 1000 over kelvin of degrees Celsius.

The inverse power of such a number is linear in the column, so one least squares finds the constant,
whatever it is: 273.15, or what the air adds to a gauge. Another column may be a factor.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .powers import OF_ROUNDING, beyond_rounding, plainest

_ALONE, _BESIDE = (-1.0, 2.0, 0.5, -2.0, -0.5), (1.0, -1.0)
# Rows that constants are looked for in, about; all of them where these fit.
_FITTED = 200
# Constants around the fitted one, and up to how many of its errors they go.
_TRIED, _ERRORS = 201, 8.0
# A function of one column is about a polynomial of this degree.
_SMOOTH = 3
# What varies by more than its rounding follows by chance once in exp(so much).
_EVIDENCE = 30.0


@dataclass(frozen=True)
class Shifted:
    """A factor times a power of a column plus a constant, and maybe times or over another column.

    Attributes:
        factor: what it is multiplied by, with no more digits than it takes.
        of: the column.
        constant: what is added to it, other than 0.
        power: of the sum, which is positive.
        other: another column; None for none.
        other_power: 1 where that is a factor, -1 where it is below.
    """

    factor: float
    of: str
    constant: float
    power: float
    other: str | None = None
    other_power: float = 1.0

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that it is made of."""
        return (self.of,) if self.other is None else (self.of, self.other)

    @property
    def signed(self) -> bool:
        """Whether it has a number for any others; what it has none for is NaN."""
        return True

    def __call__(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """The numbers that it makes of columns, (n,) each, (n,); NaN where a base is not > 0."""
        total = np.asarray(columns[self.of] + self.constant, dtype=np.float64)
        other = np.ones_like(total) if self.other is None else np.asarray(columns[self.other])
        with np.errstate(all="ignore"):
            made = self.factor * total**self.power * other**self.other_power
        return np.where((total > 0) & ((other > 0) | (self.other_power > 0)), made, np.nan)

    def __str__(self) -> str:
        sign = "-" if self.constant < 0 else "+"
        total = f"({self.of!r} {sign} {abs(self.constant):.6g})"
        size = abs(self.power)
        terms = [(total if size == 1 else f"{total}^{size:g}", self.power > 0)]
        if self.other is not None:
            terms.insert(0, (repr(self.other), self.other_power > 0))
        over = [term for term, above in terms if above]
        if self.factor != 1 or not over:
            over.insert(0, f"{self.factor:.6g}")
        return " / ".join([" times ".join(over), *(term for term, above in terms if not above)])


def shifted_of(
    own: np.ndarray, half: np.ndarray, columns: Mapping[str, np.ndarray]
) -> Shifted | None:
    """What numbers are of a column plus a constant in every row; None where they are not.

    Args:
        own: the numbers, (N,).
        half: by how much each can have been rounded, (N,).
        columns: those that may make them, (N,) each; the first ones are preferred.
    """
    if own.min() <= 0 or len(np.unique(own)) < 3:
        return None
    some = slice(None, None, math.ceil(len(own) / _FITTED))
    names = [name for name, v in columns.items() if np.ptp(v[some]) > 0]
    if not names:
        return None
    x = np.stack([columns[name][some] for name in names], axis=1)
    with np.errstate(all="ignore"):  # numbers of any size
        for form in _forms(columns):
            found = _of_form(own, half, columns, x, names, some, *form)
            if found is not None:
                return found
    return None


def _of_form(
    own: np.ndarray, half: np.ndarray, columns: Mapping[str, np.ndarray], x: np.ndarray,
    names: list[str], some: slice, other: str | None, other_power: float, power: float,
) -> Shifted | None:  # fmt: skip
    """What numbers (N,) are with one power and other column; x are some rows of the columns."""
    above = np.ones(len(own)) if other is None else columns[other] ** other_power
    # What the sum is, but for a factor, and how far it can be off.
    total = (own / above) ** (1 / power)
    slack = total * (half / own + 1e-9) / abs(power)
    if not np.isfinite(total).all() or slack.min() <= 0:
        return None
    for i in _linear(total[some], slack[some], x):
        if names[i] == other:
            continue
        v = columns[names[i]]
        made = _constants(total[some], slack[some], v[some], power)
        made = made and _constants(total, slack, v, power)
        if made is not None:
            found = Shifted(made[0], names[i], made[1], power, other, other_power)
            both = other is None or _of_both(own, half, [v, columns[other]])
            if both and _sure(own, half, found(columns), v):
                return found
    return None


def _forms(columns: Mapping[str, np.ndarray]) -> Iterator[tuple[str | None, float, float]]:
    """The other column, its power, and the power of the sum."""
    for power in _ALONE:
        yield None, 1.0, power
    for name, v in columns.items():
        if v.min() > 0:
            for power in _BESIDE:
                yield name, 1.0, power
                yield name, -1.0, power


def _linear(total: np.ndarray, slack: np.ndarray, x: np.ndarray) -> list[int]:
    """Which columns (n, k) numbers (n,) may be linear in, within their rounding, positively."""
    weight = 1 / slack
    share = weight / weight.sum()
    moved, y = x - share @ x, total - share @ total
    slope = (weight * y) @ (weight[:, None] * moved) / ((weight[:, None] * moved) ** 2).sum(0)
    missed = np.abs(y[:, None] - slope * moved) / slack[:, None]
    # A least squares can miss by more than another line does, but not by much.
    return np.flatnonzero((missed.max(0) <= 4) & (slope > 0)).tolist()


def _constants(
    total: np.ndarray, slack: np.ndarray, x: np.ndarray, power: float
) -> tuple[float, float] | None:
    """The plainest f, b by which f^(1 / power) (x + b) are numbers (n,); None where b can be 0."""
    weight = 1 / slack
    a = np.stack([x, np.ones(len(x))], axis=1) * weight[:, None]
    gram = a.T @ a
    if not np.isfinite(gram).all():
        return None
    (slope, rest), *_ = np.linalg.lstsq(a, total * weight, rcond=None)
    if slope <= 0:
        return None
    b, along = rest / slope, np.array([-rest / slope, 1.0])
    error = math.sqrt(max(along @ np.linalg.pinv(gram) @ along, 0.0)) / slope
    tried = b + error * _ERRORS * np.linspace(-1, 1, _TRIED)
    fits = [v for v in tried.tolist() if _factors(v, total, slack, x, power) is not None]
    if not fits or min(fits) <= 0 <= max(fits):
        return None
    found = [fits[len(fits) // 2], plainest(min(fits), max(fits))]
    if max(fits) > min(fits):  # so 1 over (x + 273.15), and not 0.99984 over (x + 273.1)
        places = 1 - math.floor(math.log10(max(fits) - min(fits)))
        found += [round(v, places) for v in np.arange(min(fits), max(fits), 10.0**-places).tolist()]
    pairs = [
        (plainest(*sorted(ends)), constant)
        for constant in found
        if (ends := _factors(constant, total, slack, x, power)) is not None
    ]
    return min(pairs, key=lambda pair: _digits(pair[0]) + _digits(pair[1]))


def _digits(value: float) -> int:
    return len(f"{abs(value):.15g}".replace(".", "").strip("0"))


def _factors(
    b: float, total: np.ndarray, slack: np.ndarray, x: np.ndarray, power: float
) -> tuple[float, float] | None:
    """The ends of what f may be, where f^(1 / power) (x + b) are numbers (n,); None for no f."""
    base = x + b
    if base.min() <= 0:
        return None
    low, high = float(((total - slack) / base).max()), float(((total + slack) / base).min())
    return (low**power, high**power) if 0 < low <= high else None


def _sure(own: np.ndarray, half: np.ndarray, made: np.ndarray, x: np.ndarray) -> bool:
    """Whether numbers are what was made, and so many that no two constants make them by chance."""
    slack = half + 1e-7 * own
    if not (np.abs(own - made) <= slack * (1 + 1e-6)).all():
        return False
    ratio = float(own.std()) / max(float(slack.mean()), 1e-300)
    different = min(len(np.unique(own)), len(np.unique(x))) - 2
    return (
        ratio >= OF_ROUNDING
        and different * math.log(ratio / 2) >= _EVIDENCE
        and beyond_rounding(own, float(own.std()), slack, 2)
    )


def _of_both(own: np.ndarray, half: np.ndarray, columns: Sequence[np.ndarray]) -> bool:
    """Whether numbers vary by more than their rounding beside what each column alone tells of them.

    Two columns that are functions of each other, as all properties of a temperature, make a third
    one by many formulas, and none of these holds where the columns are chosen apart.
    """
    slack = half + 1e-7 * own
    for v in columns:
        degree = min(_SMOOTH, len(np.unique(v)) - 1)
        powers = np.vander(2 * ((v - v.min()) / np.ptp(v)) - 1, degree + 1)
        rest = own - powers @ np.linalg.lstsq(powers, own, rcond=None)[0]
        if not beyond_rounding(own, float(rest.std()), slack, degree + 3):
            return False
    return True
