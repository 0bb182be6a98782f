"""Kernels with biases of pairs of nearly equal designs, by an angle that comes from differences.

The cosine of a small angle has lost the angle (see :mod:`..zonal.near`). Here z = sin^2(theta/2) is
carried from layer to layer in its place. With r = sqrt(q q') and h = z - (sin theta - theta cos
theta) / (2 pi), a layer gives

    s = w r / 2 (1 - 2 h) + b
    2 r_next z_next = w r h + (w b / 2) (sqrt q - sqrt q')^2 / (r_next + w r / 2 + b)

where the last term is what r_next exceeds w r / 2 + b by. Nothing cancels. Plain differentiable
operations: they are few pairs, and the gradient is autograd's.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..scatter import add_rows_
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


def pair_kernel(stack: ReLUStack, x1: Tensor, x2: Tensor) -> Tensor:
    """k of each pair; where the designs are equal to rounding the angle has no gradient.

    Args:
        stack: the network, with biases.
        x1: designs, (P, D).
        x2: designs, (P, D).

    Returns:
        (P,), differentiable.
    """
    w, b, pi = stack.w, stack.b, math.pi
    scaled = [math.sqrt(w / x.shape[1]) * x for x in (x1, x2)]
    root = math.sqrt(b)
    norms = [torch.cat([x, torch.full_like(x[:, :1], root)], 1).norm(dim=1) for x in scaled]
    # The directions of (sqrt(w/D) x, sqrt(b)); opposite ones have their sum in place of the rest.
    ends = root / norms[0], root / norms[1]
    hats = scaled[0] / norms[0].unsqueeze(1), scaled[1] / norms[1].unsqueeze(1)
    with torch.no_grad():
        opposite = (hats[0] * hats[1]).sum(1) + ends[0] * ends[1] < 0
    sign = torch.where(opposite, -1.0, 1.0).to(x1.dtype)
    gap = (hats[1] - sign.unsqueeze(1) * hats[0]).square().sum(1)
    z = (gap + (ends[1] - sign * ends[0]).square()) / 4
    angle, sine = _angle(z)
    theta = torch.where(opposite, pi - angle, angle)
    cosine, h = torch.where(opposite, 2 * z - 1, 1 - 2 * z), torch.where(opposite, 1 - z, z)
    q1, q2 = norms[0].square(), norms[1].square()
    r = norms[0] * norms[1]
    s = r * cosine
    t = s
    for _ in range(stack.depth - 1):
        h = h - (sine - theta * cosine) / (2 * pi)
        s = w * r / 2 * (1 - 2 * h) + b
        t = s + w * (pi - theta) / (2 * pi) * t
        difference = q1.sqrt() - q2.sqrt()
        q1, q2 = w / 2 * q1 + b, w / 2 * q2 + b
        after = q1.sqrt() * q2.sqrt()
        excess = w * b / 2 * difference.square() / (after + w * r / 2 + b)
        z = (excess + w * r * h) / (2 * after)
        r, h = after, z
        theta, sine = _angle(z)
        cosine = 1 - 2 * z
    return t if stack.tangent else s


def _angle(z: Tensor) -> tuple[Tensor, Tensor]:
    """theta and sin theta from sin^2(theta/2); 0, without a gradient, below the kink."""
    smooth = z > kink_of_differences(z.dtype)
    root = torch.where(smooth, z, 0.25).clamp(max=1).sqrt()
    cosine = torch.where(smooth, 1 - z, 1).clamp_min(0)
    sine = torch.where(cosine > 0, 2 * root * torch.where(cosine > 0, cosine, 1).sqrt(), 0)
    return torch.where(smooth, 2 * root.asin(), 0), torch.where(smooth, sine, 0)


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
        return torch.cat([pair_kernel(stack, self.x1[r], self.x2[c]) for r, c in self._chunks()])

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
            with torch.enable_grad():
                a, b = (x.detach().requires_grad_() for x in (self.x1[r], self.x2[c]))
                k = pair_kernel(stack, a, b)
            da, db = torch.autograd.grad(k, (a, b), grad[at : at + len(r)])
            if grad1 is not None:
                add_rows_(grad1, r, da)
            if grad2 is not None:
                add_rows_(grad2, c, db)
            at += len(r)

    def _chunks(self) -> list[tuple[Tensor, Tensor]]:
        size = max(1, CHUNK // self.x1.shape[-1])
        return list(zip(self.rows.split(size), self.cols.split(size), strict=True))
