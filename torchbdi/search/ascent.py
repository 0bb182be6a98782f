"""Many numbers at once, uphill within bounds and linear constraints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..space import Space
from .objective import Counted
from .reach import Reach

ASCENTS_AT_ONCE = 64  # in one batch, between two writes of a state
MEMORY = 5  # the last values that a step may fall below
CUTS = 12  # of a step to a quarter of it, before it is given up
FIRST = 0.1  # length of the first step, in standard deviations
STILL = 1e-9  # the projected gradient's step, in standard deviations, that counts as none


def ascend(
    f: Counted,
    space: Space,
    x: Tensor,
    free: Tensor,
    steps: int,
    reach: Reach | None = None,
    box: np.ndarray | None = None,
) -> tuple[Tensor, Tensor]:
    """Spectral projected gradient (Birgin, Martinez & Raydan 2000), each design for itself.

    The step length is that of Barzilai and Borwein; a line search on the way to the projection,
    which may fall below the last value but not below the worst of the last five, makes it safe.
    Where a space says how many parts may be present no value falls.

    Args:
        f: what is maximised.
        space: its bounds and constraints hold at every step; levels do not.
        x: starts within them, (n, D).
        free: which features move, (D,) bool.
        steps: at most so many.
        reach: where designs stay; the starts are there.
        box: bounds of each start's own, see :meth:`Space.holding`; None for those of the space.

    Returns:
        The best design that each start came to, (n, D), and its value (n,).
    """
    x = x.clone()
    if not len(x):
        return x, x.new_zeros(0)
    value, slope = f.gradient(x)
    best, best_x = value.clone(), x.clone()
    slope = torch.where(free, slope, 0).nan_to_num(0, 0, 0)
    rate = FIRST / slope.abs().amax(1).clamp_min(1e-300)
    last = value[:, None].repeat(1, MEMORY)
    live = torch.arange(len(x))
    room, bent = _Room(space, free, reach), box is None and bool(space.at_most)
    for step in range(steps):
        if not len(live) or f.spent:
            break
        uphill = rate[live, None] * slope[live]
        own = None if box is None else box[:, live.numpy()]
        d = room.nearest(x[live] + uphill, x[live], own) - x[live]
        moving = d.abs().amax(1) > STILL
        live, d, uphill = live[moving], d[moving], uphill[moving]
        if not len(live):
            break
        moved, new_value, new_slope, good = _line_search(
            f,
            x[live],
            _Bent(room, x[live], uphill) if bent else _Straight(d),
            slope[live],
            # A fall may be one to worse parts, from which there is no way back.
            value[live] if bent else last[live].amin(1),
        )
        live, moved, new_value = live[good], moved[good], new_value[good]
        new_slope = torch.where(free, new_slope[good], 0).nan_to_num(0, 0, 0)
        curved = -(moved * (new_slope - slope[live])).sum(1)
        size = (moved * moved).sum(1)
        rate[live] = torch.where(
            curved > 0, size / curved.clamp_min(1e-300), 10 * rate[live]
        ).clamp(1e-12, 1e12)
        x[live] += moved
        slope[live], value[live] = new_slope, new_value
        last[live, step % MEMORY] = new_value
        better = new_value > best[live]
        best[live[better]], best_x[live[better]] = new_value[better], x[live[better]]
    return best_x, best


@dataclass(frozen=True)
class _Room:
    """Where designs may go.

    Attributes:
        space: its bounds and constraints.
        free: which features move, (D,) bool.
        reach: where designs stay; None for everywhere in the space.
    """

    space: Space
    free: Tensor
    reach: Reach | None

    def nearest(self, x: Tensor, before: Tensor, box: np.ndarray | None = None) -> Tensor:
        """The nearest designs that may be, (n, D).

        Args:
            x: designs, (n, D).
            before: where they come from, (n, D), there already.
            box: bounds of each design's own; None for those of the space.
        """
        if box is not None:
            x = torch.where(self.free, self.space.beside(x, box), before)
            return x if self.reach is None else self.reach.shortened(x, before, self.space)
        x = torch.where(self.free, self.space.project(x, relax=True), before)
        if self.reach is None:
            return x
        return torch.where(self.free, self.reach.pulled(x, self.space), before)


class _Straight:
    """Ways d, (m, D), to where designs are projected: what is between lies in a convex space."""

    def __init__(self, d: Tensor):
        self.d = d

    def __call__(self, share: Tensor, at: Tensor) -> Tensor:
        """Some of the ways, a share (k,) of each: (k, D)."""
        return share[:, None] * self.d[at]


class _Bent:
    """Ways uphill that are projected at every length.

    Between designs of different parts lie designs of all of these parts, which are too many where
    a space says how many may be present. Short ways keep their parts.
    """

    def __init__(self, room: _Room, x: Tensor, uphill: Tensor):
        self.room, self.x, self.uphill = room, x, uphill

    def __call__(self, share: Tensor, at: Tensor) -> Tensor:
        """See :class:`_Straight`."""
        x = self.x[at]
        return self.room.nearest(x + share[:, None] * self.uphill[at], x) - x


def _line_search(
    f: Counted, x: Tensor, way: _Straight | _Bent, slope: Tensor, floor: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """How far each way is gone: the first share of 1, 1/4, 1/16, ... that rises enough.

    Args:
        f: what is maximised.
        x: where the designs are, (m, D).
        way: their ways.
        slope: theirs where they are, (m, D).
        floor: what a value may not fall below but for a share of the rise, (m,).

    Returns:
        The moves (m, D), values (m,) and slopes (m, D) there, and which do rise, (m,) bool: what
        rises at no length has come to a kink.
    """
    share = torch.ones(len(x), dtype=x.dtype)
    moved, value, new = torch.empty_like(x), torch.empty_like(floor), torch.empty_like(x)
    todo = torch.arange(len(x))
    for _ in range(CUTS):
        moved[todo] = way(share[todo], todo)
        v, g = f.gradient(x[todo] + moved[todo])
        value[todo], new[todo] = v, g
        rise = (slope[todo] * moved[todo]).sum(1)
        todo = todo[~(v >= floor[todo] + 1e-4 * rise)]
        if not len(todo):
            break
        share[todo] /= 4
    rises = torch.ones(len(x), dtype=torch.bool)
    rises[todo] = False
    return moved, value, new, rises
