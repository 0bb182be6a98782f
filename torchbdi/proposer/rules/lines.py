"""Columns of numbers that are linear in others, of which some are computed themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from .linear import linear_in, sum_told


@dataclass(frozen=True)
class Line:
    """A sum of multiples of columns and a constant.

    Attributes:
        coefficients: of the columns, by name; none is 0.
        constant: what is added.
    """

    coefficients: Mapping[str, float]
    constant: float

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that it is made of."""
        return (*self.coefficients,)

    @property
    def signed(self) -> bool:
        """Whether it has a number for any others, 0 and negative ones too."""
        return True

    def __call__(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """The numbers that it makes of columns, (n,) each, (n,)."""
        terms = [value * columns[name] for name, value in self.coefficients.items()]
        return np.asarray(np.sum(terms, axis=0) + self.constant)

    def __str__(self) -> str:
        return sum_told(self.coefficients, self.constant)


def line_of(
    name: str,
    others: Collection[str],
    columns: Mapping[str, np.ndarray],
    units: Mapping[str, float],
) -> Line | None:
    """What a column is as a sum of others in every row; None where it is none.

    Args:
        name: of the column.
        others: names of those that it may be made of.
        columns: all of them, (N,) each.
        units: of the last decimal of each; 0 for numbers that are not rounded.
    """
    rule = linear_in(name, [*others], columns, units)
    if rule is None:
        return None
    terms = {other: -v for other, v in rule.coefficients.items() if other != name}
    return Line(terms, rule.low)
