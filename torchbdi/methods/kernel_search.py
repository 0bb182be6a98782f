"""A kernel chosen on the table, and a search for what its regression thinks best of."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

import torch
from torch import Tensor

from ..batch import fill_by_improvement
from ..committee import Fitted
from ..data import OfflineData
from ..network import seeded
from ..search import FewDesignsError, Found, Objective, Reach
from ..search.mutants import Mutants, tested
from ..search.sites import Sites
from ..selection import (
    CONSTANTS,
    DEPTHS,
    KERNELS,
    RIDGES,
    Model,
    choose_models,
    with_constant,
)
from ._backtest import Split, backtest, split, tested_distance
from ._regression import facts_of
from ._searching import POOL, Searching, facts_of_search
from .base import Result, Run, setting

if TYPE_CHECKING:
    from ..ridge import RidgeFit

WIDENED = 8  # searches, each with a wider limit of sites, at most
CAUTION_ROWS = 1000  # of which a standard deviation is computed at every design of a search
_MANY_ROWS = 100_000
Way: TypeAlias = Callable[[Fitted], Objective]


@dataclass(frozen=True)
class KernelSearch(Searching):
    """Kernel ridge regressions tuned on the table, and the designs that they predict highest.

    Kernel, depth, constant feature and ridge are those of least leave-one-out error. Up to three
    kernels whose errors cannot be told apart are averaged: they agree among the table's designs,
    and where they differ far from them nothing says which is right. What holds the search is
    decided by a backtest. No true function has a part in it. What is given is not chosen.
    """

    revision: ClassVar[int] = 4
    fidelity = "ours"

    kernel: Literal["ntk", "nngp"] | None = None
    """ntk: of the infinitely wide ReLU network; nngp: its covariance.

    None: chosen by the leave-one-out error. Ours.
    """
    depth: int | None = setting(None, at_least=1)
    """Dense layers of the infinitely wide network.

    None: of 1, 2, 3, 4, 6 and 8 the one of least leave-one-out error. Ours.
    """
    constant: float | None = setting(None, at_least=0.0)
    """Size of a constant feature beside the others, a bias of the first layer, in units of sqrt(D).

    None: 0 or 1, by the leave-one-out error. Ours.
    """
    ridge: float | None = setting(None, at_least=0.0)
    """beta; beta trace(K)/N is added to the diagonal of K.

    None: of ten values from 1e-6 to 3 the one of least leave-one-out error. Ours.
    """
    committee: int = setting(3, at_least=1)
    """At most so many kernels are averaged: those of least leave-one-out error, where it is at
    most one standard error above the least, each with its best ridge and with the least one that
    holds for; three at most on tables of more than 500 rows. 1: the kernel of least error with its
    best ridge, alone.

    Ours: three, by tables of our own (docs/solved.md).
    """
    rows: int = setting(2000, at_least=2)
    """At most so many rows decide on the kernels, the same for every seed, and on the deviations
    of ``ei``.

    Ours: N^3 operations, some seconds.
    """
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
    tolerance: float | None = setting(None, above=0.0, below=1.0)
    """Relative residual at which conjugate gradients stop, where they solve the regression.

    None: 1e-8, above 100,000 rows 1e-6. Ours.
    """

    def settings_for(self, data: OfflineData) -> dict[str, Any]:
        """See :meth:`Method.settings_for`; what is chosen on the table stays None (see facts)."""
        own = super().settings_for(data)
        if self.tolerance is None:
            own["tolerance"] = 1e-6 if len(data.x) > _MANY_ROWS else 1e-8
        return own

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
        fitted, fit = own._fitted(models, data, run)
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
            **_facts_of_choice(models),
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
        return own._fitted(models, data, run)[0].to(run.device).mean()(x.double())

    def choose(self, x: Tensor, y: Tensor) -> list[Model]:
        """The models of least leave-one-out error among those that the settings leave.

        Args:
            x: designs, (N, D), standardised.
            y: scores, (N,), standardised.
        """
        return choose_models(
            x,
            y,
            self.committee,
            kernels=KERNELS if self.kernel is None else (self.kernel,),
            depths=DEPTHS if self.depth is None else (self.depth,),
            constants=CONSTANTS if self.constant is None else (self.constant,),
            ridges=RIDGES if self.ridge is None else (self.ridge,),
            rows=self.rows,
            generator=seeded(0, 0),
        )

    def ridges(self, model: Model) -> tuple[float, ...]:
        """The ridges whose fits are averaged: of the least error and, in a committee, the least."""
        both = self.committee > 1 and model.least is not None and model.least < model.ridge
        return (model.ridge, model.least) if both and model.least is not None else (model.ridge,)

    def _reach(self, data: OfflineData, parts: Split | None, n: int) -> Reach | None:
        """How far from the table n designs may be; None: anywhere."""
        distance = self.reach or (tested_distance(data, parts) if parts else None)
        most = mutants = None
        sites = Sites(data.space)
        if sites.whole and sites.count > max(self.enumerate, n):
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

    def _fit(self, model: Model, ridge: float, data: OfflineData, run: Run) -> RidgeFit:
        assert self.tolerance is not None
        table = data
        if model.constant:
            constant = model.feature(data.x.shape[1])
            table = OfflineData(with_constant(data.x, constant), data.y)
        return run.fit(
            model.covariance(),
            table,
            ridge=ridge,
            ridge_scale="trace",
            tolerance=self.tolerance,
        )

    def _fitted(self, models: list[Model], data: OfflineData, run: Run) -> tuple[Fitted, RidgeFit]:
        """The regressions, and the fit of the first one."""
        fits = [[self._fit(m, ridge, data, run) for ridge in self.ridges(m)] for m in models]
        means = [torch.stack([f.coefficients.cpu() for f in own]).mean(0) for own in fits]
        added = [own[0].report.ridge_added for own in fits]
        return Fitted(models, data.x, data.y, means, added), fits[0][0]

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


def _facts_of_choice(models: list[Model]) -> dict[str, float | int | str]:
    """What was chosen, and by what error."""
    best = models[0]
    return {
        "chosen_kernel": best.kernel,
        "chosen_depth": best.depth,
        "chosen_constant": float(best.constant),
        "chosen_ridge": float(best.ridge),
        "leave_one_out_error": float(best.error),
        "leave_one_out_uncertainty": float(best.uncertainty),
        "leave_one_out_rows": best.rows,
        "committee_size": len(models),
        "committee": "; ".join(
            f"{m.kernel} depth {m.depth} constant {m.constant:g} ridge {m.ridge:g}"
            + (f" and {m.least:g}" if m.least not in (None, m.ridge) else "")
            + f" error {m.error:.4f}"
            for m in models
        ),
    }
