"""Numbers with levels that linear constraints couple: to a nearby point that meets both."""

from __future__ import annotations

import numpy as np

from .columns import nearest
from .polytope import TOLERANCE, Polytope

REPAIRS = 50
MOVES_AT_ONCE = 1 << 14  # that are projected together


class Rounding:
    """Puts points of a polytope on levels.

    Column by column: each goes to the nearest level from which the constraints can still be met
    (the others taken for free within their bounds), and what is not yet on a level is projected
    again. What ends outside is repaired by moves of one or two columns by one level.

    Args:
        polytope: box and constraints.
        grids: columns with levels: index, and levels (L,) in the coordinates of the polytope.
        bound: columns of which points have bounds of their own.
    """

    def __init__(
        self,
        polytope: Polytope,
        grids: list[tuple[int, np.ndarray]],
        bound: np.ndarray | None = None,
    ):
        self.polytope = polytope
        touched = polytope.touched.copy()
        if bound is not None:
            touched[bound] = True
        self.free = [(i, grid) for i, grid in grids if not touched[i]]
        size = np.abs(polytope.a).max(0, initial=0)

        def coarse(item: tuple[int, np.ndarray]) -> float:
            return float(np.diff(item[1]).max(initial=0) * size[item[0]])

        # The coarse ones first: the fine ones can make good what those miss.
        self.coupled = sorted(((i, g) for i, g in grids if touched[i]), key=coarse, reverse=True)

    def __call__(self, z: np.ndarray, own: np.ndarray | None = None) -> np.ndarray:
        """Points (n, C) on levels; the caller looks whether they meet the constraints.

        Args:
            z: points.
            own: bounds of each point's own, (2, n, C); None for those of the polytope.
        """
        p = self.polytope
        own = np.broadcast_to(p.box[:, None], (2, *z.shape)) if own is None else own
        z = p.project(z, own)
        for i, grid in self.free:
            z[:, i] = nearest(grid, z[:, i])
        if not self.coupled:
            return z
        box = own.copy()
        for i, grid in self.coupled:
            low, high = self._window(box, i)
            # By the column's size: a level can stand at 0, of which any share is nothing.
            slack = TOLERANCE * np.abs(grid).max()
            first = np.searchsorted(grid, low - slack)
            last = np.searchsorted(grid, high + slack, side="right") - 1
            at = np.searchsorted(grid, nearest(grid, z[:, i]))
            at = np.clip(at, first.clip(0, len(grid) - 1), last.clip(first).clip(0, len(grid) - 1))
            box[:, :, i] = grid[at]
            z = p.project(z, box)
        moves = 2 * len(self.coupled) ** 2
        lost = np.flatnonzero(p.violation(z) > TOLERANCE)
        for first in range(0, len(lost), step := max(1, MOVES_AT_ONCE // moves)):
            part = lost[first : first + step]
            z[part] = self._repaired(z[part], own[:, part])
        return z

    def _window(self, box: np.ndarray, i: int) -> tuple[np.ndarray, np.ndarray]:
        """The values of column i for which each constraint alone can be met, (n,) twice."""
        p = self.polytope
        low, high = box[:, :, i]
        others = np.arange(box.shape[2]) != i
        for a, *ends in zip(p.a, *p.ends, strict=True):
            if not a[i]:
                continue
            on = others & (a != 0)
            terms = a[on] * box[:, :, on]
            small, large = terms.min(0).sum(1), terms.max(0).sum(1)
            span = np.stack([ends[0] - large, ends[1] - small]) / a[i]
            low, high = np.maximum(low, span.min(0)), np.minimum(high, span.max(0))
        return low, high

    def _repaired(self, z: np.ndarray, own: np.ndarray) -> np.ndarray:
        """Points (n, C) with their bounds (2, n, C): moves that lower a violation most, to none."""
        p, z = self.polytope, z.copy()
        best = p.violation(z)
        live = np.flatnonzero(best > TOLERANCE)
        for _ in range(REPAIRS):
            tried = [self._moves(z[i], own[:, i]) for i in live]
            whose = np.repeat(np.arange(len(live)), [len(moves) for moves in tried])
            if not len(whose):
                break
            moves = np.concatenate(tried)
            box = own[:, live[whose]]
            for i, _ in self.coupled:
                box[:, :, i] = moves[:, i]
            moved = p.project(moves, box)
            violation = p.violation(moved)
            # Of the moves of a point the first that is best.
            order = np.lexsort((violation, whose))
            at = order[np.unique(whose, return_index=True)[1]]
            at = at[violation[at] < best[live[whose[at]]]]
            live = live[whose[at]]
            z[live], best[live] = moved[at], violation[at]
            live = live[best[live] > TOLERANCE]
        return z

    def _moves(self, z: np.ndarray, own: np.ndarray) -> np.ndarray:
        """The point with one or two coupled columns moved by one level within bounds, (n, C)."""
        single = []
        for i, grid in self.coupled:
            at = int(np.abs(grid - z[i]).argmin())
            single += [(i, grid[k]) for k in (at - 1, at + 1) if 0 <= k < len(grid)]
        out = []
        for k, (i, v) in enumerate(single):
            moved = z.copy()
            moved[i] = v
            out.append(moved)
            for j, u in single[k + 1 :]:
                if j != i:
                    both = moved.copy()
                    both[j] = u
                    out.append(both)
        moves = np.array(out or [z])
        slack = 1e-9 * np.maximum(1.0, np.abs(z))
        inside: np.ndarray = moves[((moves >= own[0] - slack) & (moves <= own[1] + slack)).all(1)]
        return inside
