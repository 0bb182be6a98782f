"""Spaces with numbers: ascents from many starts, in turns with changes of sites where there are."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..kernels.errors import InputError
from ..space import Number, Space
from .ascent import ascend
from .beam import best_changes
from .context import Search
from .pool import Pool

AT_ONCE = 64  # ascents in one batch, between two writes of the state
INNER_STEPS = 20  # of numbers, between two changes of sites
FILLS = 200
MOVES_AT_ONCE = 1 << 14  # designs that are projected and evaluated together


def search_numbers(s: Search, least: int) -> tuple[Tensor, Tensor]:
    """The n best different designs, (n, D), and their values, (n,); ``least`` where no more are."""
    count = max(s.options.starts, 2 * s.n)
    random = s.drawn(max(count - len(s.starts), -(-count // 2)), s.generator(0))
    x = torch.cat([s.starts[: count - len(random)], s.within(random)])
    free = ~s.space.logits
    free &= s.space.bounds[0] < s.space.bounds[1]
    for part, _ in s.sites.parts:
        free[part] = False
    begun = s.state.load()
    done = begun.get("x", x[:0]), begun.get("value", torch.zeros(0, dtype=torch.float64))
    s.f.evaluations, s.rounds = begun.get("evaluations", 0), begun.get("rounds", 0)
    if len(s.sites):
        x, value = _alternate(s, x, free, begun)
    else:
        for first in range(len(done[0]), len(x), AT_ONCE):
            new = ascend(
                s.f, s.space, x[first : first + AT_ONCE], free, s.options.steps, reach=s.reach
            )
            done = torch.cat([done[0], new[0]]), torch.cat([done[1], new[1]])
            s.state.save(x=done[0], value=done[1], evaluations=s.f.evaluations, rounds=s.rounds + 1)
            s.tell(float(done[1].max()))
        x, value = done
    if s.reach is not None:  # a line search cuts across from one row's surroundings to another's
        x = s.within(x)
        value = s.f(x)
    x, value = _onto_levels(s, x, value)
    x, value = _best_different(s.space, x, value)
    return _filled(s, x, value, least)


def _alternate(s: Search, x: Tensor, free: Tensor, begun: dict) -> tuple[Tensor, Tensor]:
    """Numbers go a few steps, then one site changes, until no set of levels gets better."""
    pool = Pool(max(s.options.width, s.n), s.space.width)

    def climb(x: Tensor, steps: int) -> None:
        for part in x.split(AT_ONCE):
            moved, value = ascend(s.f, s.space, part, free, steps, reach=s.reach)
            pool.add(moved, value, s.sites.keys(s.sites.codes(moved)))

    if begun:
        pool.load(begun["pool"])
    else:
        climb(x, INNER_STEPS)
    for _ in range(s.rounds, s.options.rounds):
        at = (~pool.done).nonzero().flatten()
        if not len(at) or s.f.spent:
            break
        pool.done[at] = True
        made = _neighbours(s, pool, pool.x[at])
        if len(made):
            climb(made, INNER_STEPS)
        s.state.save(pool=pool.state(), evaluations=s.f.evaluations, rounds=s.rounds + 1)
        s.tell(float(pool.value[0]))
    before = pool.x.clone()
    climb(before, s.options.steps)
    return torch.cat([pool.x, before]), torch.cat([pool.value, s.f(before)])


def _neighbours(s: Search, pool: Pool, x: Tensor) -> Tensor:
    """The best changes of one site to sets of levels that are new, numbers as they are, (m, D)."""
    sites, found = s.sites, Pool(pool.size, s.space.width)
    for part in x.split(max(1, (1 << 17) // sites.levels)):
        codes = sites.codes(part)
        value = s.f.changes(part, codes, sites)
        old = (codes + sites.offset)[:, sites.site]
        keys = sites.keys(codes)[:, None] - sites.codeword[old] + sites.codeword
        value[torch.isin(keys, pool.key)] = -torch.inf
        b, a = best_changes(value, found.worst)
        many = codes[b]
        many[torch.arange(len(b)), sites.site[a]] = sites.level[a]
        found.add(sites.put(part[b], many), value[b, a], keys[b, a])
    return found.x


def _onto_levels(
    s: Search, x: Tensor, value: Tensor, most: int = MOVES_AT_ONCE
) -> tuple[Tensor, Tensor]:
    """Numbers with levels that are no sites: to their levels, then level by level uphill.

    Args:
        s: the search.
        x: standardised features, (n, D).
        value: theirs, (n,).
        most: at most so many moves are projected and evaluated together.
    """
    coupled = {s.space.columns[i].name for i in s.sites.columns}
    left = [
        i
        for i, c in enumerate(s.space.columns)
        if isinstance(c, Number) and c.discrete and c.fixed is None and c.name not in coupled
    ]
    if not left:
        return x, value
    x = s.within(x)
    value = s.f(x)
    order = torch.argsort(value, descending=True, stable=True)[: 2 * s.n]
    x, value = x[order], value[order]
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


def _best_different(space: Space, x: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """Designs of finite value, the best first, each once."""
    order = torch.argsort(value, descending=True, stable=True)
    order = order[value[order] > -torch.inf]
    order = order[space.distinct(x[order])]
    return x[order], value[order]


def _filled(s: Search, x: Tensor, value: Tensor, least: int) -> tuple[Tensor, Tensor]:
    """Where ascents ended in fewer than n places: the best of what lies ever further around."""
    generator, radius = s.generator(1), 1e-3
    for _ in range(FILLS):
        if len(x) >= s.n:
            return x[: s.n], value[: s.n]
        if not len(x):
            break
        at = torch.arange(4 * s.n) % len(x)
        noise = torch.randn(len(at), x.shape[1], generator=generator, dtype=torch.float64)
        near = s.within(torch.where(s.space.logits, x[at], x[at] + radius * noise))
        new = s.f(near)
        x, value = _best_different(s.space, torch.cat([x, near]), torch.cat([value, new]))
        radius = min(2 * radius, 10.0)
    if len(x) >= least:
        return x, value
    raise InputError(
        f"maximise: found {len(x)} different designs, and n = {least}. The space has too few, or "
        "the objective is not finite."
    )
