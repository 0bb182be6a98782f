"""Linear constraints between numbers, and the projection onto what they allow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..kernels.errors import InputError

SWEEPS = 60
# Relative to the size of a constraint's terms. What misses by less meets it.
TOLERANCE = 1e-9
_AIM = 1e-12


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
        values = list(self.coefficients.values())
        if not values or not all(math.isfinite(v) and v != 0 for v in values):
            raise InputError(f"constraint {self}: give finite coefficients other than 0.")
        if not self.low <= self.high or math.inf in (self.low, -self.high):
            raise InputError(f"constraint {self}: low = {self.low!r}, high = {self.high!r}.")

    def __str__(self) -> str:
        terms = " + ".join(f"{v:g} {name}" for name, v in self.coefficients.items())
        if self.low == self.high:
            return f"{terms} = {self.low:g}"
        return f"{self.low:g} <= {terms} <= {self.high:g}"


class Polytope:
    """The points of a box that meet some linear constraints.

    Args:
        a: coefficients, (m, C).
        ends: lower and upper ends, (2, m).
        box: bounds of the coordinates, (2, C); infinite for none.
    """

    def __init__(self, a: np.ndarray, ends: np.ndarray, box: np.ndarray):
        self.a, self.ends, self.box = a, ends, box
        self.touched = (a != 0).any(0)
        # Of the terms, where all coordinates are of the size of 1.
        self.size = np.maximum(np.abs(a).sum(1), 1e-300)

    def violation(self, z: np.ndarray) -> np.ndarray:
        """How far points (n, C) are outside, relative to the size of the terms, (n,)."""
        if not len(self.a):
            return np.zeros(len(z))
        total = z @ self.a.T
        size = np.maximum(np.abs(z) @ np.abs(self.a).T, self.size)
        over = np.maximum(total - self.ends[1], self.ends[0] - total) / size
        return np.maximum(over, 0).max(1)

    def project(self, z: np.ndarray, box: np.ndarray | None = None) -> np.ndarray:
        """The nearest points of the polytope.

        The multipliers of the constraints are moved one at a time, each to where its constraint
        holds exactly (coordinate ascent on the dual, which for one constraint is the solution);
        then those of the constraints and bounds found active are solved for at once.
        Where the polytope is empty the result is a point of the box that violates a constraint.

        Args:
            z: points, (n, C).
            box: bounds of each point's own, (2, n, C); None for those of the polytope.

        Returns:
            (n, C).
        """
        box = np.broadcast_to(self.box[:, None], (2, *z.shape)) if box is None else box
        out = np.clip(z, *box)
        if not len(self.a) or not len(z):
            return out
        todo = np.flatnonzero(self.violation(out) > _AIM)
        if not len(todo):
            return out
        at = self.touched
        a, start, own = self.a[:, at], z[np.ix_(todo, at)], box[:, todo][:, :, at]
        dual = np.zeros((len(todo), len(a)))
        for sweep in range(SWEEPS):
            for i, row in enumerate(a):
                rest = start - dual @ a + dual[:, i : i + 1] * row
                dual[:, i] = _multiplier(rest, row, self.ends[:, i], own)
            solved = self._solved(start, dual, a, own)
            if sweep and not solved.all():
                guess = self._solve_active(start, dual, a, own)
                better = ~solved & self._solved(start, guess, a, own)
                dual[better] = guess[better]
                solved |= better
            out[np.ix_(todo, at)] = np.clip(start - dual @ a, *own)
            if solved.all():
                break
            left = ~solved
            todo, start, dual, own = todo[left], start[left], dual[left], own[:, left]
        return out

    def _solved(self, z: np.ndarray, dual: np.ndarray, a: np.ndarray, box: np.ndarray) -> Any:
        """Which multipliers (n, m) make clip(z - a^T dual) the projection (its KKT conditions)."""
        point = np.clip(z - dual @ a, *box)
        total, size = point @ a.T, np.maximum(np.abs(point) @ np.abs(a).T, self.size)
        over, under = (total - self.ends[1]) / size, (self.ends[0] - total) / size
        fits = (over <= _AIM) & (under <= _AIM)
        pushes = np.where(dual > 0, over >= -_AIM, np.where(dual < 0, under >= -_AIM, True))
        return (fits & pushes).all(1)

    def _solve_active(
        self, z: np.ndarray, dual: np.ndarray, a: np.ndarray, box: np.ndarray
    ) -> np.ndarray:
        """Multipliers (n, m) that meet the constraints now active, bounds staying as they are."""
        point = np.clip(z - dual @ a, *box)
        free = (point > box[0]) & (point < box[1])
        active = dual != 0
        target = np.where(dual > 0, self.ends[1], self.ends[0])
        wanted = np.where(active, np.where(free, z, point) @ a.T - np.where(active, target, 0), 0)
        matrix = (a * free[:, None]) @ a.T
        matrix *= active[:, :, None] & active[:, None]
        found: np.ndarray = np.linalg.pinv(matrix, rcond=1e-12, hermitian=True) @ wanted[..., None]
        return found[..., 0]


def _multiplier(z: np.ndarray, a: np.ndarray, ends: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The multiplier t, (n,), at which a . clip(z - t a) lies within the ends, 0 where it may be.

    That sum falls with t and is linear between breakpoints, which are searched by halving.
    """
    on = a != 0
    z, a, low, high = z[:, on], a[on], box[0][:, on], box[1][:, on]

    def total(t: np.ndarray) -> np.ndarray:
        return np.clip(z - t[:, None] * a, low, high) @ a

    now = total(np.zeros(len(z)))
    target = np.clip(now, *ends)
    gap = np.abs(now - target)[:, None]
    # A coordinate without a bound never has to move further than this.
    reach = (gap / np.abs(a) + 1.0) * 2
    low = np.where(np.isfinite(low), low, np.minimum(z, high) - reach)
    high = np.where(np.isfinite(high), high, np.maximum(z, low) + reach)
    knots = np.sort(np.concatenate([(z - low) / a, (z - high) / a], axis=1), axis=1)
    rows = np.arange(len(z))
    left, right = np.zeros(len(z), int), np.full(len(z), knots.shape[1] - 1)
    while (right - left > 1).any():
        middle = (left + right) // 2
        high_side = total(knots[rows, middle]) >= target
        left, right = np.where(high_side, middle, left), np.where(high_side, right, middle)
    t0, t1 = knots[rows, left], knots[rows, right]
    f0, f1 = total(t0), total(t1)
    share = np.where(f0 > f1, (f0 - target) / np.where(f0 > f1, f0 - f1, 1), 0).clip(0, 1)
    return np.where(target == now, 0.0, t0 + share * (t1 - t0))
