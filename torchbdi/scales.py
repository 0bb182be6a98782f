"""One length scale a column, by the gradient of the leave-one-out error."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .selection import Model, with_constant

STEPS, RATE = 60, 0.08
PENALTY = 0.01  # on the squared logarithm of each scale: without evidence a column keeps its own
LIMIT = 3.0  # logarithms of scales stay within +- this
_MEAN, _SQUARE = 0.9, 0.99  # what Adam keeps of its averages at each step


def tuned_scales(model: Model, x: Tensor, y: Tensor, column: Tensor) -> tuple[Tensor, float]:
    """Scales of columns of least leave-one-out error, and the ridge that goes with them.

    Adam on the logarithm of the closed-form error. The ridge moves along, never below where it
    begins: that may be a bound.

    Args:
        model: where to begin.
        x: designs, (N, D), standardised.
        y: scores, (N,), standardised.
        column: number of the column of every feature, (D,), from 0.

    Returns:
        What every feature is to be multiplied by, (D,), and the ridge.
    """
    kernel = model.covariance()
    constant = model.feature(x.shape[1])
    logs = torch.zeros(int(column.max()) + 2, dtype=torch.float64)  # the last one is the ridge's
    mean, square = torch.zeros_like(logs), torch.zeros_like(logs)
    best = math.inf, logs.clone()
    for step in range(1, STEPS + 1):
        scales = logs[:-1].clone().requires_grad_()
        k = kernel(with_constant(x * scales.exp()[column], constant))
        error, slope = error_and_slope(k.detach(), y, model.ridge * math.exp(float(logs[-1])))
        loss = error + PENALTY * float(logs[:-1].square().sum())
        if not math.isfinite(loss):
            break
        if loss < best[0]:
            best = loss, logs.clone()
        by_ridge = model.ridge * math.exp(float(logs[-1])) * slope.diagonal().sum()
        size = k.diagonal().detach().mean()
        k.backward(slope + by_ridge / len(x) * torch.eye(len(x), dtype=x.dtype))
        assert scales.grad is not None
        gradient = torch.cat([scales.grad + 2 * PENALTY * logs[:-1], (by_ridge * size)[None]])
        mean.lerp_(gradient, 1 - _MEAN)
        square.lerp_(gradient.square(), 1 - _SQUARE)
        scale = (square / (1 - _SQUARE**step)).sqrt() + 1e-8
        logs = (logs - RATE * mean / (1 - _MEAN**step) / scale).clamp(-LIMIT, LIMIT)
        logs[-1].clamp_(min=0)
    return best[1][:-1].exp()[column], model.ridge * math.exp(float(best[1][-1]))


def error_and_slope(k: Tensor, y: Tensor, ridge: float) -> tuple[float, Tensor]:
    """The logarithm of the mean squared leave-one-out error, and its gradient.

    With B = (K + r I)^-1 and d = B y the misses are m_i = d_i / B_ii, and with c = dL / dm

        dL/dK = -B (c / diag B) d' + B diag(c d / (diag B)^2) B .

    Args:
        k: kernel matrix, (N, N).
        y: scores, (N,).
        ridge: on the scale of the trace.

    Returns:
        The logarithm, NaN where the matrix has no factor, and its gradient with respect to what is
        factored, (N, N), symmetric; that of the ridge is not in it.
    """
    eye = torch.eye(len(k), dtype=k.dtype)
    factor, failed = torch.linalg.cholesky_ex(k + ridge * k.diagonal().mean() * eye)
    if failed:
        return math.nan, k
    inverse = torch.cholesky_inverse(factor)
    d, diagonal = inverse @ y, inverse.diagonal()
    miss = d / diagonal
    total = miss.square().sum()
    c = 2 * miss / total
    slope = (inverse * (c * d / diagonal.square())) @ inverse
    outer = torch.outer(inverse @ (c / diagonal), d)
    slope = slope - (outer + outer.mT) / 2
    return math.log(float(total / len(y))) if total > 0 else math.nan, slope
