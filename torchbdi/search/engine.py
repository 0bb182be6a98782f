"""The search: which ways a space asks for, one after the other, and the n designs in the end."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..inputs import as_float64, ordinary_mode
from ..kernels.errors import InputError
from ..space import Space
from ..values import instance, path_of, told, whole
from .ascent import ASCENTS_AT_ONCE
from .beam import beam
from .context import After, FewDesignsError, Search
from .enumeration import batches, enumerate_all
from .listing import Listing, every_design
from .numbers import search_numbers
from .objective import Objective
from .options import SearchOptions
from .pool import Pool
from .reach import Reach
from .sites import Sites


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found.

    Attributes:
        x: different designs, (n, D), the best first.
        value: their values, (n,).
        way: "enumeration", "beam", "ascent" or "alternation".
        evaluations: how many designs were evaluated, each as often as it was met.
        complete: whether every design of the space was.
    """

    x: Tensor
    value: Tensor
    way: str
    evaluations: int
    complete: bool


@ordinary_mode()
def maximise(
    objective: Objective,
    space: Space,
    n: int,
    *,
    least: int | None = None,
    starts: Tensor | None = None,
    reach: Reach | None = None,
    options: SearchOptions | None = None,
    seed: int = 0,
    folder: Path | str | None = None,
    of: str = "",
    after: After | None = None,
) -> Found:
    """The n best different designs of a space that a search finds.

    A space of levels alone is enumerated where it is small, else searched by beams over changes of
    one site and of two; numbers go uphill from many starts; where there are both they alternate.
    Levels that a constraint couples (``space.constraints``, ``space.at_most``), and those of a
    column that has more than 256, are numbers in a space that is too large to be enumerated: they
    go uphill, and from there level by level; numbers without levels beside coupled ones go uphill
    once more. The best designs, those behind the first above all, may be missed then; so they may
    where ``space.at_most`` says how many parts are present.

    Args:
        objective: what is maximised. Where it has a method ``pairs`` (see
            :func:`.objective.pairs_of`), designs that share their parts are asked for by it.
        space: what a design may be. Numbers without bounds stay within those of the table.
        n: how many.
        least: how many there must be at least, where fewer than n will do; None for n.
        starts: designs to begin from beside random ones, (m, D), the best first; they are
            projected into the space.
        reach: where designs may be, numbers but for a step to a level; None for everywhere in the
            space. Where it limits sites, or the levels above, nothing is enumerated.
        options: limits; None for the defaults.
        seed: of the draws.
        folder: where the state is kept from which a killed search goes on; it must exist. None
            keeps none.
        of: what tells the objective from others: a state of another one is not gone on from. Where
            it is empty the caller sees to it that a folder is one objective's own.
        after: told of every round.

    Returns:
        What was found. Twice the same call gives twice the same.

    Raises:
        InputError: the space has fewer designs than there must be, an argument is something else,
            or the objective gives no tensor (n,) of real numbers, none with a gradient where the
            space has numbers, or changes the designs in place.
        FewDesignsError: it is one, too; the objective is not finite at so many, or ``reach`` leaves
            fewer.
        OSError: the folder is not there, or cannot be written.
    """
    n = whole("maximise", "n", n, 1)
    least = n if least is None else whole("maximise", "least", least, 0, n)
    seed = whole("maximise", "seed", seed, 0)
    options = SearchOptions() if options is None else options
    if isinstance(objective, type) or not callable(objective):
        raise InputError(f"maximise: objective must be a function, got {told(objective)}.")
    instance("maximise", "space", space, Space, "a torchbdi.Space")
    instance("maximise", "options", options, SearchOptions, "SearchOptions")
    if reach is not None:
        instance("maximise", "reach", reach, Reach, "a Reach")
    starts = None if starts is None else as_float64("starts", starts)
    folder = None if folder is None else path_of("maximise", "folder", folder)
    if folder is not None and not folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, "the folder is not there: make it first", str(folder))
    search = Search(objective, space, n, starts, options, seed, folder, after, reach, of)
    every = _every(search.space, search.sites, options, n, reach)
    if every is None and not search.sites.whole:
        x, value = search_numbers(search, least)
        way = "alternation" if len(search.sites) else "ascent"
        return Found(x, value, way, search.f.evaluations, False)
    count = search.sites.count if every is None else len(every)
    if count < least:
        raise InputError(
            f"maximise: n = {least}, and the space has {count} designs. Ask for fewer."
        )
    complete = options.goes_through(count, n) and search.f.mutants is None
    pool = _enumerate(search, every) if complete else _beams(search)
    if len(pool) < least:
        near = "" if search.f.mutants is None else " within the largest number of sites"
        more = " or raise that number" if near else ""
        if search.f.spent and not complete:
            near += f" of those met within the budget of {options.budget} evaluations"
            more += " or raise the budget"
        raise FewDesignsError(
            f"maximise: the objective is finite at {len(pool)} designs only{near}, and "
            f"n = {least}. Ask for fewer{more}."
        )
    way = "enumeration" if complete else "beam"
    return Found(pool.x[:n], pool.value[:n], way, search.f.evaluations, complete)


