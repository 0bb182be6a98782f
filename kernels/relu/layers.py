"""The recursion of a ReLU network with biases, with derivatives by hand.

Biases turn all designs to one direction, layer by layer, and the cosine of a small angle has lost
the angle. So z = sin^2(theta/2) is carried from layer to layer. With r = sqrt(q q') and
h = z - (sin theta - theta cos theta) / (2 pi), a layer gives

    s = w r / 2 (1 - 2 h) + b
    2 r_next z_next = w r h + (w b / 2) (sqrt q - sqrt q')^2 / (r_next + w r / 2 + b)

where the last term is what r_next exceeds w r / 2 + b by. Nothing cancels.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from .recursion import ReLUStack

CHUNK = 1 << 15  # entries at a time for each thread


class Angle(NamedTuple):
    """The angle theta of a covariance, each of the same shape.

    Attributes:
        s: the covariance.
        z: sin^2(theta/2).
        half: theta/2.
        sine: sin theta; 0 takes the derivative of theta as 0.
    """

    s: Tensor
    z: Tensor
    half: Tensor
    sine: Tensor


def covariance_recursion(
    stack: ReLUStack, s: Tensor, q1: Tensor, q2: Tensor, derivative: bool
) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor] | None]:
    """The kernel from the first layer's covariances, for any biases.

    Args:
        stack: the network.
        s: w x.x'/D + b, shape (..., N1, N2).
        q1: w |x|^2/D + b, shape (..., N1, 1).
        q2: w |x'|^2/D + b, shape (..., 1, N2).
        derivative: whether to return the partial derivatives too.

    Returns:
        k, (..., N1, N2), and with ``derivative`` the tuple (dk/ds, dk/dq1, dk/dq2), each
        (..., N1, N2); None otherwise.
    """
    entries = CHUNK * torch.get_num_threads()
    size = max(1, entries * s.shape[-2] // max(1, s.numel()))
    if s.shape[-2] <= size:
        return _of_rows(stack, s, q1, q2, derivative)
    out = [torch.empty_like(s) for _ in range(4 if derivative else 1)]
    for start in range(0, s.shape[-2], size):
        rows = slice(start, start + size)
        k, grads = _of_rows(stack, s[..., rows, :], q1[..., rows, :], q2, derivative)
        for whole, part in zip(out, (k, *(grads or ())), strict=True):
            whole[..., rows, :] = part
    return out[0], (out[1], out[2], out[3]) if derivative else None


def _of_rows(
    stack: ReLUStack, s: Tensor, q1: Tensor, q2: Tensor, derivative: bool
) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor] | None]:
    """:func:`covariance_recursion` of so many rows that they stay in the processor's cache."""
    q1, q2 = (q.clamp_min(torch.finfo(q.dtype).tiny) for q in (q1, q2))
    r = q1.sqrt() * q2.sqrt()  # q1 * q2 overflows for designs of 1e100
    c = (s / r).clamp_(-1, 1)
    first = Angle(s, (1 - c) / 2, torch.acos(c).div_(2), ((1 - c) * (1 + c)).sqrt_())
    value, grads = layers(stack, first, q1, q2, None, derivative)
    if grads is None:
        return value, None
    dz, dq1, dq2 = grads
    turn = dz * c / 4
    return value, (dz / (-2 * r), dq1 + turn / q1, dq2 + turn / q2)


