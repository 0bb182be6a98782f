"""Gram matrices of zonal kernels, k(x, x') = |x||x'|/D * kappa(theta), and their gradient.

A Gram matrix costs one matrix product, one arcsine and one short polynomial, nearly whatever the
depth of the network; :mod:`.zonal.tiles` computes it.

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

from .. import gpu
from ..by_hand import refuse_second_derivative
from ..pieces import pieces
from ..relu.recursion import ReLUStack, diagonal_recursion
from .near import Near
from .tiles import ENTRIES, gram_, tile_shape


def unit_rows(x: Tensor) -> tuple[Tensor, Tensor]:
    """Splits rows into direction and length.

    Args:
        x: (..., N, D).

    Returns:
        x_hat (..., N, D), 0 for a zero row, and |x| (..., N, 1).
    """
    largest = torch.linalg.vector_norm(x, math.inf, dim=-1, keepdim=True)
    limits = torch.finfo(x.dtype)
    odd = (largest > 1e-6 * limits.max**0.5) | ((largest < 1e6 * limits.tiny**0.5) & (largest > 0))
    if not odd.any():
        norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        return x / torch.where(norm > 0, norm, 1), norm
    # Squares would leave the range of the dtype.
    scale = torch.where(odd, largest, 1)
    hat, norm = unit_rows(x / scale)
    return hat, norm * scale


def inverse_lengths(norm: Tensor) -> Tensor:
    """1/|x|, 0 for a zero row, the shape of |x|."""
    return torch.where(norm > 0, 1 / torch.where(norm > 0, norm, 1), 0)


class ZonalGram(torch.autograd.Function):
    """k(x1, x2) with the gradient of the module docstring."""

    @staticmethod
    def forward(
        ctx: Any,
        stack: ReLUStack,
        x1: Tensor,
        x2: Tensor | None,
        unit2: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor:
        """Computes the Gram matrix.

        Args:
            ctx: autograd's.
            stack: the network, without biases.
            x1: (..., N1, D).
            x2: (..., N2, D), or None for x1.
            unit2: ``unit_rows(x2)`` where it is there already.
        """
        unit1 = unit_rows(x1)
        if unit2 is None:
            unit2 = unit1 if x2 is None else unit_rows(x2)
        batch = torch.broadcast_shapes(unit1[0].shape[:-2], unit2[0].shape[:-2])
        k = x1.new_empty(*batch, x1.shape[-2], unit2[0].shape[-2])
        need = any(ctx.needs_input_grad)
        slope = torch.empty_like(k) if need else None
        near = gram_(stack, unit1, unit2, k, slope)
        if x2 is None:
            q = unit1[1].squeeze(-1) ** 2 * (stack.w / x1.shape[-1])
            diagonal, _ = diagonal_recursion(stack, q)
            k.diagonal(dim1=-2, dim2=-1).copy_(diagonal)
            if slope is not None:
                slope.diagonal(dim1=-2, dim2=-1).zero_()
        if need:
            ctx.symmetric, ctx.near = x2 is None, near
            ctx.save_for_backward(k, slope, *unit1, *unit2)
        return k

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[None, Tensor | None, Tensor | None, None]:
        """Gradients with respect to x1 and x2."""
        refuse_second_derivative()
        k, slope, hat1, norm1, hat2, norm2 = ctx.saved_tensors
        grad1 = grad2 = None
        if ctx.needs_input_grad[1]:
            both = grad + grad.mT if ctx.symmetric else grad
            grad1 = pull_back(both, k, slope, hat1, norm1, hat2, ctx.near)
        if not ctx.symmetric and ctx.needs_input_grad[2]:
            near = None if ctx.near is None else ctx.near.swapped()
            grad2 = pull_back(grad.mT, k.mT, slope.mT, hat2, norm2, hat1, near)
        return None, grad1, grad2, None


def pull_back(
    grad: Tensor,
    k: Tensor,
    slope: Tensor,
    hat: Tensor,
    norm: Tensor,
    other: Tensor,
    near: Near | None = None,
) -> Tensor:
    """The gradient of sum(grad * k) with respect to the rows' designs.

    Args:
        grad: (..., N1, N2).
        k: kernel values, the shape of grad.
        slope: |x||x'|/D dkappa/dc, the shape of grad.
        hat: directions of the rows' designs, (..., N1, D), with batch dimensions broadcastable to
            those of grad.
        norm: their lengths, (..., N1, 1).
        other: directions of the columns' designs, (..., N2, D).
        near: pairs that ``slope`` leaves out.

    Returns:
        The shape of hat.
    """
    if grad.ndim > 2 and other.ndim == 2 and hat.ndim == grad.ndim:  # rows can be stacked
        grad, k, slope = (g.reshape(-1, g.shape[-1]) for g in (grad, k, slope))
        if near is not None:
            near = Near(near.rows, near.cols % len(other), near.signs, near.slopes)
        rows = hat.flatten(0, -2), norm.flatten(0, -2)
        return pull_back(grad, k, slope, *rows, other, near).view_as(hat)
    if gpu.takes(grad):
        from ..gpu.contract import contract

        radial, toward = contract(grad, k, slope, other)
    elif grad.ndim == 2 and grad.numel() > ENTRIES:
        radial, toward = _contract(grad, k, slope, other)
    else:
        radial = torch.linalg.vecdot(grad, k).unsqueeze(-1)
        toward = (grad * slope) @ other
    if near is not None:
        _add_near_(toward, near, grad, hat, other)
    # sum_j (grad slope)_ij c_ij is toward . x_hat: the tangential part is a projection.
    along = radial - torch.linalg.vecdot(toward, hat).unsqueeze(-1)
    return toward.addcmul_(along, hat).mul_(inverse_lengths(norm)).sum_to_size(hat.shape)


def _add_near_(toward: Tensor, near: Near, grad: Tensor, hat: Tensor, other: Tensor) -> None:
    """Adds the tangential share of near pairs to ``toward``, (..., N1, D)."""
    *batch, n1, n2 = grad.shape
    member, i, j = near.rows // n1, near.rows % n1, near.cols % n2
    weights = grad.reshape(-1, n1, n2)[member, i, j]
    rows, cols = (x.expand(*batch, *x.shape[-2:]).reshape(-1, x.shape[-1]) for x in (hat, other))
    near.add_toward_(toward.view(-1, toward.shape[-1]), rows, cols, weights)


def _contract(grad: Tensor, k: Tensor, slope: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """sum_j (grad k)_ij, (N1, 1), and sum_j (grad slope)_ij x_hat_j, (N1, D), by tiles."""
    n1, n2 = grad.shape
    radial, toward = k.new_zeros(n1, 1), k.new_zeros(n1, other.shape[1])
    rows, cols = tile_shape(n1, n2, other.shape[1], k.device)

    buffer = k.new_empty(rows * cols)
    for i in pieces(n1, rows):
        for j in pieces(n2, cols):
            g = grad[i, j]
            tile = buffer[: g.numel()].view(g.shape)
            torch.mul(g, slope[i, j], out=tile)
            toward[i].addmm_(tile, other[j])
            torch.mul(g, k[i, j], out=tile)
            radial[i] += tile.sum(1, keepdim=True)
    return radial, toward
