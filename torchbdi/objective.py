"""The two losses of BDI (Chen et al. 2022, Eq. 10 to 14), for batches of groups of designs."""

from __future__ import annotations

from torch import Tensor


def forward_loss(prediction: Tensor, y_h: Tensor) -> Tensor:
    """Eq. 12: how far the data's model, asked for X_h, is from the target.

    Args:
        prediction: K_hl (K_ll + beta I)^-1 y_l, (..., M).
        y_h: target scores, broadcastable to (..., M).

    Returns:
        || w_h . (y_h - prediction) ||^2 with w_h = 1/sqrt(M), (...).
    """
    return (y_h - prediction).square().mean(-1)


def backward_loss(k_hl: Tensor, a: Tensor, y_l: Tensor, weights: Tensor) -> Tensor:
    """Eq. 11: how far the designs' model, asked for the data, is from the data.

    Args:
        k_hl: kernel between designs and data, (..., M, N).
        a: coefficients of the designs' model, (K_hh + beta I)^-1 y_h, (..., M).
        y_l: scores of the data, (N,).
        weights: w_l^2 = softmax(alpha y_l), (N,).

    Returns:
        || w_l . (y_l - K_lh (K_hh + beta I)^-1 y_h) ||^2, (...).
    """
    prediction = (a.unsqueeze(-2) @ k_hl).squeeze(-2)
    return (y_l - prediction).square() @ weights