def layers(
    stack: ReLUStack,
    first: Angle,
    q1: Tensor,
    q2: Tensor,
    difference: Tensor | None,
    derivative: bool,
) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor] | None]:
    """The kernel from the first layer's angle, for any biases.

    Args:
        stack: the network.
        first: of the first layer's covariances.
        q1: variances of the first layer.
        q2: variances of the first layer.
        difference: q1 - q2, where its digits are to be better than those of q1 and q2.
        derivative: whether to return the partial derivatives too.

    Returns:
        k and, with ``derivative``, its derivatives by the first layer's z, q1 and q2; else None.
    """
    w, pi = stack.w, math.pi
    b = max(stack.b, torch.finfo(q1.dtype).tiny)  # no variance is 0
    s, z, half, sine = first
    t = s
    root1, root2 = q1.sqrt(), q2.sqrt()
    r = root1 * root2
    ds: list[Tensor] = []  # by the first layer's z, q1 and q2
    dz: list[Tensor] = []
    dt: list[Tensor] = []
    if derivative:
        ds = [-2 * r, s / (2 * q1), s / (2 * q2)]
        dz = [torch.ones_like(s), torch.zeros_like(s), torch.zeros_like(s)]
        dt = list(ds)
    scale = 1.0  # dq_l/dq_0
    for layer in range(stack.depth - 1):
        if layer:
            half, sine = z.sqrt().asin_(), torch.addcmul(z, z, z, value=-1).sqrt_().mul_(2)
        w_k0 = torch.rsub(half, pi / 2).mul_(w / pi)
        h = _turned(z, half, sine)
        p1, p2 = (w / 2 * q1).add_(b), (w / 2 * q2).add_(b)
        next1, next2 = p1.sqrt(), p2.sqrt()
        r_next, r = next1 * next2, r.mul_(w / 2)
        gap = root1 - root2 if difference is None else scale * difference / (root1 + root2)
        inner = (r_next + r).add_(b)
        part = gap / inner
        excess = gap.mul_(part).mul_(w * b / 2)
        turned = r * h
        s = torch.sub(r, turned, alpha=2).add_(b)
        z = torch.add(turned, excess, alpha=0.5).div_(r_next)
        if derivative:
            # q reaches z by r (own), by the gap (part) and by r_next (new).
            bend = excess.div_(inner).div_(2)
            own, new = turned.addcmul_(r, bend, value=-1), (z + bend).mul_(r_next)
            by_angle = inverse(sine).mul_(t).mul_(-w / pi)  # w t dk0/dz
            flat = sine.mul_(r).mul_(scale / (2 * pi))
            part.mul_(w * b / 2)
            moved = [
                (own / q1).addcmul_(part, 1 / root1).addcmul_(new, -w / 2 / p1),
                (own / q2).addcmul_(part, -1 / root2).addcmul_(new, -w / 2 / p2),
            ]
            ds = [d * w_k0 for d in ds]
            ds[1].addcmul_(flat, 1 / q1)
            ds[2].addcmul_(flat, 1 / q2)
            dt = [
                torch.addcmul(n, by_angle, g).addcmul_(w_k0, d)
                for n, g, d in zip(ds, dz, dt, strict=True)
            ]
            kept = (w_k0 * r).div_(r_next).mul_(2 / w)
            dz = [d.mul_(kept) for d in dz]
            for d, m in zip(dz[1:], moved, strict=True):
                d.addcdiv_(m, r_next, value=scale / 2)
        t = torch.addcmul(s, w_k0, t)
        r, root1, root2, q1, q2 = r_next, next1, next2, p1, p2
        scale *= w / 2
    value, grads = (t, dt) if stack.tangent else (s, ds)
    return value, (grads[0], grads[1], grads[2]) if derivative else None


def inverse(x: Tensor) -> Tensor:
    """1/x, and 0 for 0."""
    return torch.where(x > 0, 1 / x, 0)


def small_angle(dtype: torch.dtype) -> float:
    """sin^2(theta/2) below which a series is nearer than what cancels."""
    return float(torch.finfo(dtype).eps ** 0.25)


def _turned(z: Tensor, half: Tensor, sine: Tensor) -> Tensor:
    """z - (sin theta - theta cos theta) / (2 pi), for small angles by its series."""
    turn = torch.addcmul(sine, half, torch.rsub(z, 1, alpha=2), value=-2)
    h = torch.sub(z, turn, alpha=1 / (2 * math.pi))
    limit = small_angle(z.dtype)
    if not z.numel() or float(z.min()) > limit:
        return h
    series = (z * (9 / 280)).add_(0.1).mul_(z).add_(1).mul_(z.sqrt()).mul_(-4 / (3 * math.pi))
    return torch.where(z < limit, torch.addcmul(z, z, series), h)
