"""Numbers that are the logarithm of a column, but for a constant."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .powers import OF_ROUNDING, plainest

_FACTORS = {
    "log10": 1 / math.log(10), "ln": 1.0, "-log10": -1 / math.log(10), "-ln": -1.0,
}  # fmt: skip

# A dozen rows are looked at first, and all of them where these fit.
_LOOKS = slice(12), slice(None)


@dataclass(frozen=True)
class Logarithm:
    """A logarithm of a column and a constant.

    Attributes:
        of: the column.
        kind: "log10", "ln", "-log10" or "-ln".
        constant: what is added.
    """

    of: str
    kind: str
    constant: float

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that it is made of."""
        return (self.of,)

    @property
    def signed(self) -> bool:
        """Whether it has a number for any others, 0 and negative ones too."""
        return False

    def __call__(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """The numbers that it makes of columns, (n,) each, (n,)."""
        return np.asarray(_FACTORS[self.kind] * np.log(columns[self.of]) + self.constant)

    def __str__(self) -> str:
        more = f" {'-' if self.constant < 0 else '+'} {abs(self.constant):.6g}"
        return f"{self.kind} of {self.of!r}{more if self.constant else ''}"


def log_of(
    own: np.ndarray, half: np.ndarray, columns: Mapping[str, np.ndarray],
    halves: Mapping[str, np.ndarray],
) -> Logarithm | None:  # fmt: skip
    """The logarithm that numbers are in every row, but for a constant; None where they are none.

    Args:
        own: the numbers, (N,).
        half: by how much each can have been rounded, (N,).
        columns: those that it may be of, (N,) each; the first ones are preferred.
        halves: by how much these can have been rounded, (N,) each.
    """
    for of, v in columns.items():
        if v.min() <= 0:
            continue
        for kind, factor in _FACTORS.items():
            for rows in _LOOKS:
                slack = half[rows] + abs(factor) * halves[of][rows] / v[rows]
                rest = own[rows] - factor * np.log(v[rows])
                low, high = float((rest - slack).max()), float((rest + slack).min())
                if low > high:
                    break
            else:
                if own.std() >= OF_ROUNDING * slack.mean():
                    return Logarithm(of, kind, plainest(low, high))
    return None
