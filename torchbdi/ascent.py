"""Gradient ascent on the kernel regression: the baseline that BDI improves on."""

from __future__ import annotations

from torch import Tensor

from .bdi import BDI
from .kernels.errors import InputError


class Ascent(BDI):
    """Moves every design up the gradient of the data's model, with no target and no way back.

    The loss is minus the prediction of the kernel ridge regression (Eq. 10); its logs stand under
    forward. Arguments as for :class:`BDI`, of which ``target``, ``alpha`` and ``backward_weight``
    play no part.
    """

    def evaluate(self) -> tuple[dict[str, Tensor], Tensor | None]:
        """See :meth:`DesignModule.evaluate`; forward is minus the mean prediction of a group."""
        if not self.hparams["forward_weight"]:
            raise InputError("Ascent: forward_weight must be > 0; there is no other loss.")
        prediction, _ = self.couple()(self.designs(), None)
        forward = -prediction.mean(-1)
        return self.combine(forward, forward.new_zeros(forward.shape)), prediction
