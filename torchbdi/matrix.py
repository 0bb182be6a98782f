"""The Gram matrix of a kernel over one table, computed block by block when a solver asks."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from .kernels.solve.operator import GramOperator, Index, set_diagonal


class Covariance(Protocol):
    """What this module needs of a kernel; :class:`Kernel` has it."""

    def gram(self, x1: Tensor, x2: Tensor | None) -> Tensor:
        """The Gram matrix of checked designs, (..., N1, N2)."""

    def diagonal(self, x: Tensor) -> Tensor:
        """The diagonal of checked designs, (..., N)."""


class KernelMatrix(GramOperator):
    """K(x, x) of any kernel module.

    Args:
        kernel: the kernel.
        x: designs, (N, D).
    """

    @torch.no_grad()
    def __init__(self, kernel: Covariance, x: Tensor):
        self.kernel, self.x = kernel, x
        self.n, self.width = x.shape
        self.dtype, self.device = x.dtype, x.device
        self._diagonal = kernel.diagonal(x)

    @torch.no_grad()
    def fill(self, rows: Index, cols: Index, out: Tensor) -> None:
        """See :meth:`GramOperator.fill`."""
        out.copy_(self.kernel.gram(self.x[rows], self.x[cols]))
        set_diagonal(out, rows, cols, self._diagonal)

    def diagonal(self) -> Tensor:
        """See :meth:`GramOperator.diagonal`."""
        return self._diagonal
