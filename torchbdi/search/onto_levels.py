"""Numbers with levels that are no sites: onto the levels, and from there uphill, one by one."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..space import Number, Space
from .context import Search
from .held import ascend_held
from .pool import best_different

MOVES_AT_ONCE = 1 << 14  # designs that are projected and evaluated together
FEW_STEPS = 3  # of free numbers, before it is chosen which designs climb


def onto_levels(
    s: Search,
    x: Tensor,
    value: Tensor,
    drawn: Tensor,
    free: Tensor,
    most: int = MOVES_AT_ONCE,
) -> tuple[Tensor, Tensor]:
    """Numbers with levels that are no sites: to their levels, then level by level uphill.

    Where a rule couples levels, what is best between them may lie far from what is best on them:
    then designs that ascents began from are looked at, too, and free numbers go uphill once more.

    Args:
        s: the search.
        x: standardised features, (n, D).
        value: theirs, (n,).
        drawn: random designs that ascents began from beside the given ones, (m, D).
        free: which features ascents moved, (D,) bool.
        most: at most so many moves are projected and evaluated together.

    Returns:
        Designs of the space and their values, in no order; none of the given starts is better
        than the best.
    """
    sites = {s.space.columns[i].name for i in s.sites.columns}
    left = [
        i
        for i, c in enumerate(s.space.columns)
        if isinstance(c, Number) and c.discrete and c.fixed is None and c.name not in sites
    ]
    if not left:
        return x, value
    held = torch.zeros_like(free)
    held[s.space.layout.starts[left]] = True
    free, count, x = free & ~held, len(x), s.within(x)
    if bool(free.any()) and not s.sites.coupled.isdisjoint(s.space.names[i] for i in left):
        x = torch.cat([x, s.starts, drawn])
        x, value = (v[:count] for v in best_different(s.space, x, s.f(x)))
        x, value = ascend_held(s, x, value, free, held, FEW_STEPS)
        x, value = (v[: s.n] for v in best_different(s.space, x, value))
        x, value = _climbed(s, x, value, left, most)
        return ascend_held(s, x, value, free, held, s.options.steps)
    value = s.f(x)
    order = torch.argsort(value, descending=True, stable=True)[: 2 * s.n]
    x, value = _climbed(s, x[order], value[order], left, most)
    given = s.f(s.starts)
    better = given > value.max()
    return torch.cat([x, s.starts[better]]), torch.cat([value, given[better]])


def _climbed(
    s: Search, x: Tensor, value: Tensor, left: list[int], most: int
) -> tuple[Tensor, Tensor]:
    """Designs (n, D) and their values after steps of the columns ``left`` to other levels."""
    # What does not rise once will not rise again: designs do not know of each other.
    live = torch.arange(len(x))
    many = 2 * len(left) * (1 + len(left) * bool(s.space.constraints))
    together = max(1, most // many)
    for _ in range(s.options.rounds):
        if not len(live) or s.f.spent:
            break
        risen = []
        for part in live.split(together):
            moves, whose = _moves(s.space, x[part], left)
            tried = s.f(moves)
            top = tried.new_full((len(part),), -torch.inf)
            top = top.scatter_reduce(0, whose, tried, "amax")
            # Of the moves of a design the first that is best.
            order = torch.where(tried == top[whose], torch.arange(len(tried)), len(tried))
            at = order.new_full((len(part),), len(tried)).scatter_reduce(0, whose, order, "amin")
            better = top > value[part]
            x[part[better]], value[part[better]] = moves[at[better]], top[better]
            risen.append(part[better])
        live = torch.cat(risen)
    return x, value


def _moves(space: Space, x: Tensor, columns: list[int]) -> tuple[Tensor, Tensor]:
    """Designs with one column a level up or down, or one up and another down.

    Two move together where a constraint couples them.

    Args:
        space: what they may be; they are projected into it.
        x: designs, (n, D).
        columns: numbers with levels.

    Returns:
        The moved designs (m, D), and which design each comes from, (m,) ascending.
    """
    raw = space.decode(x)
    coupled = {name for rule in space.constraints for name in rule.coefficients}
    both = [space.columns[i].name in coupled for i in range(len(space.columns))]
    grids = {i: _grid(space, i) for i in columns}
    made: list[np.ndarray] = []
    whose: list[int] = []
    for b, own in enumerate(raw):
        steps = []
        for i, grid in grids.items():
            at = _place(grid, own[i])
            steps += [(i, grid[k], k > at) for k in (at - 1, at + 1) if 0 <= k < len(grid)]
        first = len(made)
        for j, (i, value, up) in enumerate(steps):
            one = own.copy()
            one[i] = value
            made.append(one)
            for other, level, higher in steps[j + 1 :]:
                if other != i and higher != up and both[i] and both[other]:
                    two = one.copy()
                    two[other] = level
                    made.append(two)
        if len(made) == first:
            made.append(own)
        whose += [b] * (len(made) - first)
    origin = torch.tensor(whose)
    moved = torch.where(space.logits, x[origin], space.encode(np.array(made)))
    return space.project(moved), origin


def _grid(space: Space, i: int) -> np.ndarray:
    column = space.columns[i]
    assert isinstance(column, Number)
    return column.grid()


def _place(grid: np.ndarray, value: float) -> int:
    """The level of an ascending grid that is nearest to a value."""
    at = int(np.searchsorted(grid, value))
    if at == len(grid) or (at > 0 and value - grid[at - 1] <= grid[at] - value):
        at -= 1
    return at
