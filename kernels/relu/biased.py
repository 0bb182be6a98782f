"""Gram matrices of ReLU kernels with biases, through the full recursion, and their gradient."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .. import gpu
from ..by_hand import refuse_second_derivative
from .layers import covariance_recursion
from .pairs import Pairs, near_entries
from .recursion import ReLUStack, diagonal_recursion


class BiasedGram(torch.autograd.Function):
    """k(x1, x2) from covariances s = w x.x'/D + b and q = w |x|^2/D + b.

    dk/dx = w/D (dk/ds x' + 2 dk/dq x). At coincident and opposite directions the derivative of
    the angle is taken as 0, as in the zonal case.
    """

    @staticmethod
    def forward(ctx: Any, stack: ReLUStack, x1: Tensor, x2: Tensor | None) -> Tensor:
        """Computes the Gram matrix; x1 (..., N1, D), x2 (..., N2, D) or None for x1."""
        ctx.stack, ctx.symmetric = stack, x2 is None
        other = x1 if x2 is None else x2
        ctx.save_for_backward(x1, other)
        k, _, pairs = _gram(stack, x1, other, ctx.symmetric, derivative=False)
        if pairs is not None:
            k[pairs.entries] = pairs.values(stack)
        return k

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[None, Tensor | None, Tensor | None]:
        """Gradients with respect to x1 and x2."""
        refuse_second_derivative()
        x1, x2 = ctx.saved_tensors
        _, (ds, dq1, dq2), pairs = _gram(ctx.stack, x1, x2, ctx.symmetric, derivative=True)
        scale = ctx.stack.w / int(x1.shape[-1])
        grad1 = grad2 = None
        ds, dq1, dq2 = (scale * grad * d for d in (ds, dq1, dq2))
        if pairs is not None:
            for d in (ds, dq1, dq2):
                d[pairs.entries] = 0
        if ctx.needs_input_grad[1]:
            grad1 = ds @ x2 + 2 * dq1.sum(-1, keepdim=True) * x1
        if ctx.symmetric or ctx.needs_input_grad[2]:
            grad2 = ds.mT @ x1 + 2 * dq2.mT.sum(-1, keepdim=True) * x2
        if pairs is not None:
            rows, cols = (None if g is None else g.view(-1, g.shape[-1]) for g in (grad1, grad2))
            pairs.add_gradients_(ctx.stack, grad[pairs.entries], rows, cols)
        if ctx.symmetric:
            return None, None if grad1 is None or grad2 is None else grad1 + grad2, None
        return (
            None,
            None if grad1 is None else grad1.sum_to_size(x1.shape),
            None if grad2 is None else grad2.sum_to_size(x2.shape),
        )


def input_covariance(stack: ReLUStack, x: Tensor) -> Tensor:
    """q = w |x|^2 / D + b, (..., N)."""
    square = torch.linalg.vector_norm(x, dim=-1).square()  # keeps no x * x, forward or backward
    return stack.w / int(x.shape[-1]) * square + stack.b


def _gram(
    stack: ReLUStack, x1: Tensor, x2: Tensor, symmetric: bool, derivative: bool
) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor], Pairs | None]:
    """k, its partial derivatives (k itself where not asked for), and the pairs still to be done."""
    q1 = input_covariance(stack, x1)
    q2 = q1 if symmetric else input_covariance(stack, x2)
    if gpu.takes(x1):
        from ..gpu.biased import recursion

        k, grads, entries = recursion(stack, x1, x2, q1, q2, derivative, symmetric)
    else:
        s = stack.w / int(x1.shape[-1]) * (x1 @ x2.mT) + stack.b
        rows, cols = q1.unsqueeze(-1), q2.unsqueeze(-2)
        entries = near_entries(s, rows, cols)
        if entries is not None and symmetric:  # the diagonal has a closed form
            entries = tuple(e[entries[-2] != entries[-1]] for e in entries)
        k, grads = covariance_recursion(stack, s, rows, cols, derivative)
    pairs = None
    if entries is not None and len(entries[0]):
        pairs = Pairs(entries, x1, x2, k.shape)
    if symmetric:
        value, slope = diagonal_recursion(stack, q1)
        k.diagonal(dim1=-2, dim2=-1).copy_(value)
        if grads is not None:
            # k(x, x) depends on q alone: half of its slope goes to either argument.
            for d, part in zip(grads, (0.0, slope / 2, slope / 2), strict=True):
                d.diagonal(dim1=-2, dim2=-1).fill_(part)
    return k, grads if grads is not None else (k, k, k), pairs
