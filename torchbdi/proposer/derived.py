"""Columns of numbers that are products, ratios or logarithms of others: told, and not kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations

import numpy as np

from .ways import Ways

# Coded levels of a factorial design are products of each other, and can be chosen all the same.
FEWEST_LEVELS, FEWEST_ROWS = 5, 10
# More columns than this make too many pairs.
MOST_COLUMNS = 20
# A column that varies by less than so many times its rounding follows from anything.
OF_ROUNDING = 20.0
# Rows that are looked at first.
SCREENED = 12


def derived_remarks(
    columns: Mapping[str, np.ndarray], half: Mapping[str, np.ndarray], ways: Ways
) -> list[str]:
    """Names columns that follow from those before them in every row, and not as a sum.

    Sums and rules are linear, so proposals do not keep to such a relation.

    Args:
        columns: numbers of the rows, (N,) each, those that vary.
        half: by how much each number can have been rounded, (N,) each.
        ways: how options are typed.
    """
    names = [
        name
        for name, v in columns.items()
        if len(v) >= FEWEST_ROWS and len(np.unique(v)) >= FEWEST_LEVELS
    ][:MOST_COLUMNS]
    own = {name: columns[name] for name in names}
    half = {name: half[name] + 1e-7 * np.abs(v) for name, v in own.items()}
    found = []
    for at, name in enumerate(names):
        told = _logarithm(name, names[:at], own, half) or _product(name, names[:at], own, half)
        if told:
            found.append(
                f"{told} in every row, and proposals do not keep to that. If {name!r} follows "
                f"from the others, leave it out ({ways('ignore', name)})."
            )
    return found


def _logarithm(
    name: str,
    others: list[str],
    columns: Mapping[str, np.ndarray],
    half: Mapping[str, np.ndarray],
) -> str:
    """The logarithm that a column is of another, or another of it, but for a constant; or ""."""
    for of, to in ((a, b) for other in others for a, b in ((name, other), (other, name))):
        own, log = columns[to], columns[of]
        if log.min() <= 0:
            continue
        relative = half[of] / log
        for base, factor in (("log10", 1 / math.log(10)), ("ln", 1.0)):
            for sign, minus in ((1, ""), (-1, "-")):
                slack = half[to] + factor * relative
                rest = own - sign * factor * np.log(log)
                if own.std() < OF_ROUNDING * slack.mean():
                    continue
                if (rest - slack).max() <= (rest + slack).min():
                    return f"Column {to!r} is {minus}{base} of {of!r}, but for a constant,"
    return ""


def _product(
    name: str,
    others: list[str],
    columns: Mapping[str, np.ndarray],
    half: Mapping[str, np.ndarray],
) -> str:
    """The product or the ratio that a column is of two, or the reciprocal of one; or ""."""
    own = columns[name]
    positive = [other for other in others if columns[other].min() > 0]
    if own.min() <= 0:
        return ""
    relative = {n: half[n] / columns[n] for n in (*positive, name)}
    for first in positive:
        if _proportional(own, 1 / columns[first], relative[name] + relative[first]):
            return f"Column {name!r} is in inverse proportion to {first!r}"
    for first, second in combinations(positive, 2):
        a, b = columns[first], columns[second]
        slack = relative[name] + relative[first] + relative[second]
        for told, value in (
            (f"{first!r} times {second!r}", a * b),
            (f"{first!r} / {second!r}", a / b),
            (f"{second!r} / {first!r}", b / a),
        ):
            if _proportional(own, value, slack):
                factor = float(np.median(own / value))
                times = "" if abs(factor - 1) <= 2 * slack.max() else f"{factor:.3g} times "
                return f"Column {name!r} is {times}{told}"
    return ""


def _proportional(own: np.ndarray, value: np.ndarray, slack: np.ndarray) -> bool:
    """Whether numbers (n,) are a constant times others, within relative roundings (n,)."""
    if np.log(own).std() < OF_ROUNDING * slack.mean():
        return False
    ratio = own / value
    return all(
        bool((r * (1 - s)).max() <= (r * (1 + s)).min())
        for r, s in ((ratio[:SCREENED], slack[:SCREENED]), (ratio, slack))
    )
