"""A kernel chosen on the table, and a search for what its regression thinks best of."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

import torch
from torch import Tensor

from ..batch import fill_by_improvement
from ..committee import Fitted
from ..data import OfflineData
from ..network import seeded
from ..search import FewDesignsError, Found, Objective, Reach
from ..search.mutants import Mutants, tested
from ..search.sites import Sites
from ..selection import with_constant
from ._backtest import Split, backtest, split, tested_distance
from ._regression import facts_of
from ._searching import POOL, Searching, facts_of_search
from ._tuned import Tuned, facts_of_choice
from .base import Result, Run, setting

WIDENED = 8  # searches, each with a wider limit of sites, at most
CAUTION_ROWS = 1000  # of which a standard deviation is computed at every design of a search
Way: TypeAlias = Callable[[Fitted], Objective]


@dataclass(frozen=True)
class KernelSearch(Tuned, Searching):
    """Kernel ridge regressions tuned on the table, and the designs that they predict highest.

    Kernel, depth, constant feature and ridge are those of least leave-one-out error. Up to three
    kernels whose errors cannot be told apart are averaged: they agree among the table's designs,
    and where they differ far from them nothing says which is right. What holds the search is
    decided by a backtest. No true function has a part in it. What is given is not chosen.
    """

    revision: ClassVar[int] = 4
    fidelity = "ours"

    acquisition: Literal["mean", "caution", "bdi", "ei"] | None = None
    """What is searched for: mean, the largest predictions; caution, predictions less one standard
    deviation; bdi, the least loss of BDI (Eq. 14); ei, out of the largest predictions those of
    largest expected improvement, picked one by one, whatever ``distance`` is.

    None: by the backtest, one of the first three. Ours.
    """
    target: float = 10.0
    """y_h of ``bdi``, in standard deviations of the table's scores.

    Paper: 10 for every task.
    """
    reach: float | None = setting(None, above=0.0)
    """Largest distance of a proposal from the nearest row of the table, of its numbers alone: the
    root of their mean squared difference, in standard deviations.

    None: the largest at which the backtest hid a row. Ours: farther away no prediction was compared
    with a score.
    """
    sites: int | None = setting(None, at_least=1)
    """Largest number of sites, letters or levels, at which a proposal differs from the nearest row
    of the table, in a space of sites alone that is too large to go through.

    None: as many as all but one in a hundred rows differ at from a tenth of the others, and no
    farther than these are in features; more by half where that leaves too few designs. Ours:
    farther away hardly a prediction was compared with a score.
    """

    def solve(self, data: OfflineData, n: int, run: Run | None = None) -> Result:
        """See :meth:`Method.solve`; x is in the order of the acquisition."""
        own, run = self.begin(data, n, run)
        models = own.choose(data.x, data.y)
        ways = own._ways(data)
        parts = split(data)
        reach = own._reach(data, parts, n)
        held = None
        if own.acquisition is None and parts is not None:
            held = backtest(data, parts, own.choose, own.ridges, ways, reach, run)
        way = own.acquisition or (held.chosen if held else "mean")
        fitted, fit = own.fitted(models, data, run)
        there = fitted.to(run.device)
        mean = there.mean()

        def search(near: Reach | None) -> tuple[Found, int]:
            if way == "ei":
                return own.search(mean, data, POOL * n, run, n, near), n
            return own.spread_search(own._way(way, data)(there), data, n, run, near)

        (found, kept), reach = own._widened(search, reach)
        x = found.x
        if way == "ei":
            pool = with_constant(x, models[0].feature(data.x.shape[1]))
            posterior = fitted.posterior(own._sample(len(data.x), own.rows))
            best = float(data.y.max())
            x = x[fill_by_improvement(posterior, pool, mean(x), best, n)]
        facts: dict[str, float | int | str] = {
            **facts_of_choice(models),
            **(held.facts() if held else {}),
            "chosen_acquisition": way,
            **({} if reach is None else _facts_of_reach(reach)),
            "distance_kept": kept,
        }
        return Result(
            x, mean(x), {**facts, **facts_of(fit), **facts_of_search(found, data.space, x)}
        )

    def score(self, data: OfflineData, x: Tensor, run: Run | None = None) -> Tensor:
        """See :meth:`Method.score`; what the regressions predict, on average."""
        own, run = self.begin(data, 1, run)
        models = own.choose(data.x, data.y)
        return own.fitted(models, data, run)[0].to(run.device).mean()(x.double())

    def _reach(self, data: OfflineData, parts: Split | None, n: int) -> Reach | None:
        """How far from the table n designs may be; None: anywhere."""
        distance = self.reach or (tested_distance(data, parts) if parts else None)
        most = mutants = None
        sites = Sites(data.space)
        if sites.whole and not self.options().goes_through(sites.count, n):
            mutants = Mutants(sites, data.x)
            most = (math.inf, self.sites) if self.sites else tested(mutants, data.x)
        if distance is None and most is None:
            return None
        return Reach(data.x, math.inf if distance is None else distance, most, mutants)

    def _widened(
        self, search: Callable[[Reach | None], tuple[Found, int]], reach: Reach | None
    ) -> tuple[tuple[Found, int], Reach | None]:
        """What a search finds, and the reach, whose limit of sites grows till that is enough."""
        tries = 1
        while True:
            try:
                return search(reach), reach
            except FewDesignsError:
                if self.sites or reach is None or reach.sites is None or tries == WIDENED:
                    raise
            reach, tries = reach.wider(), tries + 1

    def _ways(self, data: OfflineData) -> dict[str, Way]:
        """Among what the backtest chooses: what is searched for, by its name."""
        numbers = "number" in data.space.kinds
        names = ("mean", "bdi", "caution") if numbers else ("mean", "bdi")
        return {name: self._way(name, data) for name in names}

    def _way(self, name: str, data: OfflineData) -> Way:
        if name == "bdi":
            return lambda fitted: fitted.loss(self.target, data.space.alpha)
        if name == "caution":
            return lambda fitted: fitted.cautious(self._sample(len(fitted.x), CAUTION_ROWS))
        return lambda fitted: fitted.mean()

    def _sample(self, count: int, most: int) -> Tensor:
        order = torch.randperm(count, generator=seeded(0, 1))[:most]
        return order.sort().values


def _facts_of_reach(reach: Reach) -> dict[str, float | int | str]:
    """How far from the table the search goes."""
    out: dict[str, float | int | str] = {}
    if reach.distance < math.inf:
        out["reach"] = reach.distance
    if reach.sites is not None:
        out["reach_sites"] = reach.sites[1]
    return out
