"""The two losses of BDI (Chen et al. 2022, Eq. 10 to 14), for batches of groups of designs."""

from __future__ import annotations

from torch import Tensor

from .kernels.cholesky import cholesky_solve


def forward_loss(prediction: Tensor, y_h: Tensor) -> Tensor:
    """Eq. 12: how far the data's model, asked for X_h, is from the target.

    Args:
        prediction: K_hl (K_ll + beta I)^-1 y_l, (..., M).
        y_h: target scores, broadcastable to (..., M).

    Returns:
        || w_h . (y_h - prediction) ||^2 with w_h = 1/sqrt(M), (...).
    """
    return (y_h - prediction).square().mean(-1)


def backward_loss(
    k_hl: Tensor, k_hh: Tensor, y_l: Tensor, y_h: Tensor, weights: Tensor, ridge: Tensor
) -> Tensor:
    """Eq. 11: how far the designs' model, asked for the data, is from the data.

    Args:
        k_hl: kernel between designs and data, (..., M, N).
        k_hh: kernel among the designs of a group, (..., M, M).
        y_l: scores of the data, (N,).
        y_h: target scores, (..., M).
        weights: w_l^2 = softmax(alpha y_l), (N,).
        ridge: what is added to the diagonal of k_hh, (...).

    Returns:
        || w_l . (y_l - K_lh (K_hh + beta I)^-1 y_h) ||^2, (...).
    """
    coefficients = cholesky_solve(k_hh, y_h, ridge)
    prediction = (coefficients.unsqueeze(-2) @ k_hl).squeeze(-2)
    return (y_l - prediction).square() @ weights
