"""Gram matrices of zonal kernels, k(x, x') = |x||x'|/D * kappa(theta), and their gradient.

A Gram matrix costs one matrix product, one acos and one short polynomial, nearly whatever the depth
of the network. Blocks of rows keep every temporary in cache.

Gradient, with c = cos(theta) and x_hat = x/|x|:

    dk/dx = |x'|/D [ kappa x_hat + (dkappa/dc)(x_hat' - c x_hat) ]

The kernel has kinks at theta = 0 and, from depth 2 on, at theta = pi. There the tangential term is
taken as 0; the radial term stays and is exact (x . dk/dx = k). A zero vector has gradient 0.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from .errors import TorchBDIError
from .profile import Profile, fit_profile
from .recursion import KINK_EPS, ReLUStack, angular_recursion, diagonal_recursion

# Entries a block: a few temporaries of this size stay in the second-level cache.
BLOCK_ENTRIES = 1 << 17


def unit_rows(x: Tensor) -> tuple[Tensor, Tensor]:
    """Splits rows into direction and length.

    Args:
        x: (..., N, D).

    Returns:
        x_hat (..., N, D), 0 for a zero row, and |x| (..., N, 1).
    """
    norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    return x / torch.where(norm > 0, norm, 1), norm


def evaluate_(stack: ReLUStack, profile: Profile | None, c: Tensor, slope: Tensor | None) -> None:
    """Turns cosines into kappa, in place.

    Args:
        stack: the network, used where there is no profile.
        profile: kappa as a polynomial, or None.
        c: cosines, any shape; overwritten with kappa.
        slope: where given, receives d kappa / d cos; 0 at the kinks.
    """
    c.clamp_(-1, 1)
    if slope is not None:
        # slope holds 1 / sin until kappa' is known; 0 at the kinks.
        torch.mul(c, c, out=slope).neg_().add_(1).sqrt_()
        smooth = c.abs() < 1 - KINK_EPS * torch.finfo(c.dtype).eps
        slope.reciprocal_().neg_().masked_fill_(~smooth, 0)
    c.acos_()
    if profile is None:
        value, derivative = angular_recursion(stack, c)
        c.copy_(value)
        if slope is not None:
            slope.mul_(derivative)
        return
    t = c.mul(2 / math.pi).sub_(1)
    if slope is not None:
        slope.mul_(_horner(profile.slope, t, c))
    _horner(profile.value, t, c)


def _horner(coefficients: tuple[float, ...], t: Tensor, out: Tensor) -> Tensor:
    scalars = [t.new_tensor(value) for value in coefficients]
    if len(scalars) == 1:
        return out.fill_(scalars[0])
    torch.mul(t, scalars[-1], out=out).add_(scalars[-2])
    for scalar in scalars[-3::-1]:
        torch.addcmul(scalar, out, t, out=out)
    return out


def gram_(
    stack: ReLUStack,
    x1: tuple[Tensor, Tensor],
    x2: tuple[Tensor, Tensor],
    out: Tensor,
    slope: Tensor | None = None,
) -> None:
    """Writes the Gram matrix into a buffer.

    Args:
        stack: the network, without biases.
        x1: directions (..., N1, D) and lengths (..., N1, 1).
        x2: directions (..., N2, D) and lengths (..., N2, 1).
        out: contiguous (..., N1, N2), receives k.
        slope: where given, the shape of out, receives |x||x'|/D dkappa/dc.
    """
    profile = fit_profile(stack)
    (hat1, norm1), (hat2, norm2) = x1, x2
    rows, columns = norm1 / hat1.shape[-1], norm2.mT
    if out.ndim > 2:
        torch.matmul(hat1, hat2.mT, out=out)
        evaluate_(stack, profile, out, slope)
        for result in (out, slope):
            if result is not None:
                result.mul_(rows).mul_(columns)
        return
    step = max(1, BLOCK_ENTRIES // max(1, out.shape[1]))
    for i in range(0, out.shape[0], step):
        block = out[i : i + step]
        block_slope = None if slope is None else slope[i : i + step]
        torch.mm(hat1[i : i + step], hat2.mT, out=block)
        evaluate_(stack, profile, block, block_slope)
        block.mul_(rows[i : i + step]).mul_(columns)
        if block_slope is not None:
            block_slope.mul_(rows[i : i + step]).mul_(columns)


class ZonalGram(torch.autograd.Function):
    """k(x1, x2) with the gradient of the module docstring."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, stack: ReLUStack, x1: Tensor, x2: Tensor | None
    ) -> Tensor:
        """Computes the Gram matrix; x1 (..., N1, D), x2 (..., N2, D) or None for x1."""
        unit1 = unit_rows(x1)
        unit2 = unit1 if x2 is None else unit_rows(x2)
        batch = torch.broadcast_shapes(unit1[0].shape[:-2], unit2[0].shape[:-2])
        k = x1.new_empty(*batch, x1.shape[-2], unit2[0].shape[-2])
        need = any(ctx.needs_input_grad)
        slope = torch.empty_like(k) if need else None
        gram_(stack, unit1, unit2, k, slope)
        if x2 is None:
            q = unit1[1].squeeze(-1) ** 2 * (stack.w / x1.shape[-1])
            diagonal, _ = diagonal_recursion(stack, q)
            k.diagonal(dim1=-2, dim2=-1).copy_(diagonal)
            if slope is not None:
                slope.diagonal(dim1=-2, dim2=-1).zero_()
        if need:
            ctx.symmetric = x2 is None
            ctx.save_for_backward(k, slope, *unit1, *unit2)
        return k

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[None, Tensor | None, Tensor | None]:  # type: ignore[override]
        """Gradients with respect to x1 and x2."""
        refuse_second_derivative()
        k, slope, hat1, norm1, hat2, norm2 = ctx.saved_tensors
        along, across = grad * k, grad * slope
        grad1 = grad2 = None
        if ctx.needs_input_grad[1]:
            grad1 = _pull_back(along, across, hat1, norm1, hat2)
            if ctx.symmetric:
                grad1 = grad1 + _pull_back(along.mT, across.mT, hat2, norm2, hat1)
            grad1 = _sum_to(grad1, hat1)
        if not ctx.symmetric and ctx.needs_input_grad[2]:
            grad2 = _sum_to(_pull_back(along.mT, across.mT, hat2, norm2, hat1), hat2)
        return None, grad1, grad2


def _pull_back(along: Tensor, across: Tensor, hat: Tensor, norm: Tensor, other: Tensor) -> Tensor:
    """Sum over the second argument of radial and tangential parts, (..., N, D)."""
    toward = across @ other
    # sum_j across_ij c_ij is toward . x_hat: the tangential part is a projection.
    tangential = toward - (toward * hat).sum(-1, keepdim=True) * hat
    radial = along.sum(-1, keepdim=True) * hat
    inverse = torch.where(norm > 0, 1 / torch.where(norm > 0, norm, 1), 0)
    return (radial + tangential) * inverse


def _sum_to(grad: Tensor, like: Tensor) -> Tensor:
    return grad if grad.shape == like.shape else grad.sum_to_size(like.shape)


def refuse_second_derivative() -> None:
    """Raises where autograd would record a backward written by hand."""
    if torch.is_grad_enabled():
        raise TorchBDIError(
            "the NTK and NNGP kernels have no second derivatives: their backward is written by "
            "hand. Call backward() or torch.autograd.grad() without create_graph=True."
        )
