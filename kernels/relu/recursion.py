"""The arc-cosine recursions of an infinitely wide ReLU network, with derivatives by hand.

Two forms of the same kernel (Cho & Saul 2009; Jacot et al. 2018; Lee et al. 2019):

* :func:`covariance_recursion` works on covariances and takes biases;
* :func:`angular_recursion` works on the angle alone. Without biases the kernel is zonal,
  k(x, x') = |x||x'|/D * kappa(theta), and kappa is what it returns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from .limits import kink


@dataclass(frozen=True)
class ReLUStack:
    """A fully connected ReLU network of infinite width in NTK parametrisation.

    Attributes:
        depth: number of dense layers (depth - 1 ReLUs).
        w_std: standard deviation of the weights, the same in every layer.
        b_std: standard deviation of the biases, the same in every layer.
        tangent: True for the NTK (all layers trained), False for the NNGP covariance.
    """

    depth: int
    w_std: float
    b_std: float
    tangent: bool

    @property
    def w(self) -> float:
        """Weight variance."""
        return self.w_std * self.w_std  # inf, where ** raises

    @property
    def b(self) -> float:
        """Bias variance."""
        return self.b_std * self.b_std

    @property
    def zonal(self) -> bool:
        """Whether the kernel depends on norms and the angle only."""
        return self.b_std == 0.0


def diagonal_recursion(stack: ReLUStack, q: Tensor) -> tuple[Tensor, float]:
    """k(x, x) in closed form, from the input covariance q = w |x|^2 / D + b.

    Args:
        stack: the network.
        q: covariance of the first layer's outputs, any shape.

    Returns:
        k(x, x), the shape of q, and its derivative with respect to q (a constant).
    """
    half = stack.w / 2
    s, t, ds, dt = q, q, 1.0, 1.0
    for _ in range(stack.depth - 1):
        s, ds = half * s + stack.b, half * ds
        t, dt = s + half * t, ds + half * dt
    return (t, dt) if stack.tangent else (s, ds)


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
    w, b, pi = stack.w, stack.b, math.pi
    t = s
    zero = torch.zeros_like(s)
    ds = [torch.ones_like(s), zero, zero] if derivative else []
    dt = list(ds)
    scale = 1.0  # dq_l/dq_0
    for _ in range(stack.depth - 1):
        r = q1.sqrt() * q2.sqrt()  # q1 * q2 overflows for designs of 1e100
        c = (s / torch.where(r > 0, r, 1)).clamp(-1, 1)
        sin = ((1 - c) * (1 + c)).sqrt()
        k0 = (pi - torch.acos(c)) / (2 * pi)
        k1 = r * (sin / (2 * pi) + k0 * c)
        if derivative:
            ratio = torch.where(q1 > 0, q2 / torch.where(q1 > 0, q1, 1), 0).sqrt()
            inverse = torch.where(q2 > 0, q1 / torch.where(q2 > 0, q2, 1), 0).sqrt()
            dq = (zero, scale * ratio, scale * inverse)
            dc_q = (zero, scale / torch.where(q1 > 0, q1, 1), scale / torch.where(q2 > 0, q2, 1))
            smooth = (1 - c.abs() > kink(s.dtype)) & (r > 0)
            inv_sin = torch.where(smooth, 1 / torch.where(smooth, sin, 1), 0) / (2 * pi)
            inv_r = 1 / torch.where(r > 0, r, 1)
            new_ds = [w * (k0 * d + sin / (4 * pi) * e) for d, e in zip(ds, dq, strict=True)]
            dk0 = [inv_sin * (d * inv_r - c / 2 * e) for d, e in zip(ds, dc_q, strict=True)]
            dt = [n + w * (g * t + k0 * d) for n, g, d in zip(new_ds, dk0, dt, strict=True)]
            ds = new_ds
            scale *= w / 2
        s = w * k1 + b
        t = s + w * k0 * t
        q1, q2 = w / 2 * q1 + b, w / 2 * q2 + b
    value, grads = (t, dt) if stack.tangent else (s, ds)
    return value, (grads[0], grads[1], grads[2]) if derivative else None


def angular_recursion(stack: ReLUStack, theta: Tensor) -> tuple[Tensor, Tensor]:
    """kappa(theta) and kappa'(theta) of a network without biases.

    The angle is carried through the layers by sin^2(theta/2), which keeps it exact to rounding
    near 0, where the usual acos of a cosine loses half of the digits.

    Args:
        stack: the network; ``b_std`` must be 0.
        theta: angles in [0, pi], any shape.

    Returns:
        kappa and d kappa / d theta, each the shape of theta.
    """
    w, pi = stack.w, math.pi
    q = w
    dtheta = torch.ones_like(theta)
    s, ds = q * theta.cos(), -q * theta.sin()
    t, dt = s, ds
    for _ in range(stack.depth - 1):
        sin, cos = theta.sin(), theta.cos()
        k0, dk0 = (pi - theta) / (2 * pi), -dtheta / (2 * pi)
        half = ((theta / 2).sin() ** 2 - (sin - theta * cos) / (2 * pi)).clamp(0, 1)
        new = 2 * half.sqrt().asin()
        moved = torch.where(theta > 0, (pi - theta) * sin / (pi * new.sin().clamp_min(1e-300)), 1)
        theta, dtheta = new, dtheta * moved
        q = q * w / 2
        s, ds = q * theta.cos(), -q * theta.sin() * dtheta
        t, dt = s + w * k0 * t, ds + w * (dk0 * t + k0 * dt)
    return (t, dt) if stack.tangent else (s, ds)
