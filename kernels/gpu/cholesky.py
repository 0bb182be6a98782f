"""Batched small Cholesky solves by Triton programs, and their gradient.

Up to M = 4 a system is one thread's (:mod:`.lanes`), up to 16 that of 8 or 16 threads
(:mod:`.rows`), up to 64 a warp's, in blocks (:mod:`.blocks`). What has to be checked
is checked by the programs, which raise one flag in memory of the host, so that a solve waits for
the GPU once.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import torch
import triton
from torch import Tensor

from ..errors import InputError, NotPositiveDefiniteError
from ..small.failures import BAD_RIDGE, describe_failures, not_finite
from .blocks import WIDTH, block_kernel
from .device import host_flag, on, raised
from .lanes import BAD_K, BAD_RHS, BAD_SHIFT, lane_kernel
from .outer import outer as write_outer
from .rows import row_kernel

LANE_SIDE = 4  # largest M of which one thread keeps all
LANES = 128  # systems a program there
ROW_SIDE = 16  # largest M of which each of as many threads keeps a column; 32 compiles for a minute
ROW_WARPS = 1  # of a program there
WARPS = 1  # of a program that factors in blocks
MANY = 64  # right-hand sides from which on several programs share one matrix above ROW_SIDE


class SmallSolve(torch.autograd.Function):
    """(k + ridge I)^-1 rhs for M up to 64, and its gradient by the same factor.

    With g = (k + ridge I)^-1 (gradient of x): rhs gets g, k gets -(g x^T + x g^T) in its lower
    triangle (half of that on the diagonal), and ridge gets -g . x.
    """

    @staticmethod
    def forward(ctx: Any, k: Tensor, rhs: Tensor, ridge: Tensor, check: bool = True) -> Tensor:
        """Solves.

        Args:
            ctx: autograd's.
            k: (..., M, M).
            rhs: (..., M, K), with batch dimensions broadcastable to those of k.
            ridge: () or the batch shape of k.
            check: whether to raise where a system cannot be solved.
        """
        x, factor = _solve(k, rhs, ridge, True, check)
        ctx.save_for_backward(k, ridge, factor, x)
        ctx.rhs_shape = rhs.shape
        return x

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor | None, None]:
        """Gradients with respect to k, rhs and ridge."""
        k, ridge, factor, x = ctx.saved_tensors
        if torch.is_grad_enabled():  # the gradient is to be differentiated in turn
            g = SmallSolve.apply(k, grad, ridge)
            product = -(g @ x.mT)
            grad_k = product.tril() + product.mT.tril(-1)
        else:
            g, grad_k = gradients(factor, grad, x)
        grad_ridge = -(g * x).sum((-2, -1)) if ctx.needs_input_grad[2] else None
        if g.shape != ctx.rhs_shape:
            g = g.sum_to_size(ctx.rhs_shape)
        if grad_k.shape != k.shape:
            grad_k = grad_k.sum_to_size(k.shape)
        if grad_ridge is not None:
            grad_ridge = grad_ridge.sum_to_size(ridge.shape)
        return grad_k, g, grad_ridge, None


def solve(k: Tensor, rhs: Tensor, ridge: float | Tensor) -> Tensor:
    """:func:`.small.cholesky.cholesky_solve` for checked shapes, M up to 64 and rhs (..., M, K)."""
    if isinstance(ridge, Tensor):
        ridge = ridge.to(k)
    elif math.isfinite(ridge) and ridge >= 0:
        ridge = _number(float(ridge), k.dtype, k.device)
    else:
        raise InputError(BAD_RIDGE)
    if torch.is_grad_enabled() and (k.requires_grad or rhs.requires_grad or ridge.requires_grad):
        x: Tensor = SmallSolve.apply(k, rhs, ridge)
        return x
    return _solve(k, rhs, ridge, save=False)[0]


@functools.lru_cache(maxsize=64)
def _number(value: float, dtype: torch.dtype, device: torch.device) -> Tensor:
    """A number where the GPU can read it; as an argument of a kernel it would become float32."""
    with torch.inference_mode(False):
        return torch.tensor(value, dtype=dtype, device=device)


def _solve(
    k: Tensor, rhs: Tensor, ridge: Tensor, save: bool, check: bool = True
) -> tuple[Tensor, Tensor | None]:
    """x, (..., M, K), and with ``save`` the factor, (B, M, M) for the batch of x, else None."""
    m = k.shape[-1]
    batch = k.shape[:-2]
    if rhs.shape[:-2] != batch:  # torch.broadcast_shapes takes as long as a launch
        batch = torch.broadcast_shapes(batch, rhs.shape[:-2])
        rhs = rhs.expand(*batch, *rhs.shape[-2:])
    flat = k if k.ndim == 3 else k.reshape(-1, m, m)
    shift = ridge if ridge.ndim < 2 else ridge.reshape(-1)
    alone = batch == k.shape[:-2] and (m <= ROW_SIDE or rhs.shape[-1] < MANY)
    keep = save or not alone or m > ROW_SIDE
    factor = torch.empty(flat.shape, dtype=k.dtype, device=k.device) if keep else None
    if alone:
        return launch(flat, shift, rhs, factor, check), factor
    # Several solves with one matrix, or many columns: it is factored once, by itself.
    assert factor is not None
    launch(flat, shift, k[..., :0], factor, check)
    if batch != k.shape[:-2]:
        factor = factor.view(k.shape).expand(*batch, m, m).reshape(-1, m, m).contiguous()
    return launch(None, None, rhs, factor, check), factor


def launch(
    k: Tensor | None,
    shift: Tensor | None,
    rhs: Tensor,
    factor: Tensor | None,
    check: bool = True,
    outer: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    """Factors k where it is given, then solves.

    Args:
        k: (B, M, M); None: ``factor`` is read.
        shift: added to its diagonal, () or (B,).
        rhs: B matrices (..., M, K), any strides.
        factor: (B, M, M), contiguous; None with k: one is not wanted afterwards.
        check: whether to raise where a matrix, a shift or a right-hand side is not fit.
        outer: for K = 1 and M up to ROW_SIDE: x (..., M, 1), and what receives the gradient of k,
            (..., M, M), when the solution is the gradient of rhs.

    Returns:
        The solutions, (..., M, K).
    """
    *batch, m, columns = rhs.shape
    device = rhs.device
    x = torch.empty(rhs.shape, dtype=rhs.dtype, device=device)
    b = math.prod(batch)
    if b == 0:
        return x
    right = rhs if rhs.ndim == 3 else rhs.reshape(b, m, columns)
    # Programs, or threads, that solve with one matrix; each has a status of its own.
    side_by_side = max(1, columns) if m <= LANE_SIDE else 1
    if k is None and m > ROW_SIDE:  # a grid has fewer than 2^16 programs in this direction
        side_by_side = max(1, min(triton.cdiv(columns, WIDTH.value), 1 << 15))
    status = torch.empty(b, side_by_side, dtype=torch.int32, device=device)
    flag = host_flag(device) if check else status
    matrix, added = right if k is None else k, status if shift is None else shift
    tensors: tuple[Tensor, ...] = (
        matrix,
        added,
        right,
        x if factor is None else factor,
        x,
        status,
        flag,
    )
    strides = (*matrix.stride(), added.stride(0) if added.ndim else 0, *right.stride())
    factors = k is not None
    with on(device):
        if m > ROW_SIDE:
            block_kernel[(b, side_by_side)](
                *tensors, m, columns, *strides, FACTOR=factors, WIDE=columns != 1, num_warps=WARPS
            )
        else:
            tensors += (x, x) if outer is None else outer
            forms = {
                "FACTOR": factors,
                "SAVE": factors and factor is not None,
                "OUTER": outer is not None,
            }
            if m <= LANE_SIDE:
                lane_kernel[(triton.cdiv(b * side_by_side, LANES),)](
                    *tensors,
                    b,
                    columns,
                    *strides,
                    M=m,
                    LANES=LANES,
                    **forms,
                    num_warps=max(1, LANES // 32),
                )
            else:
                side = max(8, triton.next_power_of_2(m))
                group = 32 * ROW_WARPS // side
                row_kernel[(triton.cdiv(b, group),)](
                    *tensors,
                    b,
                    m,
                    columns,
                    *strides,
                    SIDE=side,
                    GROUP=group,
                    **forms,
                    num_warps=ROW_WARPS,
                )
    if check and raised(flag, device) and status.any():
        _explain(status.amax(1).view(batch), m)
    return x


def unchecked(k: Tensor, rhs: Tensor, ridge: float) -> Tensor:
    """:func:`solve` without a look at what failed: for benchmarks, which time the device alone.

    Args:
        k: (B, M, M).
        rhs: (B, M, K).
        ridge: absolute, finite and not negative.
    """
    number = _number(ridge, k.dtype, k.device)
    if k.requires_grad or rhs.requires_grad:
        x: Tensor = SmallSolve.apply(k, rhs, number, False)
        return x
    return _solve(k, rhs, number, save=False, check=False)[0]


def gradients(factor: Tensor, grad: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """g, the gradient of rhs, (..., M, K), and the gradient of k, (..., M, M)."""
    *batch, m, columns = x.shape
    out = torch.empty(*batch, m, m, dtype=x.dtype, device=x.device)
    if columns == 1 and m <= ROW_SIDE:
        return launch(None, None, grad, factor, check=False, outer=(x, out)), out
    g = launch(None, None, grad, factor, check=False)
    write_outer(g, x, out)
    return g, out


def _explain(status: Tensor, m: int) -> None:
    """Raises what the CPU would."""
    for name, flag in (("k", BAD_K.value), ("rhs", BAD_RHS.value)):
        if (status & flag).any():
            raise InputError(not_finite(name))
    if (status & BAD_SHIFT.value).any():
        raise InputError(BAD_RIDGE)
    raise NotPositiveDefiniteError(describe_failures(status, m))
