"""Batched small Cholesky solves by one Triton program a matrix, and their gradient.

What has to be checked is checked by the programs and comes back as one number a matrix, so that a
solve waits for the GPU once.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import triton
from torch import Tensor

from ..errors import InputError, NotPositiveDefiniteError
from ..small.failures import BAD_RIDGE, describe_failures, not_finite
from .device import on
from .factor import BAD_K, BAD_RHS, BAD_SHIFT, outer_kernel, solve_kernel

MAX_WIDTH = 16  # right-hand sides at a time


class SmallSolve(torch.autograd.Function):
    """(k + ridge I)^-1 rhs for M up to 64, and its gradient by the same factor.

    With g = (k + ridge I)^-1 (gradient of x): rhs gets g, k gets -(g x^T + x g^T) in its lower
    triangle (half of that on the diagonal), and ridge gets -g . x.
    """

    @staticmethod
    def forward(ctx: Any, k: Tensor, rhs: Tensor, ridge: Tensor) -> Tensor:
        """Solves.

        Args:
            ctx: autograd's.
            k: (..., M, M).
            rhs: (..., M, K), with batch dimensions broadcastable to those of k.
            ridge: () or the batch shape of k.
        """
        batch = torch.broadcast_shapes(k.shape[:-2], rhs.shape[:-2])
        flat = k.reshape(-1, *k.shape[-2:])
        shift = ridge.expand(k.shape[:-2]).reshape(-1)
        factor = flat.new_empty(flat.shape)
        b = rhs.expand(*batch, *rhs.shape[-2:])
        if batch == k.shape[:-2]:
            x = _launch(flat, shift, b, factor, k.shape[:-2])
        else:  # several solves with one matrix: it is factored once
            _launch(flat, shift, flat[..., :0], factor, k.shape[:-2])
            factor = factor.view(k.shape).expand(*batch, *k.shape[-2:])
            factor = factor.reshape(-1, *k.shape[-2:]).contiguous()
            x = _launch(None, None, b, factor, batch)
        ctx.save_for_backward(k, ridge, factor, x)
        ctx.rhs_shape = rhs.shape
        return x

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        """Gradients with respect to k, rhs and ridge."""
        k, ridge, factor, x = ctx.saved_tensors
        if torch.is_grad_enabled():  # the gradient is to be differentiated in turn
            g = SmallSolve.apply(k, grad, ridge)
            product = -(g @ x.mT)
            grad_k = product.tril() + product.mT.tril(-1)
        else:
            g = _launch(None, None, grad, factor, x.shape[:-2], check=False)
            grad_k = _outer(g, x) if ctx.needs_input_grad[0] else None
        grad_ridge = -(g * x).sum((-2, -1)) if ctx.needs_input_grad[2] else None
        return (
            None if grad_k is None else grad_k.sum_to_size(k.shape),
            g.sum_to_size(ctx.rhs_shape),
            None if grad_ridge is None else grad_ridge.sum_to_size(ridge.shape),
        )


def solve(k: Tensor, rhs: Tensor, ridge: float | Tensor) -> Tensor:
    """:func:`.small.cholesky.cholesky_solve` for checked shapes, M up to 64 and rhs (..., M, K)."""
    if isinstance(ridge, Tensor):
        ridge = ridge.to(k)
    elif math.isfinite(ridge) and ridge >= 0:
        ridge = k.new_full((), ridge)
    else:
        raise InputError(BAD_RIDGE)
    x: Tensor = SmallSolve.apply(k, rhs, ridge)
    return x


def _launch(
    k: Tensor | None,
    shift: Tensor | None,
    rhs: Tensor,
    factor: Tensor,
    batch: torch.Size,
    check: bool = True,
) -> Tensor:
    """Factors k into ``factor`` where it is given, then solves.

    Args:
        k: (B, M, M).
        shift: added to its diagonal, (B,).
        rhs: B matrices (..., M, K), any strides.
        factor: (B, M, M), contiguous.
        batch: batch shape of rhs, to name matrices with.
        check: whether to raise where a matrix, a shift or a right-hand side is not fit.

    Returns:
        The solutions, (..., M, K).
    """
    b, m, _ = factor.shape
    columns = rhs.shape[-1]
    x = factor.new_empty(*batch, m, columns)
    if b == 0:
        return x
    right = rhs.reshape(b, m, columns)
    status = torch.empty(b, dtype=torch.int32, device=factor.device)
    matrix, added = factor if k is None else k, status if shift is None else shift
    side = triton.next_power_of_2(m)
    with on(factor.device):
        solve_kernel[(b,)](
            matrix,
            added,
            right,
            factor,
            x,
            status,
            m,
            columns,
            *matrix.stride(),
            added.stride(0),
            *right.stride(),
            FACTOR=k is not None,
            SIDE=side,
            WIDTH=min(MAX_WIDTH, triton.next_power_of_2(max(1, columns))),
            num_warps=max(1, side * side // 1024),
        )
    if check and status.any():
        _explain(status.view(batch), m)
    return x


def _explain(status: Tensor, m: int) -> None:
    """Raises what the CPU would."""
    for name, flag in (("k", BAD_K.value), ("rhs", BAD_RHS.value)):
        if (status & flag).any():
            raise InputError(not_finite(name))
    if (status & BAD_SHIFT.value).any():
        raise InputError(BAD_RIDGE)
    raise NotPositiveDefiniteError(describe_failures(status, m))


def _outer(g: Tensor, x: Tensor) -> Tensor:
    """The gradient of k, (..., M, M), from g and x, (..., M, K)."""
    *batch, m, columns = x.shape
    out = x.new_empty(*batch, m, m)
    if out.numel():
        side = triton.next_power_of_2(m)
        with on(x.device):
            outer_kernel[(out.numel() // (m * m),)](
                g, x, out, m, columns, SIDE=side, num_warps=max(1, side * side // 1024)
            )
    return out
