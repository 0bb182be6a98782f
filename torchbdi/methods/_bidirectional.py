"""The settings that BDI with kernels and BDI with finite networks share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..kernels.errors import InputError
from ._designs import own_rates
from .base import Method, setting

if TYPE_CHECKING:
    from ..data import OfflineData


@dataclass(frozen=True)
class Bidirectional(Method):
    """A forward and a backward mapping that are to agree; the designs learn by Adam (Eq. 14)."""

    steps: int = setting(200, at_least=1)
    """T, the steps of Adam.

    Paper: 200 (Section 4.3); Figure 4 shows the scores along the way.
    """
    designs_per_group: int = setting(1, at_least=1)
    """M, the designs that share one backward mapping; a divisor of their number.

    Paper: 1 (Section 4.3, Eq. 13); larger ones are in its Appendix A.2. Our table ``a2`` has 2, 4
    and 8.
    """
    target: float = 10.0
    """y_h, the score that the designs are to reach, in standard deviations of the table's.

    Paper: 10 for every task (Section 4.3), others in its Appendix A.4. Our table ``a4`` has 5, 15
    and 20.
    """
    alpha: float | None = None
    """w_l = sqrt(softmax(alpha y_l)), the weights of the table in the backward loss.

    None: 1e-3 where all columns are numbers, else 0, which are the paper's for its continuous and
    discrete tasks.
    """
    lr: float | tuple[float, ...] | None = setting(None, at_least=0.0)
    """Adam's rate, one for all features or a list with one for each.

    None: 0.1 for features that are logits of classes and 1e-3 for numbers, which are the paper's
    for its discrete and continuous tasks.
    """
    forward_weight: float = setting(1.0, at_least=0.0)
    """Weight of the forward loss; 0 leaves it out, and with it what it needs to be fitted.

    Paper: 1 (Eq. 14), 0 in Table 3's "w/o L_l2h".
    """
    backward_weight: float = setting(1.0, at_least=0.0)
    """Weight of the backward loss; 0 leaves it out.

    Paper: 1 (Eq. 14), 0 in Table 3's "w/o L_h2l".
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.forward_weight == self.backward_weight == 0:
            name = type(self).__name__
            raise InputError(f"{name}: forward_weight and backward_weight are 0: nothing to learn.")

    def settings_for(self, data: OfflineData) -> dict[str, Any]:
        """See :meth:`Method.settings_for`; alpha and lr go by the kinds of the columns."""
        own = super().settings_for(data)
        if self.alpha is None:
            own["alpha"] = data.space.alpha
        own["lr"] = own_rates(type(self).__name__, self.lr, data)
        return own
