"""Whether numbers spread over decades, so that their logarithms tell more than they do."""

from __future__ import annotations

import numpy as np

from ...space.columns import Number
from ..reading.table import show_number
from ..reading.ways import Ways

# Positive numbers over more than this factor are kept as logarithms, and have no decimals.
DECADES = 100.0
# Of doses that go down to 0 each is at least so many times the one below. Proposals of earlier
# rounds may lie between them: of all designs above 0 such a share has a dose, and what lies between
# has at most such a share of the designs that a dose has.
APART, SHARE, RARER = 2.0, 0.25, 0.5
# Where fewer than that share of all designs are above 0, a dose has so many or more: a few traces,
# each once, are no series.
TWICE = 2
# One level as frequent as doses may lie between, where these are so many and no factor between two
# of them is more than so many times another: later rounds have tried it often.
FEWEST_DOSES, EVEN = 4, 4.0
# Such a 0 counts as this share of the least dose: about as far below it as others are apart.
NOTHING = 0.1


def over_decades(values: np.ndarray) -> bool:
    """Whether nine tenths of the numbers are positive over more than two decades."""
    low, high = np.quantile(values, [0.05, 0.95])
    return bool(values.min() > 0 and high > DECADES * low)


def set_over_decades(values: np.ndarray) -> bool:
    """Whether numbers of designs are over decades, and not by one end that many designs have.

    Proposals often lie at a bound: after some rounds a twentieth of all designs can have the least
    value of a column that is spread evenly, from 0.004 to 1. Nor do rounds that repeat one number
    again and again take away that others are over decades: it counts as often as the next one.
    """
    different, counts = np.unique(values, return_counts=True)
    most = int(np.sort(counts)[-2:].min())
    if not (over_decades(values) or over_decades(np.repeat(different, np.minimum(counts, most)))):
        return False
    low, high = different[[int(0.05 * (len(different) - 1)), -1]]
    return bool(high > DECADES * low)


def is_series(levels: np.ndarray) -> bool:
    """Whether each of some levels, from the least on, is far above the one below, as of doses."""
    return bool((levels[1:] >= APART * levels[:-1]).all())


def _between(levels: np.ndarray, often: np.ndarray) -> np.ndarray:
    """The one of levels (L,) that are often without which these are doses, (L,) bool; or none."""
    out, at = np.zeros(len(levels), bool), np.flatnonzero(often)
    if is_series(levels[at]) or len(at) <= FEWEST_DOSES:
        return out
    short = int(np.argmin(levels[at][1:] >= APART * levels[at][:-1]))
    for i in (short, short + 1):  # without any other these two stay too near
        factors = np.delete(levels[at], i)[1:] / np.delete(levels[at], i)[:-1]
        if factors.min() >= APART and factors.max() <= EVEN * factors.min():
            out[at[i]] = True
            break
    return out


def logarithm_of(values: np.ndarray) -> float | None:
    """What is added to numbers of designs (N,) before their logarithm; None where they have none.

    That is 0 for positive ones. Of doses such as 0, 0.01, 0.1, 1 and 10 the differences say that
    all but the last are the same; where amounts that are no such series are 0, the part is missing.
    """
    if values.min() > 0:
        return 0.0 if set_over_decades(values) else None
    if values.min() < 0:
        return None
    levels, counts = np.unique(values[values > 0], return_counts=True)
    fewest = TWICE if counts.sum() < SHARE * len(values) else 1
    for least in np.unique(counts[counts >= fewest]):  # as many as are a series
        often = counts >= least
        often &= ~_between(levels, often)
        doses, given = levels[often], counts[often]
        if is_series(doses):
            break
    else:
        return None
    between = counts[~often & (counts < least)].max(initial=0)
    if given.sum() < SHARE * counts.sum() or between > RARER * np.median(given):
        return None
    return float(NOTHING * doses[0]) if set_over_decades(doses) else None


def no_logarithm(name: str, number: Number, span: float, offset: float, ways: Ways) -> str:
    """Says that bounds keep a column from being searched as a logarithm.

    Args:
        name: of the column.
        number: with its bounds.
        span: of the table's numbers above 0, in powers of ten.
        offset: what is added to them before their logarithm.
        ways: how options are typed.
    """
    begin, least = ("at 0", "0") if offset else ("above 0", "LOW")
    return (
        f"Column {name!r} spans {span:.1f} orders of magnitude, but its bounds go down to "
        f"{show_number(number.low)}, which has no logarithm: it is searched as it is, where small "
        f"numbers are hardly told apart. Bounds that begin {begin} "
        f"({ways('bounds', f'{name}={least}:{show_number(number.high)}')}) have it searched as a "
        "logarithm."
    )
