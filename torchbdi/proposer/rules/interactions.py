"""Columns of a model matrix: squares and products of columns, which may be negative or 0.

Logarithms, by which :mod:`.products` and :mod:`.powers` go, know none of these. A product of coded
levels has few of its own, and may be a factor that somebody chose (D of a half of a design is A
times B times C); so of few levels its name has to say it: AB, A:B, x1*x2, A^2, temp_sq.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations_with_replacement, permutations, product

import numpy as np

from .powers import PowerLaw, beyond_rounding, plainest

# Rows that are looked at first; all of them where these fit.
_LOOKS = slice(12), slice(None)
# What numbers differ by, as a share of the largest, that are equal but for rounding errors.
_EXACT = 1e-9
# ... or, in all rows, as a share of half a unit of the last decimal.
_OF_HALF = 0.1
# Different rows that tell that whole numbers are a product of two columns.
_FEWEST = 7
# A product that is named as one varies by as many times its rounding.
_OF_ROUNDING = 4.0
# Of more names than these, shorter ones that stand in it, a name is not spelt.
_MOST_NAMES = 10
_UNIT = re.compile(r"[(\[{][^()\[\]{}]*[)\]}]")
# What stands between the names of factors, or about them, as in I(x1 * x2).
_BETWEEN = "(?:i|x|by|times|int|inter|interaction)?"
# What a square, or a cube, has beside the name of its column.
_POWERS = {
    2: re.compile(r"i?(?:2|sq|sqr|squared|square|quad|quadratic)"),
    3: re.compile(r"i?(?:3|cu|cub|cubed|cube|cubic)"),
}


def signed_product(
    own: np.ndarray, half: np.ndarray, columns: Mapping[str, np.ndarray],
    halves: Mapping[str, np.ndarray],
) -> PowerLaw | None:  # fmt: skip
    """The square of one column, or the product of two, that numbers are in every row.

    Args:
        own: the numbers, (N,).
        half: by how much each can have been rounded, (N,).
        columns: those that may make them, (N,) each; the first ones are preferred.
        halves: by how much these can have been rounded, (N,) each.
    """
    for pair in combinations_with_replacement(columns, 2):
        law, miss, slack = _law(own, half, pair, columns, halves)
        if law is None:
            continue
        rows = np.unique(np.stack([columns[name] for name in law.names], axis=1), axis=0)
        exact = miss <= _EXACT * np.abs(own).max() and len(rows) >= _FEWEST
        # One row that is far from all others tells the constant, and nothing else.
        others = np.arange(len(own)) != np.abs(own).argmax()
        if exact or beyond_rounding(own[others], float(own[others].std()), slack[others]):
            return law
    return None


def named_product(
    name: str, columns: Mapping[str, np.ndarray], halves: Mapping[str, np.ndarray]
) -> PowerLaw | None:
    """The product or power that a column is of others in every row, as its name spells it.

    Args:
        name: of the column.
        columns: it, and those that may make it, (N,) each.
        halves: by how much their numbers can have been rounded, (N,) each.
    """
    own, as_written = columns[name], {n: np.zeros(len(v)) for n, v in columns.items()}
    for factors, rounded in product(_spelt(name, columns), (as_written, halves)):
        numbered = name.removeprefix(factors[0]).isdecimal()
        if numbered and np.array_equal(own, columns[factors[0]]):
            continue  # the same numbers: x12 is the twelfth column, and not the square of x1
        law, miss, slack = _law(own, halves[name], factors, columns, rounded)
        exact = miss <= exact_within(own, halves[name])
        if law is not None and (exact or own.std() >= _OF_ROUNDING * slack.mean()):
            return law if law.factor == 1 else None
    return None


def exact_within(own: np.ndarray, half: np.ndarray) -> float:
    """What numbers miss at most that are not rounded to their last decimal.

    Rounding moves some number of many by more than a tenth of what it may. Squares of 0, 1 and
    1.414 that are written as 0, 1 and 2 only look as if they were rounded to whole numbers.

    Args:
        own: the numbers, (N,).
        half: half a unit of their last decimals, (N,).
    """
    return max(_EXACT * float(np.abs(own).max()), _OF_HALF * float(half.min()))


def _law(
    own: np.ndarray, half: np.ndarray, factors: Sequence[str],
    columns: Mapping[str, np.ndarray], halves: Mapping[str, np.ndarray],
) -> tuple[PowerLaw | None, float, np.ndarray]:  # fmt: skip
    """A constant times a product that numbers (N,) are, None where they are not.

    Also by how much they miss it at most, and by how much they may, (N,).
    """
    powers = {name: float(power) for name, power in Counter(factors).items()}
    plain = PowerLaw(1.0, powers)
    for rows in _LOOKS:
        x = {name: columns[name][rows] for name in powers}
        made = plain(x)
        size, rounded = np.abs(made), half[rows]
        far = plain({name: np.abs(v) + halves[name][rows] for name, v in x.items()})
        loose = far - size
        signed = own[rows] * np.where(made < 0, -1, 1)
        there = size > loose
        if not there.any():
            return None, np.inf, loose
        with np.errstate(over="ignore"):
            low = float(((signed - rounded)[there] / far[there]).max())
            high = float(((signed + rounded)[there] / (size - loose)[there]).min())
        factor = plainest(low, high) if 0 < low <= high else 0.0
        missed, slack = np.abs(signed - factor * size), rounded + factor * loose
        if factor == 0 or (missed > slack + _EXACT * size.max()).any():
            return None, np.inf, slack
    return PowerLaw(factor, powers), float(missed.max()), slack


def _spelt(name: str, others: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """The columns of which a name may be made: a product of three or of two, a power of one."""
    for units in (True, False):
        whole = _letters(name, units)
        short = {other: _letters(other, units) for other in others}
        inside = {n: v for n, v in short.items() if 0 < len(v) < len(whole) and v in whole}
        if len(inside) > _MOST_NAMES:
            continue
        for factors in (*permutations(inside, 3), *permutations(inside, 2)):
            if re.fullmatch(_BETWEEN.join(["", *(inside[n] for n in factors), ""]), whole):
                yield factors
        for other, letters in inside.items():
            for power, words in _POWERS.items():
                if whole == power * letters or words.fullmatch(whole.replace(letters, "", 1)):
                    yield (other,) * power


def _letters(name: str, units: bool) -> str:
    """The letters and digits of a name in lower case, x2 of "X² (mm)", or x2mm with units."""
    plain = unicodedata.normalize("NFKC", name if units else _UNIT.sub("", name)).casefold()
    return "".join(char for char in plain if char.isalnum())
