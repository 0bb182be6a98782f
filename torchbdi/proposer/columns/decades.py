"""Whether numbers spread over decades, so that their logarithms tell more than they do."""

from __future__ import annotations

import numpy as np

# Positive numbers over more than this factor are kept as logarithms, and have no decimals.
DECADES = 100.0
# Of doses that go down to 0 each is at least so many times the one below. Proposals of earlier
# rounds may lie between them: of all designs above 0 such a share has a dose, and what lies between
# has at most such a share of the designs that a dose has.
APART, SHARE, RARER = 2.0, 0.25, 0.5
# Where fewer than that share of all designs are above 0, a dose has so many or more: a few traces,
# each once, are no series.
TWICE = 2
# Such a 0 counts as this share of the least dose: about as far below it as others are apart.
NOTHING = 0.1


def over_decades(values: np.ndarray) -> bool:
    """Whether nine tenths of the numbers are positive over more than two decades."""
    low, high = np.quantile(values, [0.05, 0.95])
    return bool(values.min() > 0 and high > DECADES * low)


def set_over_decades(values: np.ndarray) -> bool:
    """Whether numbers of designs are over decades, and not by one end that many designs have.

    Proposals often lie at a bound: after some rounds a twentieth of all designs can have the least
    value of a column that is spread evenly, from 0.004 to 1.
    """
    if not over_decades(values):
        return False
    different = np.unique(values)
    low, high = different[[int(0.05 * (len(different) - 1)), -1]]
    return bool(high > DECADES * low)


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
        doses, given = levels[often], counts[often]
        if (doses[1:] >= APART * doses[:-1]).all():
            break
    else:
        return None
    between = counts[~often].max(initial=0)
    if given.sum() < SHARE * counts.sum() or between > RARER * np.median(given):
        return None
    return float(NOTHING * doses[0]) if set_over_decades(doses) else None
