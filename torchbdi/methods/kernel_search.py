"""A kernel chosen on the table, and a search for what its regression thinks best of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import torch
from torch import Tensor

from ..batch import Posterior, fill_by_distance, fill_by_improvement
from ..data import OfflineData
from ..network import seeded
from ..selection import CONSTANTS, DEPTHS, KERNELS, RIDGES, Model, choose_model, with_constant
from ..solved import Prediction, SingleLoss
from ._regression import facts_of
from ._searching import Searching, facts_of_search
from .base import Result, Run, setting

if TYPE_CHECKING:
    from ..ridge import RidgeFit

POOL = 16  # designs searched for each one proposed, where the batch is to be spread
_MANY_ROWS = 100_000


@dataclass(frozen=True)
class KernelSearch(Searching):
    """A kernel ridge regression tuned on the table, and the designs that it predicts highest.

    Kernel, depth, constant feature and ridge are those of least leave-one-out error; no true
    function has a part in it. What is given is not chosen.
    """

    revision: ClassVar[int] = 1
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
    rows: int = setting(3000, at_least=2)
    """At most so many rows decide on the kernel, and on the deviations of ``ei``.

    Ours: N^3 operations, some seconds.
    """
    acquisition: Literal["mean", "ei", "bdi"] = "mean"
    """What is searched for: mean, the largest predictions; ei, out of the largest predictions
    those of largest expected improvement, picked one by one; bdi, the least loss of BDI (Eq. 14).

    Ours.
    """
    target: float = 10.0
    """y_h of ``bdi``, in standard deviations of the table's scores.

    Paper: 10 for every task.
    """
    distance: float = setting(0.0, at_least=0.0)
    """Least distance of two proposals of ``mean`` and ``bdi``, the root of the mean squared
    difference of their features, in standard deviations.

    Ours: 0, the best whatever they have in common.
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
        model = own.choose(data, run)
        fit = own._fit(model, data, run)
        mean = own._prediction(model, data, fit)
        spread = own.acquisition == "ei" or own.distance > 0
        count = POOL * n if spread else n
        goal = mean if own.acquisition != "bdi" else own._loss(model, data, fit)
        found = own.search(goal, data, count, run, n)
        at, kept = torch.arange(n), n
        if own.acquisition == "ei":
            posterior = own._posterior(model, data, mean, fit, run)
            whole = mean.extend(found.x)
            at = fill_by_improvement(posterior, whole, mean(found.x), float(data.y.max()), n)
        elif own.distance > 0:
            at, kept = fill_by_distance(found.x, n, own.distance)
        x = found.x[at]
        facts: dict[str, float | int | str] = {
            "chosen_kernel": model.kernel,
            "chosen_depth": model.depth,
            "chosen_constant": float(model.constant),
            "chosen_ridge": float(model.ridge),
            "leave_one_out_error": float(model.error),
            "leave_one_out_rows": model.rows,
            "distance_kept": kept,
        }
        return Result(
            x, mean(x), {**facts, **facts_of(fit), **facts_of_search(found, data.space, x)}
        )

    def score(self, data: OfflineData, x: Tensor, run: Run | None = None) -> Tensor:
        """See :meth:`Method.score`; what the regression predicts."""
        own, run = self.begin(data, 1, run)
        model = own.choose(data, run)
        return own._prediction(model, data, own._fit(model, data, run))(x.double())

    def choose(self, data: OfflineData, run: Run) -> Model:
        """The model of least leave-one-out error among those that the settings leave."""
        return choose_model(
            data.x,
            data.y,
            kernels=KERNELS if self.kernel is None else (self.kernel,),
            depths=DEPTHS if self.depth is None else (self.depth,),
            constants=CONSTANTS if self.constant is None else (self.constant,),
            ridges=RIDGES if self.ridge is None else (self.ridge,),
            rows=self.rows,
            generator=seeded(run.seed, 0),
        )

    def _fit(self, model: Model, data: OfflineData, run: Run) -> RidgeFit:
        assert self.tolerance is not None
        table = data
        if model.constant:
            constant = model.feature(data.x.shape[1])
            table = OfflineData(with_constant(data.x, constant), data.y)
        return run.fit(
            model.covariance(),
            table,
            ridge=model.ridge,
            ridge_scale="trace",
            tolerance=self.tolerance,
        )

    def _prediction(self, model: Model, data: OfflineData, fit: RidgeFit) -> Prediction:
        constant = model.feature(data.x.shape[1])
        return Prediction(model.covariance(), data.x, fit.coefficients.cpu(), constant)

    def _loss(self, model: Model, data: OfflineData, fit: RidgeFit) -> SingleLoss:
        return SingleLoss(
            model.covariance(),
            data.x,
            data.y,
            fit.coefficients.cpu(),
            target=self.target,
            alpha=data.space.alpha,
            ridge=model.ridge,
            constant=model.feature(data.x.shape[1]),
        )

    def _posterior(
        self, model: Model, data: OfflineData, mean: Prediction, fit: RidgeFit, run: Run
    ) -> Posterior:
        rows = torch.randperm(len(data.x), generator=seeded(run.seed, 1))[: self.rows]
        rows = rows.sort().values
        added = fit.report.ridge_added
        return Posterior(model.covariance(), mean.x_l[rows], data.y[rows], added)
