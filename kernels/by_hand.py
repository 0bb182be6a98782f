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


def refuse_second_derivative(
    what: str = "the kernel",
    why: str = "its backward is written by hand, as that of NTK and NNGP is",
) -> None:
    """Raises where autograd would record a backward written by hand.

    Not torch's ``once_differentiable``: it does so only where the gradient that comes in is itself
    differentiable, and else lets what the backward depends on count as constant, in silence.

    Args:
        what: has no second derivatives, as the message begins.
        why: it has none.

    Raises:
        TorchBDIError: it would; says what to leave out.
    """
    if torch.is_grad_enabled():
        raise TorchBDIError(
            f"{what} has no second derivatives: {why}. Call backward() or torch.autograd.grad() "
            "without create_graph=True."
        )
