"""At most so many of some parts: which of them are present in a design."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..kernels.errors import InputError
from ..values import listed, number, whole


@dataclass(frozen=True)
class AtMost:
    """At most so many of some parts are present, those other than 0; they have a least amount.

    Attributes:
        names: of the parts, columns of numbers whose bounds hold 0.
        count: how many may be other than 0.
        least: the least amount of one that is present; 0 for any, those below 0 among them.

    Raises:
        InputError: there are not more different parts than may be present, or ``least`` is none.
    """

    names: tuple[str, ...]
    count: int
    least: float = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.names, str):
            raise InputError(f"AtMost: names must be a list, got the text {self.names!r:.60}.")
        names = tuple(str(name) for name in listed("AtMost", "names", self.names))
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "count", whole("AtMost", "count", self.count, 0))
        object.__setattr__(self, "least", number("AtMost", "least", self.least))
        if not 1 <= self.count < len(self.names) or len(set(self.names)) < len(self.names):
            raise InputError(
                f"{self}: name more different parts than the number that may be present."
            )
        if not 0 <= self.least < math.inf:
            raise InputError(f"{self}: the least amount must be a number from 0.")

    def __str__(self) -> str:
        least = f", each at least {self.least:g}" if self.least else ""
        return f"at most {self.count} of {', '.join(self.names)}{least}"


class Presence:
    """Decides for points which parts are present, by bounds of each point's own.

    Args:
        rules: each as the indices of its coordinates, the count, the least amount (its
            standardised value, one a coordinate; -inf for none), and which of them are fixed at
            some amount.
        zero: standardised value of 0, one a coordinate, (C,).
    """

    def __init__(
        self, rules: Sequence[tuple[np.ndarray, int, np.ndarray, np.ndarray]], zero: np.ndarray
    ) -> None:
        self.rules, self.zero = list(rules), zero

    @property
    def coordinates(self) -> np.ndarray:
        """Those that stand in a rule."""
        return np.unique(np.concatenate([at for at, *_ in self.rules])).astype(int)

    def box(
        self, z: np.ndarray, box: np.ndarray, std: np.ndarray, order: np.ndarray | None = None
    ) -> np.ndarray:
        """Bounds of each point: the largest parts are present, the others are 0.

        Args:
            z: points, (n, C).
            box: bounds of all points, (2, C).
            std: what a standardised unit is in raw ones, (C,).
            order: what decides instead of the amounts, large is present and -inf is not, (n, C).

        Returns:
            (2, n, C).
        """
        out = np.broadcast_to(box[:, None], (2, *z.shape)).copy()
        for at, count, least, kept in self.rules:
            amount = (z[:, at] - self.zero[at]) * std[at]
            if (signed := box[0, at] < self.zero[at]).any():  # the largest are the farthest from 0
                inside = np.abs(z[:, at].clip(*box[:, at]) - self.zero[at]) * std[at]
                amount = np.where(signed, inside, amount)
            rank = np.where(kept, np.inf, amount if order is None else order[:, at])
            # A part that is fixed is there, however many may be.
            there = ((_places(rank) < count) & (rank > -np.inf)) | kept
            # An amount below half of the least one is nearer to nothing.
            if order is None and (least > self.zero[at]).any():
                there &= kept | (2 * z[:, at] > least + self.zero[at])
            for i, column in enumerate(at):
                nothing, (low, high) = self.zero[column], out[:, :, column].copy()
                if not kept[i]:
                    low = np.maximum(low, least[i])
                out[:, :, column] = np.where(there[:, i], [low, high], nothing)
        return out

    def with_few(self, order: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """An order (n, C) for :meth:`box` with so many parts of every rule at most, (n, rules)."""
        out = order.copy()
        for (at, _, _, kept), count in zip(self.rules, counts.T, strict=True):
            place = _places(np.where(kept, np.inf, order[:, at]))
            out[:, at] = np.where(place < count[:, None], out[:, at], -np.inf)
        return out

    def fits(self, z: np.ndarray, tolerance: float) -> np.ndarray:
        """Which points (n, C) keep the rules, (n,) bool."""
        out = np.ones(len(z), dtype=bool)
        for at, count, least, kept in self.rules:
            there = kept | (np.abs(z[:, at] - self.zero[at]) > tolerance)
            out &= there.sum(1) <= count
            out &= (~there | kept | (z[:, at] >= least - tolerance)).all(1)
        return out


def _places(rank: np.ndarray) -> np.ndarray:
    """The place of each rank (n, C) in its row, the largest first."""
    return np.argsort(np.argsort(-rank, axis=1, kind="stable"), axis=1, kind="stable")
