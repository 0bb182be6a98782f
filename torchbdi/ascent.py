"""Gradient ascent on the kernel regression: the baseline that BDI improves on."""

from __future__ import annotations

from torch import Tensor

from .bdi import BDI
from .kernel import Kernel
from .ridge import RidgeFit, RidgeScale


class Ascent(BDI):
    """Moves every design up the gradient of the data's model, with no target and no way back.

    The loss is minus half the prediction of the kernel ridge regression (in Eq. 12).
    Minus the prediction is logged under forward.

    Args:
        x_l: designs of the data, (N, D), standardised.
        y_l: scores of the data, (N,), standardised.
        x_h: starts, (B, M, D) for B independent groups of M designs, or (M, D) for one group.
        kernel: a torchbdi kernel; None means NTK(depth=6).
        ridge: beta.
        ridge_scale: "trace" (ridge * trace(K)/N) or "absolute".
        lr: Adam's learning rate, or one for each feature, (D,).
        coefficients: as for :class:`BDI`.
        bounds: as for :class:`BDI`.

    Raises:
        InputError: a shape, dtype or value is wrong.
    """

    def __init__(
        self,
        x_l: Tensor,
        y_l: Tensor,
        x_h: Tensor,
        *,
        kernel: Kernel | None = None,
        ridge: float = 1e-6,
        ridge_scale: RidgeScale = "trace",
        lr: float | Tensor = 1e-3,
        coefficients: Tensor | RidgeFit | None = None,
        bounds: Tensor | None = None,
    ):
        super().__init__(
            x_l,
            y_l,
            x_h,
            kernel=kernel,
            ridge=ridge,
            ridge_scale=ridge_scale,
            forward_weight=1.0,
            backward_weight=0.0,
            lr=lr,
            coefficients=coefficients,
            bounds=bounds,
        )

    def evaluate(self) -> tuple[dict[str, Tensor], Tensor | None]:
        """See :meth:`DesignModule.evaluate`; forward is minus the mean prediction of a group."""
        prediction, _ = self.couple()(self.designs(), None)
        forward = -prediction.mean(-1)
        return self.combine(forward, forward.new_zeros(forward.shape)), prediction
