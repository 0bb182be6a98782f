"""BDI: two kernel ridge regressions with the neural tangent kernel predict each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

import torchbdi

from ._bidirectional import Bidirectional
from ._designs import as_module_takes, off_zero, starts_within
from ._regression import Regression, facts_of
from .base import Result, Run

if TYPE_CHECKING:
    from ..data import OfflineData


@dataclass(frozen=True)
class BDI(Bidirectional, Regression):
    """Bidirectional learning with infinitely wide networks (Chen et al., NeurIPS 2022, Eq. 14).

    The n best designs of the table learn by Adam, so that the table's regression gives them the
    target score (forward, Eq. 12) and the regression of the designs with that score gives the
    table its scores (backward, Eq. 11). None of the settings was tuned on a true function.
    """

    revision: ClassVar[int] = 1

    def solve(self, data: OfflineData, n: int, run: Run | None = None) -> Result:
        """See :meth:`Method.solve`; x is in the order of the starts, the best first."""
        from ._descent import descend

        own, run = self.begin(data, n, run)
        assert own.alpha is not None  # it is resolved
        starts, bounds = starts_within(data, n, own.designs_per_group)
        fit = own.fit(data, run) if own.forward_weight else None
        kernel = own.covariance()
        if own.backward_weight and (own.ridge_scale == "trace" or not own.ridge):
            starts = off_zero(starts, data, kernel)
        module = torchbdi.BDI(
            data.x,
            data.y,
            starts,
            kernel=kernel,
            target=own.target,
            alpha=own.alpha,
            ridge=own.ridge,
            ridge_scale=own.ridge_scale,
            forward_weight=own.forward_weight,
            backward_weight=own.backward_weight,
            lr=as_module_takes(own.lr),
            coefficients=fit,
            bounds=bounds,
        )
        x, predicted, loss = descend(module, own.steps, run, own.revision)
        return Result(x, predicted, {**(facts_of(fit) if fit else {}), **loss}, data.best(n))

    def score(self, data: OfflineData, x: Tensor, run: Run | None = None) -> Tensor:
        """See :meth:`Method.score`; what the table's regression predicts (in Eq. 12)."""
        own, run = self.begin(data, 1, run)
        with torch.no_grad():
            return own.fit(data, run).predict(x)


# Table 3, "w/o L_l2h"; needs no large solve.
backward_only = BDI(forward_weight=0.0)
# Table 3, "w/o L_h2l".
forward_only = BDI(backward_weight=0.0)
# Table 3, NTK2RBF: the Gaussian kernel with gamma = 1/D in place of the NTK.
rbf = BDI(kernel="rbf")
