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

    Each round changes every site of every design that was not yet gone through. Then the best
    changes of one site are combined to changes of two, and what that finds is gone through again.

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
        value[old == torch.arange(sites.levels)] = -torch.inf  # the design itself
        keys = key[part, None] - sites.codeword[old] + sites.codeword
        b, a = best_changes(value, pool.worst)
        made = x[part[b]].clone()
        for site in sites.site[a].unique().tolist():
            at = sites.site[a] == site
            where, table = sites.parts[site]
            made[at, where] = table[sites.level[a[at]]]
        pool.add(made, value[b, a], keys[b, a])


def _change_two(f: Counted, sites: Sites, pool: Pool, x: Tensor, pairs: int) -> None:
    for row in x:
        if f.spent:
            return
        codes = sites.codes(row[None])
        value = f.changes(row[None], codes, sites)[0]
        own = (codes[0] + sites.offset)[sites.site] == torch.arange(sites.levels)
        value[own] = -torch.inf
        best = torch.argsort(value, descending=True, stable=True)[:pairs]
        first, second = torch.triu_indices(len(best), len(best), 1)
        first, second = best[first], best[second]
        apart = sites.site[first] != sites.site[second]
        first, second = first[apart], second[apart]
        many = codes.repeat(len(first), 1)
        rows = torch.arange(len(first))
        many[rows, sites.site[first]] = sites.level[first]
        many[rows, sites.site[second]] = sites.level[second]
        made = sites.put(row, many)
        pool.add(made, f(made), sites.keys(many))


def best_changes(value: Tensor, worst: float) -> tuple[Tensor, Tensor]:
    """Rows and columns of the values above ``worst``, at most CANDIDATES, the best ones."""
    flat = value.flatten()
    at = (flat > worst).nonzero().flatten()
    if len(at) > CANDIDATES:
        at = at[torch.argsort(flat[at], descending=True, stable=True)[:CANDIDATES]]
    return at // value.shape[1], at % value.shape[1]
