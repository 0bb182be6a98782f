"""Gradient ascent on the kernel regression of the table: no target, no backward mapping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

import torchbdi

from ._designs import as_module_takes, own_rates, starts_within
from ._regression import Regression, facts_of
from .base import Result, Run, setting

if TYPE_CHECKING:
    from ..data import OfflineData


@dataclass(frozen=True)
class NTKAscent(Regression):
    """Moves the n best designs of the table up the gradient of its regression.

    That is Eq. 3 with a kernel regression in the network's place (Section 4.5).

    The baseline that BDI's backward loss is to improve on; it shares BDI's regression and steps.
    """

    revision: ClassVar[int] = 1
    fidelity = "ours"

    steps: int = setting(200, at_least=1)
    """Steps of Adam.

    Ours: as many as BDI's T.
    """
    lr: float | tuple[float, ...] | None = setting(None, at_least=0.0)
    """Adam's rate, one for all features or a list with one for each.

    None: 0.1 for features that are logits of classes and 1e-3 for numbers. Ours: BDI's rates.
    """

    def settings_for(self, data: OfflineData) -> dict[str, Any]:
        """See :meth:`Method.settings_for`; lr goes by the kinds of the columns."""
        own = super().settings_for(data)
        return {**own, "lr": own_rates(type(self).__name__, self.lr, data)}

    def solve(self, data: OfflineData, n: int, run: Run | None = None) -> Result:
        """See :meth:`Method.solve`; x is in the order of the starts, the best first."""
        from ._descent import descend

        own, run = self.begin(data, n, run)
        fit = own.fit(data, run)
        starts, bounds = starts_within(data, n)
        module = torchbdi.Ascent(
            data.x,
            data.y,
            starts,
            kernel=own.covariance(),
            ridge=own.ridge,
            ridge_scale=own.ridge_scale,
            lr=as_module_takes(own.lr),
            coefficients=fit,
            bounds=bounds,
        )
        x, predicted, loss = descend(module, own.steps, run, own.revision)
        return Result(x, predicted, {**facts_of(fit), **loss}, data.best(n))

    def score(self, data: OfflineData, x: Tensor, run: Run | None = None) -> Tensor:
        """See :meth:`Method.score`; what the table's regression predicts (in Eq. 12)."""
        own, run = self.begin(data, 1, run)
        with torch.no_grad():
            return own.fit(data, run).predict(x)
