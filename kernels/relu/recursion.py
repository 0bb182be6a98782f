"""The arc-cosine recursions of an infinitely wide ReLU network, with derivatives by hand.

Two forms of the same kernel (Cho & Saul 2009; Jacot et al. 2018; Lee et al. 2019):

* :func:`.layers.covariance_recursion` works on covariances and takes biases;
* :func:`angular_recursion` works on the angle alone. Without biases the kernel is zonal,
  k(x, x') = |x||x'|/D * kappa(theta), and kappa is what it returns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


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
