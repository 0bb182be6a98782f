"""Which of many columns others may make: those that they cannot are set aside at once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

# Of fewer columns each is looked at by itself.
MANY = 50
# By how much more than asked may be left of a column: the few more that pass are looked at again.
MARGIN = 1.25
RIDGE = 1e-12  # of the correlations, which have no inverse where an equation holds


def nearly_made(columns: Mapping[str, np.ndarray], rows: int, unexplained: float) -> set[str]:
    """The columns of which a linear function of all others may leave a small share.

    The diagonal of the inverse of the correlations tells of all columns at once what a least
    squares for each would, which of 500 columns takes minutes.

    Args:
        columns: numbers of the rows, (N,) each.
        rows: how many are looked at, about.
        unexplained: the share of its standard deviation that may be left of a column.
    """
    if len(columns) <= MANY:
        return set(columns)
    x = np.stack(list(columns.values()), axis=1)
    few = x[:: max(1, len(x) // rows)]
    scatter = few.std(0)
    z = (few - few.mean(0)) / np.where(scatter > 0, scatter, 1.0)
    inverse = np.linalg.inv(z.T @ z / len(z) + RIDGE * np.eye(len(columns)))
    left = scatter / np.sqrt(np.abs(inverse.diagonal()))
    within = left <= MARGIN * unexplained * x.std(0)
    return {name for name, near in zip(columns, within.tolist(), strict=True) if near}
