"""One length scale a column, by the gradient of the leave-one-out error.

Where there are about as many columns as rows, scales can be found for which even noise is predicted
by leaving rows out: then only rows that had no part in the tuning tell what scales are worth.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor

from .committee import Fitted
from .kernels.errors import NotPositiveDefiniteError
from .leave_one_out import mean_of_others, missed
from .selection import Model, with_constant

STEPS, RATE = 60, 0.08
PENALTY = 0.01  # on the squared logarithm of each scale: without evidence a column keeps its own
LIMIT = 3.0  # logarithms of scales stay within +- this
FOLDS = 5
_MEAN, _SQUARE = 0.9, 0.99  # what Adam keeps of its averages at each step


def tuned_scales(
    model: Model, x: Tensor, y: Tensor, column: Tensor, others: Tensor
) -> tuple[Tensor, float]:
    """Scales of columns of least leave-one-out error, and the ridge that goes with them.

    Adam on the logarithm of the closed-form error. The ridge moves along, never below where it
    begins: that may be a bound.

    Args:
        model: where to begin.
        x: designs, (N, D), standardised.
        y: scores, (N,), standardised.
        column: number of the column of every feature, (D,), from 0.
        others: the mean of the table's other scores, (N,), see :mod:`.leave_one_out`.

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
        error, slope = error_and_slope(
            k.detach(), y, model.ridge * math.exp(float(logs[-1])), others
        )
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


def held_out_errors(model: Model, x: Tensor, y: Tensor, column: Tensor) -> tuple[float, float]:
    """Mean squared errors on rows that had no part in the tuning: each fifth by all others.

    Args:
        model: where to begin.
        x: designs, (N, D), standardised; at least 10.
        y: scores, (N,).
        column: see :func:`tuned_scales`.

    Returns:
        With tuned scales, and without; infinite where a matrix has no factor.
    """
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    squares = [0.0, 0.0]
    for held in order.tensor_split(FOLDS):
        rest = order[~torch.isin(order, held)]
        mean = y[rest].mean()
        known, scores = x[rest], y[rest] - mean
        scale, ridge = tuned_scales(model, known, scores, column, mean_of_others(scores))
        for i, (own, of) in enumerate(((scale, ridge), (torch.ones_like(scale), model.ridge))):
            try:
                fitted = Fitted.of(
                    [replace(model, ridge=of)], lambda m: (m.ridge,), known * own, scores
                )
            except NotPositiveDefiniteError:
                squares[i] = math.inf
                continue
            miss = fitted.mean()(x[held] * own) + mean - y[held]
            squares[i] += float(miss.square().sum()) / len(x)
    return squares[0], squares[1]


def error_and_slope(k: Tensor, y: Tensor, ridge: float, others: Tensor) -> tuple[float, Tensor]:
    """The logarithm of the mean squared leave-one-out error, and its gradient.

    With B = (K + r I)^-1, d = B y, b = B 1 and o the means of the other scores the misses are
    m_i = (d_i - o_i b_i) / B_ii, and with c = dL / dm and u = c / diag B

        dL/dK = -B u d' + B (o u) b' + B diag(m u) B .

    Args:
        k: kernel matrix, (N, N).
        y: scores, (N,).
        ridge: on the scale of the trace.
        others: o, (N,).

    Returns:
        The logarithm, NaN where the matrix has no factor, and its gradient with respect to what is
        factored, (N, N), symmetric; that of the ridge is not in it.
    """
    eye = torch.eye(len(k), dtype=k.dtype)
    factor, failed = torch.linalg.cholesky_ex(k + ridge * k.diagonal().mean() * eye)
    if failed:
        return math.nan, k
    inverse = torch.cholesky_inverse(factor)
    d, b, diagonal = inverse @ y, inverse.sum(0), inverse.diagonal()
    miss = missed(d, b, diagonal, others)
    total = miss.square().sum()
    u = 2 * miss / total / diagonal
    slope = (inverse * (u * miss)) @ inverse
    outer = torch.outer(inverse @ u, d) - torch.outer(inverse @ (others * u), b)
    slope = slope - (outer + outer.mT) / 2
    return math.log(float(total / len(y))) if total > 0 else math.nan, slope
