"""The points of a box that meet linear constraints, and the projection onto them."""

from __future__ import annotations

import numpy as np

from .least_distance import nearest_point

SWEEPS = 60  # over all constraints; what is not solved by then is solved one by one
# Relative to the size of a constraint's terms. What misses by less meets it.
TOLERANCE = 1e-9
_AIM = 1e-12  # of the same kind: what is projected shall miss by no more
NEARER = 1e-6  # share of a squared distance by which another point is worth taking
WIDEST = 200  # coordinates up to which points are solved one by one, each in a tenth of a second


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
        holds exactly (coordinate ascent on the dual, which for one constraint is the solution),
        and then together by Newton's step on the dual, which is piecewise quadratic. Where many
        constraints meet in a point that can go on for ever: what is left then is solved one by one.
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
        at = self.touched
        movable = (box[0] < box[1])[:, at].any(1)
        todo = np.flatnonzero((self.violation(out) > _AIM) & movable)
        if not len(todo):
            return out
        a, start, own = self.a[:, at], z[np.ix_(todo, at)], box[:, todo][:, :, at]
        dual = np.zeros((len(todo), len(a)))
        possible = self._possible(a, own)
        for sweep in range(SWEEPS):
            for i, row in enumerate(a):
                rest = start - dual @ a + dual[:, i : i + 1] * row
                now = np.clip(rest, *own) @ row
                target = np.clip(now, *self.ends[:, i])
                t = _root(rest, np.broadcast_to(row, rest.shape), target, own)
                dual[:, i] = np.where(target == now, 0.0, t)
            if sweep:
                self._newton_(start, dual, a, own)
            solved = self._solved(start, dual, a, own)
            out[np.ix_(todo, at)] = np.clip(start - dual @ a, *own)
            left = ~solved & possible
            if not left.any():
                break
            todo, start, dual, own = todo[left], start[left], dual[left], own[:, left]
            possible = possible[left]
        else:
            if at.sum() <= WIDEST:
                self._finish_(out, z, todo[~self._shown_empty(dual, a, own)], box)
        return out

    def _finish_(self, out: np.ndarray, z: np.ndarray, todo: np.ndarray, box: np.ndarray) -> None:
        """Puts the nearest points where ``out`` violates a constraint or is farther from z."""
        at = self.touched
        for i in todo:
            moved = nearest_point(z[i, at], self.a[:, at], self.ends, box[:, i, at])
            if moved is None:
                continue
            found = out[i].copy()
            found[at] = moved
            meets, fits = self.violation(np.stack([out[i], found])) <= TOLERANCE
            far, near = (float(((x - z[i]) ** 2).sum()) for x in (out[i], found))
            if fits and (not meets or near < far * (1 - NEARER)):
                out[i] = found

    def _shown_empty(self, dual: np.ndarray, a: np.ndarray, box: np.ndarray) -> np.ndarray:
        """For which multipliers (n, m) no point of the box meets their sum of constraints, (n,)."""
        slope = (dual @ a)[:, None]
        with np.errstate(invalid="ignore"):
            least = np.where(slope != 0, slope * box.swapaxes(0, 1), 0).min(1)
            most = np.where(dual != 0, dual * np.where(dual > 0, *self.ends[::-1]), 0)
        size = np.abs(least).sum(1) + np.abs(most).sum(1)
        shown: np.ndarray = least.sum(1) - most.sum(1) > TOLERANCE * size
        return shown

    def _possible(self, a: np.ndarray, box: np.ndarray) -> np.ndarray:
        """For which points each constraint alone can be met within the bounds, (n,) bool."""
        out = np.ones(box.shape[1], bool)
        for row, low, high in zip(a, *self.ends, strict=True):
            on = row != 0
            terms = row[on] * box[:, :, on]
            size = TOLERANCE * np.maximum(
                np.abs(np.nan_to_num(terms, posinf=0, neginf=0)).sum(2).max(0), 1e-300
            )
            out &= (terms.min(0).sum(1) <= high + size) & (terms.max(0).sum(1) >= low - size)
        return out

    def _solved(
        self, z: np.ndarray, dual: np.ndarray, a: np.ndarray, box: np.ndarray
    ) -> np.ndarray:
        """Which multipliers (n, m) make clip(z - a^T dual) the projection (its KKT conditions)."""
        point = np.clip(z - dual @ a, *box)
        total, size = point @ a.T, np.maximum(np.abs(point) @ np.abs(a).T, self.size)
        over, under = (total - self.ends[1]) / size, (self.ends[0] - total) / size
        fits = (over <= _AIM) & (under <= _AIM)
        pushes = np.where(dual > 0, over >= -_AIM, np.where(dual < 0, under >= -_AIM, True))
        solved: np.ndarray = (fits & pushes).all(1)
        return solved

    def _newton_(self, z: np.ndarray, dual: np.ndarray, a: np.ndarray, box: np.ndarray) -> None:
        """Newton's step on the dual (n, m), with a line search to its very maximum."""
        low, high = self.ends
        # Rounding can leave one that pushes to an end that there is not.
        dual[((dual < 0) & (low == -np.inf)) | ((dual > 0) & (high == np.inf))] = 0
        y = z - dual @ a
        point = np.clip(y, *box)
        free = (point > box[0]) & (point < box[1])
        total = point @ a.T
        end = np.where((dual > 0) | (total > high), high, low)
        active = (dual != 0) | (total > high) | (total < low)
        slope = np.where(active, total - np.where(active, end, 0), 0)
        hessian = (a * free[:, None]) @ a.T * (active[:, :, None] & active[:, None])
        at = np.arange(len(a))
        hessian[:, at, at] += np.where(active, 1e-9 * (a * a).sum(1), 1.0)
        step = np.linalg.solve(hessian, slope[..., None])[..., 0]
        # A multiplier that leaves 0 goes the way of its slope; none crosses 0 but in an equation.
        one_sided = low < high
        step = np.where(one_sided & (dual == 0) & (step * slope < 0), 0, step)
        with np.errstate(divide="ignore", invalid="ignore"):
            until = np.where(one_sided & (dual * step < 0), -dual / step, np.inf)
        target = (step * np.where(step != 0, end, 0)).sum(1)
        t = np.minimum(_root(y, step @ a, target, box), until.min(1)).clip(min=0)
        hit = until <= t[:, None]
        dual += t[:, None] * step
        dual[hit] = 0


