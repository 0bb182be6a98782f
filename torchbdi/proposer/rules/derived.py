"""Columns of numbers that are products, ratios or logarithms of others: told, and not kept."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from itertools import combinations

import numpy as np

from ..reading.ways import Ways
from .powers import OF_ROUNDING, beyond_rounding, power_law
from .shares import share_of

# Coded levels of a factorial design are products of each other, and can be chosen all the same.
FEWEST_LEVELS, FEWEST_ROWS = 5, 10
# More columns than this make too many pairs.
MOST_COLUMNS = 20
# A dozen rows are looked at first, and all of them where these fit.
LOOKS = slice(12), slice(None)


def derived_remarks(
    columns: Mapping[str, np.ndarray],
    half: Mapping[str, np.ndarray],
    ways: Ways,
    totals: Collection[str] = (),
) -> list[str]:
    """Names columns that follow from others in every row, and not as a sum.

    Sums and rules are linear, so proposals do not keep to such a relation.

    Args:
        columns: numbers of the rows, (N,) each, those that vary.
        half: by how much each number can have been rounded, (N,) each.
        ways: how options are typed.
        totals: the columns that are sums of others: these are no parts of a whole beside them.
    """
    levels = {name: len(np.unique(v)) for name, v in columns.items() if len(v) >= FEWEST_ROWS}
    names = [name for name, count in levels.items() if count >= FEWEST_LEVELS][:MOST_COLUMNS]
    looked_at = {*names, *[*levels][:MOST_COLUMNS]}
    own = {name: columns[name] for name in levels if name in looked_at}
    half = {name: half[name] + 1e-7 * np.abs(v) for name, v in columns.items()}
    told: dict[str, str] = {}
    for at, name in enumerate(names):
        before = names[:at]
        what = _logarithm(name, before, columns, half) or _product(name, before, columns, half)
        if what:
            told[name] = what
    own = {name: v for name, v in own.items() if name not in told}
    # What has a value in nearly every row follows from those that are set to a few; else the last.
    left = [name for name in reversed(names) if name in own]
    for name in sorted(left, key=lambda n: -min(levels[n], len(columns[n]) // 2)):
        others = {other: v for other, v in own.items() if other != name}
        law = power_law(own[name], half[name], others, half)
        if law is not None and [*law.powers.values()] != [1.0]:
            told[name] = f"Column {name!r} is {law}"
            del own[name]
    own = {name: v for name, v in own.items() if name not in totals}
    for name in [n for n in names if n in own]:
        if (share := share_of(name, own, half)) is not None:
            told[name] = f"Column {name!r} is {share}"
            del own[name]
    return [
        f"{what} in every row, and proposals do not keep to that. If {name!r} follows from the "
        f"others, leave it out ({ways('ignore', name)})."
        for name, what in told.items()
    ]


def _logarithm(
    name: str,
    others: list[str],
    columns: Mapping[str, np.ndarray],
    half: Mapping[str, np.ndarray],
) -> str:
    """The logarithm that a column is of another, or another of it, but for a constant; or ""."""
    for of, to in ((a, b) for other in others for a, b in ((name, other), (other, name))):
        if columns[of].min() <= 0:
            continue
        for told, factor in (
            ("log10", 1 / math.log(10)), ("ln", 1.0), ("-log10", -1 / math.log(10)), ("-ln", -1.0),
        ):  # fmt: skip
            if all(
                _constant_apart(
                    columns[to][rows],
                    factor * np.log(columns[of][rows]),
                    half[to][rows] + abs(factor) * half[of][rows] / columns[of][rows],
                )
                for rows in LOOKS
            ):
                return f"Column {to!r} is {told} of {of!r}, but for a constant,"
    return ""


def _constant_apart(own: np.ndarray, value: np.ndarray, slack: np.ndarray) -> bool:
    """Whether numbers (n,) are others plus a constant, within roundings (n,)."""
    rest = own - value
    fits = (rest - slack).max() <= (rest + slack).min()
    return bool(fits and own.std() >= OF_ROUNDING * slack.mean())


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
    spread = float(np.log(own).std())
    for first in positive:
        slack = relative[name] + relative[first]
        fits = _proportional(own, 1 / columns[first], slack)
        if fits and beyond_rounding(own, spread, slack):
            return f"Column {name!r} is in inverse proportion to {first!r}"
    for first, second in combinations(positive, 2):
        for told, power, other in (
            (f"{first!r} times {second!r}", 1, 1),
            (f"{first!r} / {second!r}", 1, -1),
            (f"{second!r} / {first!r}", -1, 1),
        ):
            if all(
                _proportional(
                    own[rows],
                    columns[first][rows] ** power * columns[second][rows] ** other,
                    relative[name][rows] + relative[first][rows] + relative[second][rows],
                )
                for rows in LOOKS
            ):
                slack = relative[name] + relative[first] + relative[second]
                if not beyond_rounding(own, spread, slack):
                    continue
                value = columns[first] ** power * columns[second] ** other
                factor = float(np.median(own / value))
                times = "" if abs(factor - 1) <= 2 * slack.max() else f"{factor:.3g} times "
                return f"Column {name!r} is {times}{told}"
    return ""


def _proportional(own: np.ndarray, value: np.ndarray, slack: np.ndarray) -> bool:
    """Whether numbers (n,) are a constant times others, within relative roundings (n,)."""
    ratio = own / value
    return bool((ratio * (1 - slack)).max() <= (ratio * (1 + slack)).min())
