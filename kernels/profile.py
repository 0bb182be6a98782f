"""The zonal profile kappa as one short polynomial in the angle."""

from __future__ import annotations

import functools
import math

import numpy as np
import torch
from numpy.polynomial import chebyshev
from torch import Tensor

from .recursion import ReLUStack, angular_recursion

MAX_DEGREE = 48
VALUE_TOLERANCE = 1e-13
DERIVATIVE_TOLERANCE = 1e-11


class Profile:
    """kappa and its derivative as polynomials in t = 2 theta / pi - 1.

    kappa is analytic on [0, pi], so Chebyshev interpolation converges geometrically; the
    coefficients shrink faster than the change to powers of t lets them grow, which makes Horner's
    scheme safe. The degree is the smallest at which the polynomials, *as evaluated*, agree with the
    recursion to 1e-13 (value) and 1e-11 (derivative), relative to kappa(0).

    Attributes:
        degree: degree of the polynomial.
        value: coefficients of kappa, ascending powers of t, degree + 1 numbers.
        slope: coefficients of d kappa / d theta, ascending powers of t, degree numbers.
        at_zero: kappa(0), so that k(x, x) = kappa(0) |x|^2 / D.
    """

    def __init__(self, value: np.ndarray, slope: np.ndarray, at_zero: float):
        self.degree = len(value) - 1
        self.value = tuple(float(c) for c in value)
        self.slope = tuple(float(c) for c in slope)
        self.at_zero = at_zero


@functools.lru_cache(maxsize=64)
def fit_profile(stack: ReLUStack) -> Profile | None:
    """Fits the profile of a network without biases.

    Args:
        stack: the network; ``b_std`` must be 0.

    Returns:
        The profile, or None where degree 48 is not enough and the recursion has to be used.
    """
    grid = np.linspace(-1, 1, 4001)
    value, slope = (a.numpy() for a in angular_recursion(stack, _angle(grid)))
    scale = abs(value[0])
    for degree in range(1, MAX_DEGREE + 1):
        nodes = np.cos(math.pi * (np.arange(degree + 1) + 0.5) / (degree + 1))
        kappa = angular_recursion(stack, _angle(nodes))[0].numpy()
        series = chebyshev.Chebyshev(chebyshev.chebfit(nodes, kappa, degree))
        p = chebyshev.cheb2poly(series.coef)
        dp = chebyshev.cheb2poly(series.deriv().coef) * (2 / math.pi)
        p, dp = np.pad(p, (0, degree + 1 - len(p))), np.pad(dp, (0, degree - len(dp)))
        if (
            np.abs(_horner(p, grid) - value).max() <= VALUE_TOLERANCE * scale
            and np.abs(_horner(dp, grid) - slope).max() <= DERIVATIVE_TOLERANCE * scale
        ):
            return Profile(p, dp, float(value[0]))
    return None


def _angle(t: np.ndarray) -> Tensor:
    return torch.from_numpy((t + 1) * (math.pi / 2))


def _horner(coefficients: np.ndarray, t: np.ndarray) -> np.ndarray:
    out = np.full_like(t, coefficients[-1])
    for c in coefficients[-2::-1]:
        out = out * t + c
    return out
