"""What a regression of given kernel and ridge makes of each design, had it not seen it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...leave_one_out import missed


@dataclass(frozen=True)
class LeftOut:
    """Each design predicted from all others, by one factorisation of (K + r I).

    With B = (K + r I)^-1 the prediction of y_i from the others, which are centred by their own mean
    m_i, misses by [B (y - m_i 1)]_i / B_ii, and its variance is s / B_ii (Rasmussen and Williams,
    Gaussian Processes for Machine Learning, Eq. 5.12; :mod:`torchbdi.leave_one_out` for the
    mean). The scale s is the one for which these variances are true on average.

    Attributes:
        miss: score less prediction, (N,).
        variance: of that, (N,).
        noise: the variance of the noise that the ridge stands for.
    """

    miss: Tensor
    variance: Tensor
    noise: float

    @staticmethod
    def of(k: Tensor, y: Tensor, ridge: float, others: Tensor) -> LeftOut | None:
        """Leaves every design out; None where the matrix has no factor.

        Args:
            k: kernel matrix, (N, N).
            y: scores, (N,).
            ridge: on the scale of the trace.
            others: m_i, the mean of the table's other scores, (N,).
        """
        added = ridge * float(k.diagonal().mean())
        shifted = k.clone()
        shifted.diagonal().add_(added)
        factor, failed = torch.linalg.cholesky_ex(shifted)
        if failed:
            return None
        inverse = torch.cholesky_inverse(factor, out=shifted)
        d, diagonal = inverse @ y, inverse.diagonal()
        miss = missed(d, inverse.sum(0), diagonal, others)
        scale = (miss.square() * diagonal).mean()
        return LeftOut(miss, scale / diagonal, added * float(d @ y) / len(y))

    @property
    def error(self) -> float:
        """Mean squared error."""
        return float(self.miss.square().mean())

    def log_density(self) -> Tensor:
        """Logarithm of the density that each score has in what the others say of it, (N,)."""
        variance = self.variance.clamp_min(1e-300)
        return -(torch.log(2 * math.pi * variance) + self.miss.square() / variance) / 2


def best_ridge(
    k: Tensor, y: Tensor, ridges: Sequence[float], start: float, noise: float, others: Tensor
) -> tuple[float, float]:
    """Goes from a ridge to its neighbours, as long as the leave-one-out error falls.

    Args:
        k: kernel matrix, (N, N).
        y: scores, (N,).
        ridges: ascending, on the scale of the trace.
        start: one of them.
        noise: variance of the scores' noise: ridges that stand for less are passed over, the
            largest one excepted.
        others: see :meth:`LeftOut.of`.

    Returns:
        The ridge, and its mean squared error.
    """
    known: dict[int, float] = {}

    def error(at: int) -> float:
        if not 0 <= at < len(ridges):
            return math.inf
        if at not in known:
            left = LeftOut.of(k, y, ridges[at], others)
            quiet = left is None or (left.noise < noise and at < len(ridges) - 1)
            known[at] = math.inf if quiet or left is None else left.error
        return known[at]

    at = list(ridges).index(start)
    while error(at) == math.inf and at < len(ridges) - 1:
        at += 1
    while True:
        near = min((at, at - 1, at + 1), key=error)
        if near == at:
            return ridges[at], error(at)
        at = near
