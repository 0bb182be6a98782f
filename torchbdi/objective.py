"""The two losses of BDI (Chen et al. 2022, Eq. 10 to 14), as the paper writes them.

With beta the ridge (or beta times the mean of the diagonal, see ``ridge_scale``):

    forward  (Eq. 12)  L_l2h = || w_h . (y_h - K_hl (K_ll + beta I)^-1 y_l) ||^2 ,  w_h = 1/sqrt(M)
    backward (Eq. 11)  L_h2l = || w_l . (y_l - K_lh (K_hh + beta I)^-1 y_h) ||^2 ,
                       w_l = sqrt(softmax(alpha y_l))
    total    (Eq. 14)  L = (forward_weight L_l2h + backward_weight L_h2l) / 2

Eq. 10 is Eq. 11 with alpha = 0, Eq. 13 is Eq. 11 with M = 1.

This is the form to read. :func:`losses` is the whole of it, from matrices; only tests call it.
:class:`torchbdi.BDI` takes :func:`forward_loss` and :func:`total_loss` from here, and
:func:`backward_loss` where the kernel has no faster way. The faster way, which keeps no K_hl, is
:mod:`torchbdi.kernels.zonal.coupling`; tests compare every way with this file.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .kernels.errors import InputError
from .kernels.small.cholesky import cholesky_solve


def losses(
    k_ll: Tensor,
    k_hh: Tensor,
    k_hl: Tensor,
    y_l: Tensor,
    y_h: Tensor,
    squared_weights: Tensor,
    ridge_l: float | Tensor,
    ridge_h: float | Tensor,
) -> tuple[Tensor, Tensor]:
    """Eq. 12 and Eq. 11 of one group, in full: the large solve is made anew.

    Args:
        k_ll: kernel of the data with itself, (N, N).
        k_hh: kernel of the designs with themselves, (..., M, M).
        k_hl: kernel of the designs with the data, (..., M, N).
        y_l: scores of the data, (N,).
        y_h: target scores, (..., M).
        squared_weights: w_l^2 = softmax(alpha y_l), (N,).
        ridge_l: what is added to the diagonal of k_ll.
        ridge_h: what is added to the diagonal of k_hh; a number or (...).

    Returns:
        L_l2h and L_h2l, (...) each.
    """
    d = cholesky_solve(k_ll, y_l, ridge_l)
    a = cholesky_solve(k_hh, y_h, ridge_h)
    return forward_loss(k_hl @ d, y_h), backward_loss(k_hl, a, y_l, squared_weights)


def forward_loss(prediction: Tensor, y_h: Tensor | float) -> Tensor:
    """Eq. 12: how far the data's model, asked for X_h, is from the target.

    Args:
        prediction: K_hl (K_ll + beta I)^-1 y_l, (..., M).
        y_h: target scores, broadcastable to (..., M).

    Returns:
        || w_h . (y_h - prediction) ||^2 with w_h = 1/sqrt(M), (...).
    """
    return (y_h - prediction).square().mean(-1)


def backward_loss(k_hl: Tensor, a: Tensor, y_l: Tensor, squared_weights: Tensor) -> Tensor:
    """Eq. 11: how far the designs' model, asked for the data, is from the data.

    Args:
        k_hl: kernel of the designs with the data, (..., M, N).
        a: coefficients of the designs' model, (K_hh + beta I)^-1 y_h, (..., M).
        y_l: scores of the data, (N,).
        squared_weights: w_l^2 = softmax(alpha y_l), (N,).

    Returns:
        || w_l . (y_l - K_lh (K_hh + beta I)^-1 y_h) ||^2, (...).
    """
    prediction = (a.unsqueeze(-2) @ k_hl).squeeze(-2)
    return (y_l - prediction).square() @ squared_weights


def total_loss(
    forward: Tensor, backward: Tensor, forward_weight: float, backward_weight: float
) -> Tensor:
    """Eq. 14, (...)."""
    return (forward_weight * forward + backward_weight * backward) / 2


def data_weights(y_l: Tensor, alpha: float) -> Tensor:
    """w_l^2 = softmax(alpha y_l), (N,): the squares of Eq. 11's weights, which sum to 1.

    Raises:
        InputError: alpha y_l is not finite.
    """
    scaled = alpha * y_l
    if not torch.isfinite(scaled).all():
        raise InputError(
            f"alpha = {alpha} times the largest score leaves the range of float64. The weights are "
            "softmax(alpha y_l), and with alpha = 100 the best score has nearly all. Lower alpha."
        )
    return torch.softmax(scaled, 0)
