"""The settings of kernel regressions that are chosen on the table, their choice and their fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor

from ..committee import Fitted
from ..data import OfflineData
from ..network import seeded
from ..selection import (
    CONSTANTS,
    DEPTHS,
    KERNELS,
    RIDGES,
    Model,
    choose_models,
    with_constant,
)
from ._regression import tolerance_for
from .base import Method, Run, setting

if TYPE_CHECKING:
    from ..ridge import RidgeFit


@dataclass(frozen=True)
class Tuned(Method):
    """A method that has kernel ridge regressions of least leave-one-out error.

    What is given is not chosen.
    """

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
    tolerance: float | None = setting(None, above=0.0, below=1.0)
    """Relative residual at which conjugate gradients stop, where they solve the regression.

    None: 1e-8, above 100,000 rows 1e-6. Ours.
    """

    def settings_for(self, data: OfflineData) -> dict[str, Any]:
        """See :meth:`Method.settings_for`; what is chosen on the table stays None (see facts)."""
        own = super().settings_for(data)
        if self.tolerance is None:
            own["tolerance"] = tolerance_for(data)
        return own

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

    def fitted(self, models: list[Model], data: OfflineData, run: Run) -> tuple[Fitted, RidgeFit]:
        """The regressions, and the fit of the first one."""
        fits = [[self._fit(m, ridge, data, run) for ridge in self.ridges(m)] for m in models]
        means = [torch.stack([f.coefficients.cpu() for f in own]).mean(0) for own in fits]
        added = [own[0].report.ridge_added for own in fits]
        return Fitted(models, data.x, data.y, means, added), fits[0][0]


def facts_of_choice(models: list[Model]) -> dict[str, float | int | str]:
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
