"""The Gaussian process that a kernel ridge regression is the mean of, given its data."""

from __future__ import annotations

import torch
from torch import Tensor

from .kernel import Kernel
from .kernels.errors import NotPositiveDefiniteError


def factor_of(k: Tensor, ridge: float) -> Tensor:
    """The Cholesky factor of K, which has its ridge, (N, N).

    Raises:
        NotPositiveDefiniteError: names the ridge.
    """
    factor, failed = torch.linalg.cholesky_ex(k)
    if failed:
        raise NotPositiveDefiniteError(
            f"the kernel matrix of {len(k)} designs has no Cholesky factor with {ridge:.3g} added "
            "to its diagonal: some are equal, or nearly so. Take a larger ridge."
        )
    return factor


class Posterior:
    """How far a regression can be off, by the Gaussian process that it is the mean of.

    The scale of the process is the one of largest likelihood, y (K + ridge I)^-1 y / N.

    Args:
        kernel: the kernel.
        x: designs of the data, (N, D); N^2 numbers are kept.
        y: their scores, (N,).
        ridge: what is added to the diagonal of K.
    """

    @torch.no_grad()
    def __init__(self, kernel: Kernel, x: Tensor, y: Tensor, ridge: float):
        self.kernel, self.x, self.y, self.ridge = kernel, x, y, ridge
        k = kernel(x)
        k.diagonal().add_(ridge)
        self.factor = factor_of(k, ridge)
        half = torch.linalg.solve_triangular(self.factor, y[:, None], upper=False)
        self.scale = float(half.square().sum() / len(y))

    @torch.no_grad()
    def whitened(self, x: Tensor) -> Tensor:
        """L^-1 k(x_l, x), (N, n)."""
        return torch.linalg.solve_triangular(self.factor, self.kernel(self.x, x), upper=False)

    def deviation(self, x: Tensor) -> Tensor:
        """Standard deviation of the process at designs (n, D), given the data, (n,)."""
        variance = self.kernel.diag(x) - self.whitened(x).square().sum(0)
        return (self.scale * variance.clamp_min(0)).sqrt()
