"""A trained network that a caller brings: a copy, held still, and whether losses can have it."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from .kernels.errors import InputError


def copied(owner: str, network: nn.Module) -> nn.Module:
    """A copy for evaluation, which shares no tensor with the caller's.

    Args:
        owner: whose argument it is, and its name.
        network: what was given.

    Raises:
        InputError: a parameter has no value, or is complex.
    """
    tensors = [*network.parameters(), *network.buffers()]
    if any(nn.parameter.is_lazy(t) or t.is_meta for t in tensors):
        raise InputError(f"{owner} has parameters without values. Train it.")
    if any(t.is_complex() for t in tensors):
        raise InputError(f"{owner} has complex parameters.")
    with torch.no_grad():  # else the copy of a script module is part of a graph
        return copy.deepcopy(network).eval()


def held_still(*networks: nn.Module) -> None:
    """Freezes networks, without what an optimiser of all parameters would move them by."""
    for network in networks:
        for parameter in network.parameters():  # a script module has no requires_grad_
            parameter.requires_grad_(False)
            parameter.grad = None


def try_on(owner: str, network: nn.Module, what: str, x: Tensor) -> None:
    """Asks a network for the scores of some designs.

    Args:
        owner: whose argument it is, and its name.
        network: (..., D) to (...) or (..., 1).
        what: the name of x.
        x: designs, (..., D), that require a gradient.

    Raises:
        InputError: it fails, or gives no finite number with a gradient for each design.
    """
    with torch.enable_grad():
        try:
            out = network(x)
        except Exception as error:
            raise InputError(f"{owner} fails for {what} {tuple(x.shape)}: {error}") from error
    if not isinstance(out, Tensor) or out.shape not in (x.shape[:-1], (*x.shape[:-1], 1)):
        made = tuple(out.shape) if isinstance(out, Tensor) else type(out).__name__
        raise InputError(
            f"{owner} must map (..., D) to (...) or (..., 1); it made {made} of "
            f"{what} {tuple(x.shape)}."
        )
    if not out.is_floating_point() or not torch.isfinite(out).all():
        raise InputError(f"{owner} must give finite real numbers for {what}, got {out.dtype}.")
    if not out.requires_grad:
        raise InputError(f"{owner} gives numbers without a gradient: x_h could not be moved.")
