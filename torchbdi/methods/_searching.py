"""The settings of methods that search, and what they say of what they found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..batch import fill_by_distance
from ..search import Found, Objective, Reach, SearchOptions, maximise
from ..search.engine import planned_rounds
from ._kept import Kept
from .base import Method, Run, setting

if TYPE_CHECKING:
    from ..data import OfflineData
    from ..space import Space

POOL = 16  # designs searched for each one proposed, where proposals are to be spread
NEAR = 0.1  # standard deviations (root of the mean square) below which numbers are one place


@dataclass(frozen=True)
class Searching(Method):
    """A method that maximises a function over the space of designs."""

    enumerate: int = setting(1_000_000, at_least=0)
    """Spaces without numbers and with at most so many designs are gone through completely.

    Ours: where that is possible nothing else is better.
    """
    width: int = setting(128, at_least=1)
    """Designs that a beam over changes of sites goes on from.

    Ours, as many as the paper proposes.
    """
    rounds: int = setting(50, at_least=1)
    """Rounds of a beam, or alternations between sites and numbers; it ends when nothing changes.

    Ours.
    """
    pairs: int = setting(64, at_least=0)
    """Best changes of one site of every design that are combined to changes of two; 0 for none.

    Ours.
    """
    restarts: int = setting(2, at_least=0)
    """Further beams, from random designs.

    Ours.
    """
    starts: int = setting(256, at_least=1)
    """Points that the ascent of numbers begins from, half of them the best rows.

    Ours.
    """
    ascent_steps: int = setting(200, at_least=1)
    """Steps of an ascent.

    Ours, as many as the paper's T.
    """
    budget: int | None = setting(None, at_least=1)
    """Evaluations after which a search begins nothing new; None for no such limit. An enumeration
    goes through all designs.

    Ours.
    """

    distance: float = setting(0.0, at_least=0.0, since=0.0)
    """Least distance of two proposals, the root of the mean squared difference of their features,
    in standard deviations. Out of 16 designs for each one wanted the best are taken that keep it,
    then the best ones left.

    Ours: 0, the best whatever they have in common.
    """

    def options(self) -> SearchOptions:
        """The limits as the search takes them."""
        return SearchOptions(
            enumerate=self.enumerate,
            width=self.width,
            rounds=self.rounds,
            pairs=self.pairs,
            restarts=self.restarts,
            starts=self.starts,
            steps=self.ascent_steps,
            budget=self.budget,
        )

    def search(
        self,
        objective: Objective,
        data: OfflineData,
        n: int,
        run: Run,
        least: int | None = None,
        reach: Reach | None = None,
    ) -> Found:
        """The n designs of largest value, from the best rows and random ones; see maximise."""
        options = self.options()
        begin = data.x[data.best(max(self.width, self.starts // 2))]
        told = 0  # rounds; a resumed search tells first of those that were done before
        with run.progress(planned_rounds(data.space, options, n, reach), "rounds") as bar:

            def after(step: int, best: float) -> None:
                nonlocal told
                run.log(step, **{"search/best": best})
                bar.update(step - told)
                told = step

            return maximise(
                objective,
                data.space,
                n,
                least=least,
                starts=begin,
                reach=reach,
                options=options,
                seed=run.seed,
                folder=run.folder,
                of=Kept(run, self, data, n).of,
                after=after,
            )

    def spread_search(
        self, objective: Objective, data: OfflineData, n: int, run: Run, reach: Reach | None = None
    ) -> tuple[Found, int]:
        """The n designs of largest value that keep the least distance, and how many do."""
        count = POOL * n if self.distance else n
        found = self.search(objective, data, count, run, n, reach)
        if not self.distance:
            return found, n
        at, kept = fill_by_distance(found.x, n, self.distance)
        return replace(found, x=found.x[at], value=found.value[at]), kept


def facts_of_search(found: Found, space: Space, x: Tensor) -> dict[str, float | int | str]:
    """What the metrics say of a search and of the spread of what is proposed."""
    clusters, distance = spread(space, x)
    return {
        "search_way": found.way,
        "search_evaluations": found.evaluations,
        "search_complete": int(found.complete),
        "clusters": clusters,
        "mean_distance": distance,
    }


def spread(space: Space, x: Tensor) -> tuple[int, float]:
    """How many places designs (n, D) lie in, and how far apart they are.

    Two designs lie in one place where they differ in one class or level at most and, in numbers,
    by less than 0.1 standard deviations; and so do those that a chain of such pairs joins.

    Returns:
        The number of places; and the mean over all pairs of the root of the mean squared
        difference of features, in standard deviations.
    """
    raw = torch.from_numpy(space.decode(x)).double()
    plain = torch.tensor([kind == "number" for kind in space.kinds])
    differ = torch.cdist(raw[:, ~plain], raw[:, ~plain], p=0.0)
    own = x[:, torch.from_numpy(space.layout.starts[:-1])[plain]]
    numbers = torch.cdist(own, own) / max(1, own.shape[1]) ** 0.5
    near = (differ <= 1) & (numbers < NEAR)
    label = torch.arange(len(x))
    while True:
        lowest = torch.where(near, label, len(x)).amin(1)
        if torch.equal(lowest, label):
            break
        label = lowest
    if len(x) < 2:
        return len(x), 0.0
    apart = torch.pdist(x) / x.shape[1] ** 0.5
    return len(label.unique()), float(apart.mean())
