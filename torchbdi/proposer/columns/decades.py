"""Whether numbers spread over decades, so that their logarithms tell more than they do."""

from __future__ import annotations

import numpy as np

# Positive numbers over more than this factor are kept as logarithms, and have no decimals.
DECADES = 100.0


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
