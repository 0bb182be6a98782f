"""What a gradient that is written by hand needs of its inputs, and what it refuses."""

from __future__ import annotations

import torch
from torch import Tensor

from .errors import TorchBDIError


def ordinary(x: Tensor) -> Tensor:
    """x, or a copy of it that autograd may save where x was made in inference mode."""
    if x.is_inference() and not torch.is_inference_mode_enabled():
        return x.clone()
    return x


def refuse_second_derivative() -> None:
    """Raises where autograd would record a backward written by hand.

    Raises:
        TorchBDIError: it would; says what to leave out.
    """
    if torch.is_grad_enabled():
        raise TorchBDIError(
            "the kernel has no second derivatives: its backward is written by hand, as that of NTK "
            "and NNGP is. Call backward() or torch.autograd.grad() without create_graph=True."
        )
