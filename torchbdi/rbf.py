"""The Gaussian kernel of the paper's NTK2RBF ablation."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .kernel import Kernel
from .kernels.errors import InputError


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
        gamma = 1 / x1.shape[-1] if self.gamma is None else self.gamma
        other = x1 if x2 is None else x2
        # Centred, so that |x|^2 + |x'|^2 - 2 x.x' cancels as little as possible.
        centre = other.detach().reshape(-1, other.shape[-1]).mean(0)
        a, b = x1 - centre, other - centre
        squared = (a * a).sum(-1).unsqueeze(-1) + (b * b).sum(-1).unsqueeze(-2) - 2 * (a @ b.mT)
        if x2 is None:
            eye = torch.eye(x1.shape[-2], dtype=torch.bool, device=x1.device)
            squared = squared.masked_fill(eye, 0)
        return torch.exp(-gamma * squared.clamp_min(0))

    def diagonal(self, x: Tensor) -> Tensor:
        """See :meth:`Kernel.diag`."""
        return torch.ones_like(x[..., 0])

    def extra_repr(self) -> str:
        """The arguments of the constructor."""
        return f"gamma={self.gamma}"
