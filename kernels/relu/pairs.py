"""Kernels with biases of pairs of nearly equal designs, by an angle that comes from differences.

The cosine of a small angle has lost the angle (see :mod:`..zonal.near`), so here the first layer's
sin^2(theta/2) is computed from the difference of the designs, or from their sum where they are
opposite. So is the difference of their variances.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..scatter import add_rows_
from .layers import Angle, inverse, layers
from .limits import CHUNK, bound, kink_of_differences
from .recursion import ReLUStack


def near_entries(s: Tensor, q1: Tensor, q2: Tensor) -> tuple[Tensor, ...] | None:
    """Where designs are nearly equal (or opposite): batch, row and column numbers, or None.

    Args:
        s: covariances of the first layer, (..., N1, N2).
        q1: variances, (..., N1, 1).
        q2: variances, (..., 1, N2).
    """
    if not s.numel():
        return None
    c = s / (q1.sqrt() * q2.sqrt())
    limit = bound(s.dtype)
    least, most = c.aminmax()
    if max(float(most), -float(least)) <= limit:
        return None
    entries = (c.abs() > limit).nonzero(as_tuple=True)
    return entries if len(entries[0]) else None


def pair_kernel(
    stack: ReLUStack, x1: Tensor, x2: Tensor, derivative: bool
) -> tuple[Tensor, tuple[Tensor, Tensor] | None]:
    """k of each pair; the NTK of designs that are equal to rounding has no tangential gradient.

    Args:
        stack: the network, with biases.
        x1: designs, (P, D).
        x2: designs, (P, D).
        derivative: whether to return the gradients too.

    Returns:
        k, (P,), and with ``derivative`` its gradients by x1 and x2, (P, D) each; else None.
    """
    root = math.sqrt(stack.w / x1.shape[1])
    v1, v2 = (_with_bias(root * x, 1, stack) for x in (x1, x2))
    n1, n2 = v1.norm(dim=1), v2.norm(dim=1)
    per1, per2 = inverse(n1), inverse(n2)
    opposite = (v1 * per1.unsqueeze(1) * v2).sum(1) < 0
    sign = torch.where(opposite, -1.0, 1.0).to(x1.dtype)
    # Of the designs themselves: the products with a root are rounded.
    step = _with_bias(root * (x2 - sign.unsqueeze(1) * x1), 1 - sign, stack)
    difference = -(step * (v2 + sign.unsqueeze(1) * v1)).sum(1)
    longer = difference * inverse(n1 + n2) * per1 * per2  # 1/|v2| - 1/|v1|
    gap = step * per1.unsqueeze(1) + v2 * longer.unsqueeze(1)  # of the directions, or their sum
    z = gap.square().sum(1) / 4
    apart = z > (kink_of_differences(z.dtype) if stack.tangent else 0)  # NNGP has no kink
    z, difference = (torch.where(apart, v, 0) for v in (z, difference))
    half = z.sqrt().asin()
    first = Angle(
        n1 * n2 * sign * (1 - 2 * z),
        torch.where(opposite, 1 - z, z),
        torch.where(opposite, math.pi / 2 - half, half),
        2 * (z * (1 - z)).sqrt(),
    )
    k, grads = layers(stack, first, n1.square(), n2.square(), difference, derivative)
    if grads is None:
        return k, None
    dz, dq1, dq2 = grads
    # dz/dv is -(x_hat' - cos x_hat) / (2 |v|)
    dz = torch.where(apart, dz * root / -2, 0)
    gap, rest = gap[:, :-1], 2 * z * sign
    hats = (per1.unsqueeze(1) * v1)[:, :-1], (per2.unsqueeze(1) * v2)[:, :-1]
    by1 = (dz * per1).unsqueeze(1) * (gap + rest.unsqueeze(1) * hats[0])
    by2 = (dz * per2).unsqueeze(1) * (rest.unsqueeze(1) * hats[1] - sign.unsqueeze(1) * gap)
    dq1, dq2 = (2 * root * root * d.unsqueeze(1) for d in (dq1, dq2))
    return k, (by1 + dq1 * x1, by2 + dq2 * x2)


def _with_bias(x: Tensor, times: Tensor | float, stack: ReLUStack) -> Tensor:
    """x, (P, D), and the constant feature that stands for the biases, ``times`` itself."""
    bias = x.new_empty(len(x), 1)
    bias[:, 0] = times * math.sqrt(stack.b)
    return torch.cat([x, bias], 1)


class Pairs:
    """Near pairs of two tables, and their designs.

    Args:
        entries: batch, row and column numbers, (P,) each.
        x1: designs of the rows, (..., N1, D).
        x2: designs of the columns, (..., N2, D).
        shape: of the matrix, (..., N1, N2).
    """

    def __init__(self, entries: tuple[Tensor, ...], x1: Tensor, x2: Tensor, shape: torch.Size):
        self.entries = entries
        *batch, i, j = entries
        number = torch.zeros_like(i)
        for size, index in zip(shape[:-2], batch, strict=True):
            number = number * size + index
        self.rows, self.cols = number * shape[-2] + i, number * shape[-1] + j
        self.x1, self.x2 = (
            x.expand(*shape[:-2], *x.shape[-2:]).reshape(-1, x.shape[-1]) for x in (x1, x2)
        )

    def values(self, stack: ReLUStack) -> Tensor:
        """k of the pairs, (P,)."""
        parts = (
            pair_kernel(stack, self.x1[r], self.x2[c], derivative=False) for r, c in self._chunks()
        )
        return torch.cat([k for k, _ in parts])

    def add_gradients_(
        self, stack: ReLUStack, grad: Tensor, grad1: Tensor | None, grad2: Tensor | None
    ) -> None:
        """Adds the gradients of sum(grad * k) over the pairs.

        Args:
            stack: the network.
            grad: of the pairs, (P,).
            grad1: (rows of all matrices, D), changed in place; None leaves it out.
            grad2: the same for columns.
        """
        at = 0
        for r, c in self._chunks():
            _, grads = pair_kernel(stack, self.x1[r], self.x2[c], derivative=True)
            assert grads is not None
            da, db = (grad[at : at + len(r)].unsqueeze(1) * g for g in grads)
            if grad1 is not None:
                add_rows_(grad1, r, da)
            if grad2 is not None:
                add_rows_(grad2, c, db)
            at += len(r)

    def _chunks(self) -> list[tuple[Tensor, Tensor]]:
        size = max(1, CHUNK // self.x1.shape[-1])
        return list(zip(self.rows.split(size), self.cols.split(size), strict=True))
