"""New designs to choose among: all of a small space, else samples, neighbours and ascents."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import torch
from torch import Tensor

from ...network import seeded
from ...search import Found, Objective, Reach, maximise
from ...search.listing import size
from ...search.mutants import Mutants, tested
from ...search.sites import Sites
from ...space import Space
from ..columns.different import Different
from ..columns.nothing import Absent
from ..columns.padded import Padded, padded_sites, with_padding
from . import effort
from .absence import with_absent
from .different import are_different, with_different
from .neighbours import neighbours
from .novelty import new
from .seen import with_seen_letters

# Candidates that the posterior is asked about, beside those that a search finds.
SAMPLES, NEIGHBOURS = 3000, 4000
# Known designs, the best ones, that neighbours are made of.
PARENTS = 64
# Ends of ascents, the best ones, that as many neighbours are made of.
ENDS = 64
# Designs that a search keeps where it has to stay near to known sites.
MUTANTS = 1024


@dataclass(frozen=True)
class Candidates:
    """New designs of a space.

    Attributes:
        x: standardised features, without the scales of a model, (P, D).
        unseen: how many new designs the space has that was searched, where that is known.
        sites: at how many sites they differ from the nearest known design at most; None where that
            is not limited.
        around: which of them were made around the ends of ascents, (P,) bool; None where all
            columns have levels, and for rows of a table.
    """

    x: Tensor
    unseen: int | None
    sites: int | None = None
    around: Tensor | None = None


def candidates(
    objective: Objective,
    space: Space,
    scale: Tensor,
    known: Tensor,
    best: Tensor,
    n: int,
    seed: int,
    folder: Path | None = None,
    after: Callable[[int, float], None] | None = None,
    inside: Tensor | None = None,
    absent: Sequence[Absent] = (),
    different: Sequence[Different] = (),
    tried: Tensor | None = None,
) -> Candidates:
    """Makes candidates, none of them known.

    Letters of sequences stand where some known design has them, if that leaves n new designs.

    Args:
        objective: what is predicted of designs, of scaled features.
        space: what a design may be, with features that are scaled.
        scale: of each feature, (D,).
        known: standardised features of all known designs, (N, D).
        best: those of the best of them, the best first, (B, D).
        n: how many designs will be chosen.
        seed: of the draws.
        folder: keeps the state of the ascents.
        after: is told of their rounds.
        inside: which of the known designs can lie in the space, (N,) bool; None for all. There can
            be thousands of spaces, with few known designs in each.
        absent: names for nothing with amounts that are 0, which all candidates keep together.
        different: columns that are never the same, which they keep apart.
        tried: those of designs that failed or wait, standardised, (T, D); None for none. They are
            no candidates, and have no other part: they start nothing, and widen no limit.
    """
    tried = known[:0] if tried is None else tried
    inside = torch.ones(len(known), dtype=torch.bool) if inside is None else inside
    space = space.boxed()
    seen = with_seen_letters(space, known * scale)
    look = partial(maximise, objective, least=1, seed=seed, folder=folder, after=after)
    wanted = _Wanted(seen, scale, known, tried, n, seed, absent, different)
    made = _within(wanted, look, best, inside, 1 if seen is space else n)
    if seen is not space and len(made.x) < n:
        made = _within(dataclasses.replace(wanted, space=space), look, best, inside, 1)
    return made


@dataclass(frozen=True)
class _Wanted:
    """What :func:`candidates` is asked for, in its words."""

    space: Space
    scale: Tensor
    known: Tensor
    tried: Tensor
    n: int
    seed: int
    absent: Sequence[Absent]
    different: Sequence[Different]

    @cached_property
    def taken(self) -> Tensor:
        """What is no candidate: known designs, and those that were tried."""
        return torch.cat([self.known, self.tried])

    @cached_property
    def padded(self) -> list[Padded]:
        """The sites at which sequences are padded."""
        return padded_sites(self.space, self.known * self.scale)

    def mended(self, x: Tensor) -> Tensor:
        """Those of designs (P, D) that can be made, some of them changed for that."""
        return self.coupled(with_padding(x, self.space, self.padded))

    def coupled(self, x: Tensor) -> Tensor:
        """Those of designs (P, D) whose columns go together, some of them changed for that."""
        both = bool(self.absent and self.different)
        for _ in range(1 + both):  # a name that goes with an amount can be one that stands already
            x = with_absent(with_different(x, self.space, self.different), self.space, self.absent)
        return x[are_different(x, self.space, self.different)] if both else x

    def new(self, x: Tensor) -> Tensor:
        """Which of standardised designs (P, D) are new, their positions."""
        return new(x, self.taken, self.n, self.space)


def _within(
    wanted: _Wanted, look: Callable[..., Found], best: Tensor, inside: Tensor, least: int
) -> Candidates:
    """Makes candidates in the space that is wanted; none where too few of its designs are new.

    Args:
        wanted: what is asked for.
        look: searches a space.
        best: see :func:`candidates`.
        inside: see :func:`candidates`.
        least: new designs, counted where the space is small, below which nothing is searched.
    """
    space, known, scale = wanted.space, wanted.known, wanted.scale
    options = effort.options_for(space, len(known))
    starts = space.project(best[: max(wanted.n, PARENTS)] * scale)
    look = partial(look, space, starts=starts, options=options)
    count = size(space, options.most_listed(wanted.n))
    if count is None:
        return _drawn(wanted, look, Sites(space), starts)
    held = torch.cat([known[inside], wanted.tried])
    unseen = count - int(space.allowed(held * scale, 1e-6).sum())
    if unseen < least:
        return Candidates(known[:0], unseen)
    return _enumerated(wanted, look, count, unseen)


def _enumerated(wanted: _Wanted, look: Callable[..., Found], count: int, unseen: int) -> Candidates:
    """The new designs predicted highest of a small space, and some others.

    Args:
        wanted: what is asked for.
        look: searches the space for so many designs.
        count: how many designs it has.
        unseen: how many of them are new.
    """
    space, scale = wanted.space, wanted.scale
    found = look(min(count, max(effort.LEADING, 2 * wanted.n) + len(wanted.taken)))
    x = wanted.mended(found.x) / scale
    x = x[wanted.new(x)]
    if len(found.x) < count:
        more = wanted.mended(space.sample(SAMPLES, seeded(wanted.seed, 1)))
        x = torch.cat([x, more / scale])
        x = x[wanted.new(x)]
    if (
        wanted.padded or wanted.absent or wanted.different
    ):  # which of all can be made is not counted
        return Candidates(x, None)
    return Candidates(x, unseen)


def _drawn(wanted: _Wanted, look: Callable[..., Found], sites: Sites, starts: Tensor) -> Candidates:
    """New designs of a space that is too large to go through: ends, neighbours and samples.

    Args:
        wanted: what is asked for.
        look: searches the space for so many designs.
        sites: its letters and levels.
        starts: features of the best known designs in it, (S, D).
    """
    space, scale = wanted.space, wanted.scale
    own = space.project(wanted.known * scale)
    mutants = Mutants(sites, own) if sites.whole else None
    most = None if mutants is None else tested(mutants, own)
    reach = None if most is None else Reach(own, sites=most, mutants=mutants)
    found = look(max(wanted.n, effort.OPTIONS.starts if reach is None else MUTANTS), reach=reach)
    # A beam's designs lie around its best ones already.
    ends = wanted.coupled(found.x[: 0 if sites.whole else ENDS])
    pool = [_near(wanted.mended(found.x), reach)]
    around = [torch.zeros(len(pool[0]), dtype=torch.bool)]
    for attempt in range(8):
        draws = seeded(wanted.seed, 2 + attempt)
        if attempt and reach is not None:
            reach = reach.wider()
        half = NEIGHBOURS // 2 if len(ends) else NEIGHBOURS
        near = neighbours(space, starts, half, draws)
        kinds = [(False, torch.cat([near, space.sample(SAMPLES, draws)]))]
        if len(ends):
            kinds.append((True, neighbours(space, ends, half, draws)))
        for at_ends, made in kinds:
            pool.append(_near(wanted.mended(made), reach))
            around.append(torch.full((len(pool[-1]),), at_ends))
        x = torch.cat(pool) / scale
        kept = wanted.new(x)
        if len(kept) >= wanted.n:
            break
    limit = None if reach is None or reach.sites is None else int(reach.sites[1])
    # A limit of all sites leaves their number open.
    most_sites = None if limit is None or limit >= len(sites) else limit
    made_around = None if sites.whole else torch.cat(around)[kept]
    return Candidates(x[kept], None, most_sites, made_around)


def _near(x: Tensor, reach: Reach | None) -> Tensor:
    """Those of designs (n, D) that a limit of sites leaves; all where there is none."""
    if reach is None or reach.mutants is None or reach.sites is None:
        return x
    return x[reach.mutants.within(*reach.sites).allow(x)]
