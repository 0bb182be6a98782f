"""Spaces with numbers: ascents from many starts, in turns with changes of sites where there are."""

from __future__ import annotations

import torch
from torch import Tensor

from .ascent import ASCENTS_AT_ONCE, ascend
from .beam import CHANGES_AT_ONCE, best_changes
from .context import FewDesignsError, Search
from .onto_levels import onto_levels
from .pool import Pool, best_different

INNER_STEPS = 20  # of numbers, between two changes of sites
FILLS = 200  # times that more designs are made where too few are different
FARTHEST = 10.0  # deviations around those found, from which on they are drawn anywhere


def search_numbers(s: Search, least: int) -> tuple[Tensor, Tensor]:
    """The n best different designs, (n, D), and their values, (n,); ``least`` where no more are."""
    count = max(s.options.starts, 2 * s.n)
    drawn = s.within(s.drawn(max(count - len(s.starts), -(-count // 2)), s.generator(0)))
    x = torch.cat([s.starts[: count - len(drawn)], drawn])
    free = ~s.space.logits
    free &= s.space.bounds[0] < s.space.bounds[1]
    for part, _ in s.sites.parts:
        free[part] = False
    begun = s.state.load()
    s.f.evaluations, s.rounds = begun.get("evaluations", 0), begun.get("rounds", 0)
    x, value = (_alternate if len(s.sites) else _ascents)(s, x, free, begun)
    if s.reach is not None:  # a line search cuts across from one row's surroundings to another's
        x = s.within(x)
        value = s.f(x)
    x, value = onto_levels(s, x, value, drawn, free)
    x, value = best_different(s.space, x, value)
    return _filled(s, x, value, least)


def _ascents(s: Search, x: Tensor, free: Tensor, begun: dict) -> tuple[Tensor, Tensor]:
    """All numbers go uphill, from each start for itself."""
    ends, value = begun.get("x", x[:0]), begun.get("value", torch.zeros(0, dtype=torch.float64))
    for first in range(len(ends), len(x), ASCENTS_AT_ONCE):
        part = x[first : first + ASCENTS_AT_ONCE]
        new_ends, new_value = ascend(s.f, s.space, part, free, s.options.steps, reach=s.reach)
        ends, value = torch.cat([ends, new_ends]), torch.cat([value, new_value])
        s.tell(float(value.max()))
        s.state.save(x=ends, value=value, evaluations=s.f.evaluations, rounds=s.rounds)
    return ends, value


def _alternate(s: Search, x: Tensor, free: Tensor, begun: dict) -> tuple[Tensor, Tensor]:
    """Numbers go a few steps, then one site changes, until no set of levels gets better."""
    pool = Pool(max(s.options.width, s.n), s.space.width)

    def climb(x: Tensor, steps: int) -> None:
        for part in x.split(ASCENTS_AT_ONCE):
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
        s.tell(float(pool.value[0]))
        s.state.save(pool=pool.state(), evaluations=s.f.evaluations, rounds=s.rounds)
    before = pool.x.clone()
    climb(before, s.options.steps)
    return torch.cat([pool.x, before]), torch.cat([pool.value, s.f(before)])


def _neighbours(s: Search, pool: Pool, x: Tensor) -> Tensor:
    """The best changes of one site to sets of levels that are new, numbers as they are, (m, D)."""
    sites, found = s.sites, Pool(pool.size, s.space.width)
    for part in x.split(max(1, CHANGES_AT_ONCE // sites.levels)):
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


def _filled(s: Search, x: Tensor, value: Tensor, least: int) -> tuple[Tensor, Tensor]:
    """Where ascents ended in fewer than n places: the best of what lies ever further around.

    Rules can leave the numbers few places for each set of levels of the sites, which stay; the
    other sets come last, by designs that are drawn.
    """
    generator, radius = s.generator(1), 1e-3
    for _ in range(FILLS):
        if len(x) >= s.n:
            return x[: s.n], value[: s.n]
        if not len(x):
            break
        if radius < FARTHEST:
            at = torch.arange(4 * s.n) % len(x)
            noise = torch.randn(len(at), x.shape[1], generator=generator, dtype=torch.float64)
            made = torch.where(s.space.logits, x[at], x[at] + radius * noise)
            radius *= 2
        else:
            made = s.drawn(4 * s.n, generator)
        made = s.within(made)
        x, value = best_different(s.space, torch.cat([x, made]), torch.cat([value, s.f(made)]))
    if len(x) >= least:
        return x, value
    raise FewDesignsError(
        f"maximise: found {len(x)} different designs, and n = {least}. The space has too few, or "
        "the objective is not finite."
    )