def _root(y: np.ndarray, a: np.ndarray, target: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The t, (n,), at which a . clip(y - t a) is the target, or nearest to it.

    That sum falls with t and is linear between breakpoints, which are searched by halving.

    Args:
        y: (n, C).
        a: (n, C).
        target: (n,).
        box: (2, n, C).
    """
    low, high = box

    def total(t: np.ndarray) -> np.ndarray:
        return (np.clip(y - t[:, None] * a, low, high) * a).sum(1)

    gap = np.abs(total(np.zeros(len(y))) - target)[:, None]
    some = a != 0
    size = np.where(some, np.abs(a), 1)
    # A coordinate without a bound never has to move further than this.
    reach = (gap / size + 1.0) * 2
    low = np.where(np.isfinite(low), low, np.minimum(y, high) - reach)
    high = np.where(np.isfinite(high), high, np.maximum(y, low) + reach)
    sign = np.where(some, a, 1)
    ends = [np.where(some, (y - low) / sign, 0), np.where(some, (y - high) / sign, 0)]
    knots = np.sort(np.concatenate(ends, axis=1), axis=1)
    rows = np.arange(len(y))
    left, right = np.zeros(len(y), int), np.full(len(y), knots.shape[1] - 1)
    while (right - left > 1).any():
        middle = (left + right) // 2
        above = total(knots[rows, middle]) >= target
        left, right = np.where(above, middle, left), np.where(above, right, middle)
    t0, t1 = knots[rows, left], knots[rows, right]
    f0, f1 = total(t0), total(t1)
    share = np.where(f0 > f1, (f0 - target) / np.where(f0 > f1, f0 - f1, 1), 0).clip(0, 1)
    found: np.ndarray = t0 + share * (t1 - t0)
    return found
