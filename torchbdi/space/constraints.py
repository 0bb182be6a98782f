"""Linear constraints between columns of numbers."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..kernels.errors import InputError
from ..values import number


@dataclass(frozen=True)
class Linear:
    """low <= sum of coefficient times column <= high, in raw units; equal ends are an equation.

    Attributes:
        coefficients: name of a column of numbers to its coefficient.
        low: lower end, -inf for none.
        high: upper end, inf for none.

    Raises:
        InputError: there is no coefficient, one is not finite or 0, or the ends leave nothing.
    """

    coefficients: Mapping[str, float]
    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        if not isinstance(self.coefficients, Mapping):
            raise InputError(f"Linear: coefficients must be a dict, got {self.coefficients!r:.60}.")
        given = {
            str(name): number("Linear", f"the coefficient of {name}", v)
            for name, v in self.coefficients.items()
        }
        object.__setattr__(self, "coefficients", given)
        for end in ("low", "high"):
            value = number("Linear", end, getattr(self, end), finite=False)
            object.__setattr__(self, end, value)
        if not given or not all(given.values()):
            raise InputError(f"constraint {self}: give finite coefficients other than 0.")
        if not self.low <= self.high or math.inf in (self.low, -self.high):
            raise InputError(
                f"constraint {self}: no number lies within these ends. Give low <= high."
            )

    @property
    def is_equation(self) -> bool:
        """Whether both ends are the same."""
        return self.low == self.high

    def __str__(self) -> str:
        terms = ""
        for name, v in self.coefficients.items():
            sign = (" - " if v < 0 else " + ") if terms else ("-" if v < 0 else "")
            terms += f"{sign}{name}" if abs(v) == 1 else f"{sign}{abs(v):g} {name}"
        if self.is_equation:
            return f"{terms} = {self.low:g}"
        if self.low == -math.inf:
            return f"{terms} <= {self.high:g}"
        if self.high == math.inf:
            return f"{terms} >= {self.low:g}"
        return f"{self.low:g} <= {terms} <= {self.high:g}"


def follows(name: str, others: Collection[str], equations: Sequence[Mapping[str, float]]) -> bool:
    """Whether equations make a column of numbers from some others.

    Args:
        name: of the column.
        others: names of those that it may follow from.
        equations: the coefficients of each.
    """
    left = sorted({n for own in equations for n in own} - {*others, name})
    rows = np.array([[own.get(n, 0.0) for n in [*left, name]] for own in equations])
    if not len(rows):
        return False
    alone = np.eye(1, len(left) + 1, len(left))
    return bool(np.linalg.matrix_rank(np.vstack([rows, alone])) == np.linalg.matrix_rank(rows))
