"""The Gram matrix of a kernel over one table, computed block by block when a solver asks."""

from __future__ import annotations

import torch
from torch import Tensor

from .covariance import Covariance, check_diagonal, diagonal_of, gram_of
from .kernels.solve.operator import GramOperator, Index, set_diagonal


class KernelMatrix(GramOperator):
    """K(x, x) of any kernel module.

    Args:
        kernel: the kernel.
        x: designs, (N, D).

    Raises:
        InputError: what the kernel gives has another shape or dtype, or two diagonals.
    """

    @torch.no_grad()
    def __init__(self, kernel: Covariance, x: Tensor):
        self.kernel, self.x = kernel, x
        self.n, self.width = x.shape
        self.dtype, self.device = x.dtype, x.device
        self._diagonal = diagonal_of(kernel, x)
        check_diagonal(kernel, x)

    @torch.no_grad()
    def fill(self, rows: Index, cols: Index, out: Tensor) -> None:
        """See :meth:`GramOperator.fill`."""
        out.copy_(gram_of(self.kernel, self.x[rows], self.x[cols]))
        set_diagonal(out, rows, cols, self._diagonal)

    def diagonal(self) -> Tensor:
        """See :meth:`GramOperator.diagonal`."""
        return self._diagonal
