"""The Gaussian kernel of the paper's NTK2RBF ablation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from .gaussian import GaussianGram, centred, correct_, far_pairs, left_factor, right_factor
from .kernel import Kernel
from .kernels.solve.operator import GramOperator, Index, set_diagonal
from .matrix import KernelMatrix
from .values import number


class RBF(Kernel):
    """exp(-gamma |x - x'|^2).

    Args:
        gamma: inverse squared length; None means 1/D of the designs it is called with.

    Raises:
        InputError: gamma is not finite and > 0.
    """

    def __init__(self, gamma: float | None = None):
        super().__init__()
        self.gamma = None if gamma is None else number("RBF", "gamma", gamma, above=0)

    def gram(self, x1: Tensor, x2: Tensor | None) -> Tensor:
        """See :meth:`Kernel.forward`."""
        k: Tensor = GaussianGram.apply(self.gamma_for(x1), x1, x2)
        return k

    def matrix(self, x: Tensor) -> GramOperator:
        """See :meth:`Kernel.matrix`."""
        return RBFMatrix(self, x) if self.computes_as(RBF) else super().matrix(x)

    def gamma_for(self, x: Tensor) -> float:
        """The inverse squared length for designs x, (..., D)."""
        return 1 / int(x.shape[-1]) if self.gamma is None else self.gamma

    def diagonal(self, x: Tensor) -> Tensor:
        """See :meth:`Kernel.diag`."""
        return torch.ones_like(x[..., 0])

    def settings(self) -> Mapping[str, Any]:
        """The argument of the constructor."""
        return {"gamma": self.gamma}


class RBFMatrix(KernelMatrix):
    """K(x, x) of the Gaussian kernel; what does not depend on the block is computed once.

    Args:
        kernel: the kernel.
        x: designs, (N, D).
    """

    entries = "gaussian"

    @torch.no_grad()
    def __init__(self, kernel: RBF, x: Tensor):
        super().__init__(kernel, x)
        self.gamma = kernel.gamma_for(x)
        a, b, s1, s2, _ = centred(self.gamma, x, x)
        self.left, self.right = left_factor(a, self.gamma, s1), right_factor(b, s2)
        self.squares = s1

    @torch.no_grad()
    def fill(self, rows: Index, cols: Index, out: Tensor) -> None:
        """See :meth:`GramOperator.fill`. In place: temporaries would take as long again."""
        torch.mm(self.left[rows], self.right[cols].mT, out=out)
        pairs = far_pairs(out, self.squares[rows], self.squares[cols], self.width)
        if pairs is not None:
            correct_(out, self.gamma, self.x[rows], self.x[cols], pairs)
        out.clamp_max_(0).exp_()
        set_diagonal(out, rows, cols, self._diagonal)
