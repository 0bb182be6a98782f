"""A beam over changes of one site, then of two."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .objective import Counted
from .options import SearchOptions
from .pool import Pool
from .sites import Sites

CHANGES_AT_ONCE = 1 << 17
CANDIDATES = 1 << 14  # changes of a round that are handed to the pool, the best ones
MANY = 64  # levels of all sites together above which several sites are changed at once, too


def beam(
    f: Counted,
    sites: Sites,
    pool: Pool,
    width: int,
    options: SearchOptions,
    begun: tuple[int, int],
    after: Callable[[int, int], None],
) -> None:
    """Goes on from the best ``width`` designs of a pool until no change of a site makes it better.

    Each round changes every site of every design that was not yet gone through; where designs have
    many levels the best changes of 2, 4, 8, ... sites of a design are made together, too, since
    one at a time would take as many rounds as there are sites. Then the best changes of one site
    are combined to changes of two, and what that finds is gone through again.

    Args:
        f: what is maximised.
        sites: of the space.
        pool: of designs; those that are ``done`` are not gone through again. It receives the
            better ones.
        width: of the beam.
        options: limits.
        begun: how often changes of two were tried before a resume, and how many rounds came after
            the last time; more often than there are pair rounds where the beam is over.
        after: called after every round, when the pool is whole, with these two numbers.
    """
    paired, rounds = begun
    for times in range(paired, options.pair_rounds + 1):
        for done in range(rounds if times == paired else 0, options.rounds):
            at = (~pool.done[:width]).nonzero().flatten()
            if not len(at) or f.spent:
                break
            x, key = pool.x[at], pool.key[at]
            pool.done[at] = True
            _change_one(f, sites, pool, x, key)
            after(times, done + 1)
        if times == options.pair_rounds or not options.pairs or f.spent or len(sites) < 2:
            return
        before = pool.key[:width].clone()
        _change_two(f, sites, pool, pool.x[:width], options.pairs)
        over = torch.equal(before, pool.key[:width])
        after(options.pair_rounds + 1 if over else times + 1, 0)
        if over:
            return


def _change_one(f: Counted, sites: Sites, pool: Pool, x: Tensor, key: Tensor) -> None:
    step = max(1, CHANGES_AT_ONCE // sites.levels)
    for part in torch.arange(len(x)).split(step):
        codes = sites.codes(x[part])
        value = f.changes(x[part], codes, sites)
        old = (codes + sites.offset)[:, sites.site]
        own = value.gather(1, old[:, :1])[:, 0]
        value[old == torch.arange(sites.levels)] = -torch.inf  # the design itself
        keys = key[part, None] - sites.codeword[old] + sites.codeword
        b, a = best_changes(value, pool.worst)
        made = x[part[b]].clone()
        for site in sites.site[a].unique().tolist():
            at = sites.site[a] == site
            where, table = sites.parts[site]
            made[at, where] = table[sites.level[a[at]]]
        pool.add(made, value[b, a], keys[b, a])
        if sites.levels > MANY and not f.spent:
            _change_several(f, sites, pool, x[part], codes, value, own)


def _change_several(
    f: Counted, sites: Sites, pool: Pool, x: Tensor, codes: Tensor, value: Tensor, own: Tensor
) -> None:
    """Makes the best changes of 2, 4, 8, ... sites of each design together.

    Args:
        f: what is maximised.
        sites: of the space.
        pool: receives what is better.
        x: designs, (B, D).
        codes: their levels, (B, S).
        value: of their changes of one site, (B, A); -inf for the levels that they have.
        own: values of the designs, (B,).
    """
    # Of every site the level that is best, and what it gives: (B, S).
    best = torch.full(codes.shape, -torch.inf, dtype=value.dtype)
    best.scatter_reduce_(1, sites.site.expand_as(value), value, "amax")
    is_best = (value == best[:, sites.site]).long() * (sites.levels - sites.level)
    first = torch.zeros_like(codes).scatter_reduce_(1, sites.site.expand_as(value), is_best, "amax")
    level = sites.levels - first
    order = best.argsort(dim=1, descending=True, stable=True)
    better = (best > own[:, None]).sum(1)
    made = []
    for power in range(1, int(better.max()).bit_length()):
        count = 1 << power
        at = (better >= count).nonzero()[:, 0]
        many, chosen = codes[at], order[at, :count]
        made.append((at, many.scatter(1, chosen, level[at].gather(1, chosen))))
    if made:
        at, many = (torch.cat(parts) for parts in zip(*made, strict=True))
        designs = sites.put(x[at], many)
        pool.add(designs, f(designs), sites.keys(many))


def _change_two(f: Counted, sites: Sites, pool: Pool, x: Tensor, pairs: int) -> None:
    for row in x:
        if f.spent:
            return
        codes = sites.codes(row[None])
        value = f.changes(row[None], codes, sites)[0]
        own = (codes[0] + sites.offset)[sites.site] == torch.arange(sites.levels)
        value[own] = -torch.inf
        best = torch.argsort(value, descending=True, stable=True)[:pairs]
        best = best[value[best] > -torch.inf]
        if not len(best):
            continue
        value, numbers = _of_two(f, sites, row, codes[0], best)
        first, second = torch.triu_indices(len(best), len(best), 1)
        apart = sites.site[best[first]] != sites.site[best[second]]
        first, second = first[apart], second[apart]
        found = value[first, torch.searchsorted(numbers, best[second])]
        at = best_changes(found[None], pool.worst)[1]
        first, second, rows = best[first[at]], best[second[at]], torch.arange(len(at))
        many = codes.repeat(len(at), 1)
        many[rows, sites.site[first]] = sites.level[first]
        many[rows, sites.site[second]] = sites.level[second]
        pool.add(sites.put(row, many), found[at], sites.keys(many))


def _of_two(
    f: Counted, sites: Sites, row: Tensor, codes: Tensor, best: Tensor
) -> tuple[Tensor, Tensor]:
    """Values of a design with one of its best changes and any other level among these.

    Args:
        f: what is maximised.
        sites: of the space.
        row: the design, (D,).
        codes: its levels, (S,).
        best: numbers of the levels that its best changes put in, (P,).

    Returns:
        Values (P, A') and the numbers of the A' levels, which ascend: the best ones, and those
        that the design has at their sites.
    """
    there = sites.site[best].unique()
    numbers = torch.cat([best, (codes + sites.offset)[there]]).unique()
    few = sites.some(numbers)
    place = torch.searchsorted(there, sites.site[best])  # among the sites that are left
    own = torch.searchsorted(numbers, (codes + sites.offset)[there]) - few.offset
    changed = own.repeat(len(best), 1)
    rows = torch.arange(len(best))
    changed[rows, place] = torch.searchsorted(numbers, best) - few.offset[place]
    return f.changes(few.put(row, changed), changed, few), numbers


def best_changes(value: Tensor, worst: float) -> tuple[Tensor, Tensor]:
    """Rows and columns of the values above ``worst``, at most CANDIDATES, the best ones."""
    flat = value.flatten()
    at = (flat > worst).nonzero().flatten()
    if len(at) > CANDIDATES:
        at = at[torch.argsort(flat[at], descending=True, stable=True)[:CANDIDATES]]
    return at // value.shape[1], at % value.shape[1]
