"""Where the numbers of a design may be, in standardised units."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch

from ..kernels.errors import InputError
from .constraints import Linear
from .layout import Layout
from .moments import unstandardised
from .polytope import TOLERANCE, Polytope
from .present import AtMost, Presence
from .rounding import Rounding
from .sampling import sample_polytope, uniform

ANCHORS = 64  # points kept that are known to meet the constraints
DRAWS = 1000  # that they are looked for among


class Region:
    """The points that meet bounds, levels, constraints, and counts of what may be present.

    A point is the numbers of a design, standardised.

    Args:
        layout: of the columns.
        constraints: linear ones between columns of numbers.
        at_most: how many of some columns may be other than 0.
        mean: of the numbers, (numbers,).
        std: of the numbers, (numbers,).
        seen: smallest and largest raw values of the table, (2, C); None where they are not needed.
        anchors: points that are known to meet the constraints, (A, numbers); None before they
            were looked for.
    """

    def __init__(
        self,
        layout: Layout,
        constraints: Sequence[Linear],
        at_most: Sequence[AtMost],
        mean: np.ndarray,
        std: np.ndarray,
        seen: np.ndarray | None,
        anchors: np.ndarray | None,
    ):
        self.layout, self.constraints, self.at_most = layout, constraints, at_most
        self.mean, self.std, self.seen, self.anchors = mean, std, seen, anchors
        self._place = {layout.columns[c].name: i for i, c in enumerate(layout.numbers)}

    @cached_property
    def polytope(self) -> Polytope:
        """Bounds and linear constraints."""
        a = np.zeros((len(self.constraints), len(self._place)))
        for i, constraint in enumerate(self.constraints):
            for name, value in constraint.coefficients.items():
                a[i, self._place[name]] = value
        ends = np.array([[c.low, c.high] for c in self.constraints]).reshape(-1, 2).T
        ends = ends - a @ self.mean
        with np.errstate(over="ignore"):
            box = (self.layout.scaled(self.layout.bounds) - self.mean) / self.std
        return Polytope(a * self.std, ends, box)

    @cached_property
    def reached(self) -> np.ndarray:
        """Least and largest raw values of the table, and 0 where a part may be absent, (2, C)."""
        assert self.seen is not None
        seen = self.seen.copy()
        names = {name for rule in self.at_most for name in rule.names}
        absent = [i for i, c in enumerate(self.layout.columns) if c.name in names]
        seen[0, absent] = seen[0, absent].clip(max=0)
        seen[1, absent] = seen[1, absent].clip(min=0)
        return seen

    @cached_property
    def box(self) -> np.ndarray:
        """Finite bounds, (2, numbers): those of the table where there are none."""
        box = self.polytope.box
        seen = (self.layout.scaled(self.reached[:, self.layout.numbers]) - self.mean) / self.std
        # Where one bound is given and the table lies beyond it, the bound stands.
        inside = np.clip(seen, *box)
        return np.where(np.isfinite(box), box, inside)

    @cached_property
    def _rounding(self) -> Rounding:
        log, offset = self.layout.log, self.layout.offset
        grids = [
            (i, ((np.log10(grid + offset[i]) if log[i] else grid) - self.mean[i]) / self.std[i])
            for i, grid in self.layout.grids
        ]
        bound = self._presence.coordinates if self.at_most else None
        return Rounding(self.polytope, grids, bound)

    @cached_property
    def _presence(self) -> Presence:
        rules = []
        for rule in self.at_most:
            at = np.array([self._place[name] for name in rule.names])
            own = [self.layout.columns[self.layout.numbers[i]].fixed for i in at]
            kept = np.array([bool(fixed) for fixed in own])
            least = rule.least or -np.inf  # without one, amounts below 0 are amounts, too
            rules.append((at, rule.count, (least - self.mean[at]) / self.std[at], kept))
        return Presence(rules, -self.mean / self.std)

    def meets(self, z: np.ndarray, tolerance: float = TOLERANCE) -> np.ndarray:
        """Which points (n, numbers) meet all rules but for levels, (n,) bool."""
        fits: np.ndarray = self.polytope.violation(z) <= tolerance
        return fits & self._presence.fits(z, 1e3 * tolerance) if self.at_most else fits

    def relaxed(self, z: np.ndarray) -> np.ndarray:
        """Points (n, numbers) within all constraints, between their levels."""
        out = self.polytope.project(z, self._own_box(z))
        if self.at_most:
            # With fewer parts than may be present the constraints can be out of reach.
            lost = np.flatnonzero(~self.meets(out))
            amounts = z[lost] * self.std + self.mean
            out[lost] = self.polytope.project(z[lost], self._own_box(z[lost], amounts))
            self._anchor_(out, z)
        return out

    def holding(self, z: np.ndarray, held: np.ndarray) -> np.ndarray:
        """Bounds of each point (n, numbers) of its own at which some coordinates stay as they are.

        Args:
            z: points that meet all rules. Which parts of each may be present is decided.
            held: which coordinates stay, (numbers,) bool.

        Returns:
            (2, n, numbers).
        """
        box = self._own_box(z)
        if box is None:
            box = np.broadcast_to(self.polytope.box[:, None], (2, *z.shape)).copy()
        box[:, :, held] = z[:, held]
        return box

    def rounded(self, z: np.ndarray, order: np.ndarray | None = None) -> np.ndarray:
        """Points (n, numbers) on levels within all constraints.

        Args:
            z: points.
            order: which parts are present where not all may be, large is; None for large amounts.
        """
        out = self._rounding(z, self._own_box(z, order))
        self._anchor_(out, z)
        return out

    def sample(self, n: int, generator: torch.Generator) -> np.ndarray:
        """Random points on levels within all constraints, (n, numbers)."""
        z = sample_polytope(self.polytope, self.box, n, generator)
        for i, grid in self._rounding.free:
            z[:, i] = grid[(uniform((n,), generator) * len(grid)).astype(int)]
        return self._sampled(z, generator) if self.at_most else self.rounded(z)

    def _sampled(self, z: np.ndarray, generator: torch.Generator) -> np.ndarray:
        """Points (n, numbers) with random parts present, each number of parts as often.

        Where too few parts cannot meet the constraints more are taken, again each number of them
        as often: so every number that can meet them is.
        """
        order, out, lost = uniform(z.shape, generator), z.copy(), np.arange(len(z))
        most = np.array([rule.count for rule in self.at_most])
        count = np.full((len(z), len(most)), -1)
        while len(lost) and (count[lost] < most).any():
            own = count[lost] + 1
            draw = uniform(own.shape, generator)
            count[lost] = np.minimum(own + np.floor(draw * (most + 1 - own)), most)
            box = self._own_box(z[lost], self._presence.with_few(order[lost], count[lost]))
            assert box is not None
            out[lost] = self._rounding(z[lost], box)
            # Where levels leave nothing within these bounds others are taken, always the same.
            outside = ((out[lost] < box[0] - TOLERANCE) | (out[lost] > box[1] + TOLERANCE)).any(1)
            lost = lost[outside | ~self.meets(out[lost])]
        out[lost] = self.rounded(z[lost], order[lost])
        return out

    def raw(self, z: np.ndarray) -> np.ndarray:
        """The raw values of points that are on their levels but for rounding, (n, numbers)."""
        return self.layout.snap(self.layout.unscaled(unstandardised(z, self.mean, self.std)))

    def find_anchors(self, z: np.ndarray) -> np.ndarray:
        """Points that meet the constraints: of a table's (N, numbers), else made of them.

        Raises:
            InputError: none was found.
        """
        if not self.constraints and not self.at_most:
            return z[:0].copy()  # a view would keep the table
        fits = self._fitting(np.concatenate([z[:DRAWS], self.box.mean(0, keepdims=True)]))
        if not len(fits):
            fits = self._fitting(self._scattered())
        if not len(fits):
            told = "; ".join(str(c) for c in (*self.constraints, *self.at_most))
            raise InputError(
                f"Space: no design was found that meets bounds, levels and constraints ({told}). "
                "Widen one of them."
            )
        return fits[:ANCHORS]

    def _fitting(self, z: np.ndarray) -> np.ndarray:
        """Points made of (n, numbers), those that meet the constraints."""
        made = self._rounding(z, self._own_box(z))
        return made[self.meets(made)]

    def _scattered(self) -> np.ndarray:
        """Random points of the box, many or few parts of which are present, (n, numbers)."""
        rng, shape = np.random.default_rng(0), (DRAWS, len(self._place))
        low, high = self.box
        z = rng.uniform(low, high, shape)
        if self.at_most:
            at = self._presence.coordinates
            absent = rng.random(shape) < rng.random((DRAWS, 1))
            z[:, at] = np.where(absent[:, at], self._presence.zero[at], z[:, at])
        return z

    def _own_box(self, z: np.ndarray, order: np.ndarray | None = None) -> np.ndarray | None:
        """Bounds of each point (2, n, numbers) where parts are present or not; None without."""
        if not self.at_most:
            return None
        return self._presence.box(z, self.polytope.box, self.std, order)

    def _anchor_(self, out: np.ndarray, z: np.ndarray) -> None:
        """Puts the nearest known point that meets the constraints where ``out`` does not."""
        lost = np.flatnonzero(~self.meets(out))
        if len(lost):
            assert self.anchors is not None
            apart = ((z[lost, None] - self.anchors) ** 2).sum(2)
            out[lost] = self.anchors[apart.argmin(1)]
