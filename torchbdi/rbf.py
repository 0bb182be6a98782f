"""The Gaussian kernel of the paper's NTK2RBF ablation."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .kernel import Kernel
from .kernels.errors import InputError
from .kernels.solve.operator import GramOperator, Index, set_diagonal
from .matrix import KernelMatrix


class RBF(Kernel):
    """exp(-gamma |x - x'|^2).

    Args:
        gamma: inverse squared length; None means 1/D of the designs it is called with.

    Raises:
        InputError: gamma is not finite and > 0.
    """

    def __init__(self, gamma: float | None = None):
        super().__init__()
        if gamma is not None and not (math.isfinite(gamma) and gamma > 0):
            raise InputError(f"RBF: gamma must be finite and > 0, or None for 1/D, got {gamma!r}.")
        self.gamma = gamma

    def gram(self, x1: Tensor, x2: Tensor | None) -> Tensor:
        """See :meth:`Kernel.forward`."""
        other = x1 if x2 is None else x2
        # Centred, so that |x|^2 + |x'|^2 - 2 x.x' cancels as little as possible.
        centre = other.detach().reshape(-1, other.shape[-1]).mean(0)
        gamma = self.gamma_for(x1)
        exponent = left_factor(x1 - centre, gamma) @ right_factor(other - centre, gamma).mT
        if x2 is None:
            eye = torch.eye(x1.shape[-2], dtype=torch.bool, device=x1.device)
            exponent = exponent.masked_fill(eye, 0)
        return torch.exp(exponent.clamp_max(0))

    def matrix(self, x: Tensor) -> GramOperator:
        """See :meth:`Kernel.matrix`."""
        return RBFMatrix(self, x)

    def gamma_for(self, x: Tensor) -> float:
        """The inverse squared length for designs x, (..., D)."""
        return 1 / x.shape[-1] if self.gamma is None else self.gamma

    def diagonal(self, x: Tensor) -> Tensor:
        """See :meth:`Kernel.diag`."""
        return torch.ones_like(x[..., 0])

    def extra_repr(self) -> str:
        """The arguments of the constructor."""
        return f"gamma={self.gamma}"


class RBFMatrix(KernelMatrix):
    """K(x, x) of the Gaussian kernel; what does not depend on the block is computed once.

    Args:
        kernel: the kernel.
        x: designs, (N, D).
    """

    @torch.no_grad()
    def __init__(self, kernel: RBF, x: Tensor):
        super().__init__(kernel, x)
        centred, gamma = x - x.mean(0), kernel.gamma_for(x)
        self.left, self.right = left_factor(centred, gamma), right_factor(centred, gamma)

    @torch.no_grad()
    def fill(self, rows: Index, cols: Index, out: Tensor) -> None:
        """See :meth:`GramOperator.fill`. In place: temporaries would take as long again."""
        torch.mm(self.left[rows], self.right[cols].mT, out=out).clamp_max_(0).exp_()
        set_diagonal(out, rows, cols, self._diagonal)


def left_factor(x: Tensor, gamma: float) -> Tensor:
    """A (..., N, D + 2), whose product A B^T with :func:`right_factor` is -gamma |x - x'|^2."""
    squares = (x * x).sum(-1, keepdim=True)
    return torch.cat([2 * gamma * x, -gamma * squares, torch.ones_like(squares)], -1)


def right_factor(x: Tensor, gamma: float) -> Tensor:
    """B (..., N, D + 2), see :func:`left_factor`."""
    squares = (x * x).sum(-1, keepdim=True)
    return torch.cat([x, torch.ones_like(squares), -gamma * squares], -1)