def planned_rounds(space: Space, options: SearchOptions, n: int, reach: Reach | None = None) -> int:
    """How many rounds :func:`maximise` will tell of at most, for a progress bar."""
    sites = Sites(space)
    every = _every(space, sites, options, n, reach)
    if every is not None:
        return every.batches
    if not sites.whole and not len(sites):
        return -(-max(options.starts, 2 * n) // ASCENTS_AT_ONCE)
    if not sites.whole:
        return options.rounds
    limited = reach is not None and reach.sites is not None
    if options.goes_through(sites.count, n) and not limited:
        return batches(sites)
    return (options.rounds + 1) * (options.pair_rounds + 1) * (options.restarts + 1)


def _every(
    space: Space, sites: Sites, options: SearchOptions, n: int, reach: Reach | None
) -> Listing | None:
    """All designs of a small space that has levels which are no sites; None for another."""
    if sites.whole or reach is not None:
        return None
    return every_design(space, options.most_listed(n))


def _enumerate(s: Search, every: Listing | None) -> Pool:
    """The best of all sets of levels of the sites, or of all designs that are listed."""
    state = s.state if every is None else s.state.of("listed")
    pool, begun = Pool(s.n, s.space.width), state.load()
    if begun:
        pool.load(begun["pool"])
        s.f.evaluations, s.rounds = begun["evaluations"], begun.get("rounds", 0)

    def after(done: int) -> None:
        s.tell(float(pool.value[0]) if len(pool) else -torch.inf)
        state.save(pool=pool.state(), done=done, evaluations=s.f.evaluations, rounds=s.rounds)

    done = begun.get("done", 0)
    if every is None:
        base = s.space.sample(1, s.generator(0))[0]
        enumerate_all(s.f, s.sites, base, pool, done, after)
    else:
        every.evaluate(s.f, pool, done, after)
    return pool


def _beams(s: Search) -> Pool:
    """One beam from the starts, then some from random designs alone."""
    width = s.options.width
    pool, begun = Pool(max(width, s.n), s.space.width), s.state.load()
    first = 0
    if begun:
        pool.load(begun["pool"])
        s.f.evaluations, s.rounds, first = begun["evaluations"], begun["rounds"], begun["stage"]
    for stage in range(first, s.options.restarts + 1):
        if s.f.spent and stage:
            break
        size = width if stage == 0 else -(-width // 2)
        own = pool if stage == 0 else Pool(max(size, s.n), s.space.width)
        if begun and begun["own"] is not None and stage == first:
            own.load(begun["own"])
        elif not (begun and stage == first):
            x = s.drawn(size, s.generator(stage))
            x = torch.cat([s.starts, x]) if stage == 0 else x
            own.add(x, s.f(x), s.sites.keys(s.sites.codes(x)))

        def after(paired: int, done: int, *, stage: int = stage, own: Pool = own) -> None:
            s.tell(max(float(p.value[0]) if len(p) else -torch.inf for p in (pool, own)))
            s.state.save(
                pool=pool.state(),
                own=None if own is pool else own.state(),
                stage=stage,
                paired=paired,
                done=done,
                evaluations=s.f.evaluations,
                rounds=s.rounds,
            )

        there = begun if stage == first else {}
        stood = there.get("paired", 0), there.get("done", 0)
        beam(s.f, s.sites, own, size, s.options, stood, after)
        if own is not pool:
            pool.add(own.x, own.value, own.key)
    return pool
