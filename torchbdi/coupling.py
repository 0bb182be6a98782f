"""A coupling computes what BDI's losses need of the kernel between designs and data.

BDI asks k(X_h, X_l) for two things only: the prediction of the data's model (Eq. 12) and the loss
of the designs' model on the data (Eq. 11). So a kernel may answer with both and never show the
matrix, as :class:`torchbdi.kernels.zonal.coupling.ZonalCoupling` does. The coupling of this file
holds the matrix, serves every kernel, and is what others are compared with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from torch import Tensor

from .objective import backward_loss

Coupling: TypeAlias = Callable[[Tensor, Tensor | None], tuple[Tensor, Tensor]]
"""(x_h (..., M, D), a (..., M) or None) -> prediction (..., M), backward loss (...)."""


class DenseCoupling:
    """The coupling of any kernel, with k(X_h, X_l) in memory.

    Args:
        gram: designs (R, D) to their kernel with the data, (R, N).
        y_l: scores of the data, (N,).
        squared_weights: w_l^2, (N,).
        coefficients: (K_ll + beta I)^-1 y_l, (N,); None leaves the prediction out.
    """

    def __init__(
        self,
        gram: Callable[[Tensor], Tensor],
        y_l: Tensor,
        squared_weights: Tensor,
        coefficients: Tensor | None,
    ):
        self.gram, self.y_l = gram, y_l
        self.squared_weights, self.coefficients = squared_weights, coefficients

    def __call__(self, x_h: Tensor, a: Tensor | None) -> tuple[Tensor, Tensor]:
        """Prediction and backward loss of every group.

        Args:
            x_h: (..., M, D).
            a: (K_hh + beta I)^-1 y_h, (..., M); None leaves the backward loss out.

        Returns:
            prediction (..., M) and backward (...), differentiable; 0 where left out.
        """
        k_hl = self.gram(x_h.reshape(-1, x_h.shape[-1]))
        prediction = x_h.new_zeros(x_h.shape[:-1])
        backward = x_h.new_zeros(x_h.shape[:-2])
        if self.coefficients is not None:
            prediction = (k_hl @ self.coefficients).reshape(prediction.shape)
        if a is not None:
            k_hl = k_hl.reshape(*x_h.shape[:-1], -1)
            backward = backward_loss(k_hl, a, self.y_l, self.squared_weights)
        return prediction, backward
