"""BDI's loss, solved: a search for the designs that have the least of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor

from ..kernels.errors import InputError
from ..solved import Prediction, SingleLoss
from ._regression import Regression, facts_of
from ._searching import Searching, facts_of_search
from .base import Result, Run, setting

if TYPE_CHECKING:
    from ..data import OfflineData
    from ..ridge import RidgeFit


@dataclass(frozen=True)
class BDISearch(Searching, Regression):
    """The paper's loss of single designs (Chen et al., NeurIPS 2022, Eq. 14, M = 1), minimised.

    Model and loss are those of ``bdi``; in place of 200 steps of Adam on logits stands a search:
    enumeration of small spaces, a beam over changes of one site and of two, and many ascents of
    numbers within the bounds of the table. The designs are those of least loss that keep
    ``distance``.
    """

    revision: ClassVar[int] = 1
    fidelity = "ours"

    target: float = 10.0
    """y_h, the score that the designs are to reach, in standard deviations of the table's.

    Paper: 10 for every task.
    """
    alpha: float | None = None
    """w_l = sqrt(softmax(alpha y_l)), the weights of the table in the backward loss.

    None: 1e-3 where all columns are numbers, else 0, which are the paper's.
    """
    forward_weight: float = setting(1.0, at_least=0.0)
    """Weight of the forward loss; 0 leaves it out, and with it the fit.

    Paper: 1 (Eq. 14).
    """
    backward_weight: float = setting(1.0, at_least=0.0)
    """Weight of the backward loss; 0 leaves it out.

    Paper: 1 (Eq. 14).
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.forward_weight == self.backward_weight == 0:
            raise InputError("BDISearch: forward_weight and backward_weight are 0: no loss.")

    def settings_for(self, data: OfflineData) -> dict[str, Any]:
        """See :meth:`Method.settings_for`; alpha goes by the kinds of the columns."""
        own = super().settings_for(data)
        if self.alpha is None:
            own["alpha"] = data.space.alpha
        return own

    def solve(self, data: OfflineData, n: int, run: Run | None = None) -> Result:
        """See :meth:`Method.solve`; x is in the order of the loss."""
        own, run = self.begin(data, n, run)
        fit = own.fit(data, run) if own.forward_weight else None
        found, kept = own.spread_search(own._objective(data, fit, run), data, n, run)
        predicted = None
        if fit is not None:
            there = data.x.to(run.device), fit.coefficients.to(run.device)
            predicted = Prediction(fit.kernel, *there)(found.x)
        return Result(
            found.x,
            predicted,
            {
                **(facts_of(fit) if fit else {}),
                **facts_of_search(found, data.space, found.x),
                "distance_kept": kept,
                "loss_total": float(-found.value.mean()),
                "loss_of": "designs as they are scored",
            },
        )

    def score(self, data: OfflineData, x: Tensor, run: Run | None = None) -> Tensor:
        """See :meth:`Method.score`; the loss with its sign changed."""
        own, run = self.begin(data, 1, run)
        fit = own.fit(data, run) if own.forward_weight else None
        return own._objective(data, fit, run)(x.double())

    def _objective(self, data: OfflineData, fit: RidgeFit | None, run: Run) -> SingleLoss:
        assert self.alpha is not None
        return SingleLoss(
            self.covariance(),
            data.x.to(run.device),
            data.y.to(run.device),
            None if fit is None else fit.coefficients.to(run.device),
            target=self.target,
            alpha=self.alpha,
            ridge=self.ridge,
            ridge_scale=self.ridge_scale,
            forward_weight=self.forward_weight,
            backward_weight=self.backward_weight,
        )


# The forward loss alone: designs whose prediction is nearest to the target.
forward_search = BDISearch(backward_weight=0.0)
# The backward loss alone; needs no large solve.
backward_search = BDISearch(forward_weight=0.0)
