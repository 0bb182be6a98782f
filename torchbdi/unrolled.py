"""One gradient step of a network as a function of the designs it is taken on (Eq. 9).

For a group of M designs the step theta* = theta - (eta/M) d||y_h - f(X_h)||^2 / d theta adds a
matrix of rank M to every layer, V_l* = V_l + sum_m g_lm a_lm^T, where a_lm is what enters layer l
for design m and g_lm = (2 rate_l / M) (y_h - f(x_m)) df(x_m)/dz_l. So h V_l*^T is computed as
h V_l^T + (h a_l^T) g_l, and no group has weights of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from .kernels.by_hand import refuse_second_derivative

# Activations that are held at a time. Not a share of what is free: sums would then be taken in
# another order in a resumed run.
CHUNK_BYTES = {"cpu": 16 << 20, "cuda": 2 << 30}


def linearise(weights: Sequence[Tensor], x: Tensor) -> tuple[list[Tensor], list[Tensor], Tensor]:
    """A forward and a backward pass of the network.

    Args:
        weights: V_1 .. V_L; taken as constants.
        x: designs, (B, M, D).

    Returns:
        Inputs a_l of every layer, (B, M, inputs); derivatives df/dz_l by its outputs, (B, M,
        outputs); and f, (B, M). Differentiable in x (the derivatives are locally constant).
    """
    inputs, active = [x], []
    for weight in weights[:-1]:
        z = inputs[-1] @ weight.mT
        active.append(z > 0)
        inputs.append(z.relu())
    f = (inputs[-1] @ weights[-1].mT).squeeze(-1)
    slopes = [torch.ones_like(f).unsqueeze(-1)]
    for weight, mask in zip(reversed(weights[1:]), reversed(active), strict=True):
        slopes.append((slopes[-1] @ weight) * mask)
    return inputs, slopes[::-1], f


def tangent_diagonal(
    inputs: Sequence[Tensor], slopes: Sequence[Tensor], rates: Sequence[float]
) -> Tensor:
    """Tangent kernel k(x, x) of the finite network, (B, M).

    Args:
        inputs: of every layer, as :func:`linearise` returns them.
        slopes: likewise.
        rates: factor of each layer's rate (see :class:`torchbdi.network.MLP`).
    """
    squares = (a.square().sum(-1) * d.square().sum(-1) for a, d in zip(inputs, slopes, strict=True))
    return torch.stack([rate * s for rate, s in zip(rates, squares, strict=True)]).sum(0)


def loss_after_step(
    weights: Sequence[Tensor],
    inputs: Sequence[Tensor],
    changes: Sequence[Tensor],
    x_l: Tensor,
    y_l: Tensor,
    row_weights: Tensor,
) -> Tensor:
    """Weighted squared error on the table of every group's network after its step.

    Memory is bounded: activations of a chunk of groups and rows are held at a time, and the
    gradient of a chunk is taken as soon as its loss is known, so nothing is computed twice.

    Args:
        weights: V_1 .. V_L; taken as constants.
        inputs: a_l, (B, M, inputs) of every layer.
        changes: g_l, (B, M, outputs) of every layer.
        x_l: designs of the table, (R, D).
        y_l: scores, (R,), float64.
        row_weights: w_l^2, (R,), float64.

    Returns:
        sum_i w_i^2 (y_i - f_theta*(x_i))^2, (B,), float64. Differentiable once, in ``inputs`` and
        ``changes``.
    """
    return _LossAfterStep.apply(list(weights), x_l, y_l, row_weights, *inputs, *changes)


class _LossAfterStep(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        weights: list[Tensor],
        x_l: Tensor,
        y_l: Tensor,
        row_weights: Tensor,
        *low_rank: Tensor,
    ) -> Tensor:
        learns = any(ctx.needs_input_grad)
        gradients = [torch.zeros_like(t) for t in low_rank] if learns else []
        loss = y_l.new_zeros(len(low_rank[0]))
        rows_at_once, groups_at_once = chunk_sizes(weights, x_l, low_rank[0])
        for rows in slices(len(x_l), rows_at_once):
            x = x_l[rows].to(weights[0].dtype)
            first = x @ weights[0].mT  # the same for all groups
            for groups in slices(len(loss), groups_at_once):
                part = [t[groups] for t in low_rank]
                inputs, changes = part[: len(weights)], part[len(weights) :]
                f, hidden, shares = _predict(weights, x, first, inputs, changes)
                error = y_l[rows] - f
                loss[groups] += error.square() @ row_weights[rows]
                if learns:
                    slope = (-2 * error * row_weights[rows]).to(f.dtype)
                    found = _gradients(weights, inputs, changes, hidden, shares, slope)
                    for gradient, new in zip(gradients, found, strict=True):
                        gradient[groups] += new
        ctx.save_for_backward(*gradients)
        return loss

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        refuse_second_derivative(
            "FiniteBDI's backward loss", "the gradient of its step is written by hand"
        )
        scaled = (g * grad[:, None, None].to(g.dtype) for g in ctx.saved_tensors)
        return None, None, None, None, *scaled


def _predict(
    weights: Sequence[Tensor],
    x: Tensor,
    first: Tensor,
    inputs: Sequence[Tensor],
    changes: Sequence[Tensor],
) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """The networks theta* on rows x (R, D); ``first`` is x V_1^T.

    Returns:
        f (B, R); what enters each layer, h_l (B, R, inputs); and h_l a_l^T, (B, R, M).
    """
    h = x.expand(len(inputs[0]), -1, -1)
    share = x @ inputs[0].mT
    z = torch.baddbmm(first.expand(len(h), -1, -1), share, changes[0])
    hidden, shares = [h], [share]
    for weight, a, g in zip(weights[1:], inputs[1:], changes[1:], strict=True):
        h = z.relu_()
        share = h @ a.mT
        z = (h @ weight.mT).baddbmm_(share, g)
        hidden.append(h)
        shares.append(share)
    return z.squeeze(-1), hidden, shares


def _gradients(
    weights: Sequence[Tensor],
    inputs: Sequence[Tensor],
    changes: Sequence[Tensor],
    hidden: Sequence[Tensor],
    shares: Sequence[Tensor],
    slope: Tensor,
) -> list[Tensor]:
    """Gradients by inputs, then by changes, of a loss whose derivative by f is slope, (B, R).

    By hand, not by autograd, which takes a third as long again: it adds up the two ways through
    a layer in matrices of their own.
    """
    by_inputs, by_changes = [], []
    by_z = slope.unsqueeze(-1)
    for layer in reversed(range(len(weights))):
        by_share = by_z @ changes[layer].mT
        by_inputs.append(by_share.mT @ hidden[layer])
        by_changes.append(shares[layer].mT @ by_z)
        if layer:
            by_h = (by_z @ weights[layer]).baddbmm_(by_share, inputs[layer])
            by_z = torch.ops.aten.threshold_backward(by_h, hidden[layer], 0)  # ReLU's
    return by_inputs[::-1] + by_changes[::-1]


def chunk_sizes(weights: Sequence[Tensor], x_l: Tensor, x_h: Tensor) -> tuple[int, int]:
    """How many rows of the table and how many groups are passed through the network at a time."""
    width = max(len(weight) for weight in weights)
    # A hidden layer keeps its output for the gradient; two more are at work.
    numbers = (len(weights) + 2) * (width + x_h.shape[-2]) + x_l.shape[-1]
    budget = CHUNK_BYTES[x_l.device.type] // (numbers * weights[0].itemsize)
    rows = min(len(x_l), max(1, budget))
    return rows, min(len(x_h), max(1, budget // rows))


def slices(total: int, at_once: int) -> Iterator[slice]:
    """Cuts 0 .. total into pieces of at most ``at_once`` that are as good as equal."""
    size = math.ceil(total / math.ceil(total / at_once))
    for start in range(0, total, size):
        yield slice(start, min(start + size, total))
