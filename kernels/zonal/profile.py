"""The zonal profile kappa as one short polynomial."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.polynomial import chebyshev

from ..relu.recursion import ReLUStack, angular_recursion

MAX_DEGREE = 48
VALUE_TOLERANCE = 1e-13
DERIVATIVE_TOLERANCE = 1e-11
# Shallow networks need no map. With depth the singularities of kappa close in on theta = 0, and the
# map x -> (x + s) / (1 + s x) of [-1, 1], which spreads that end out, pushes them away again.
SHIFTS = (0.0, -0.18, -0.3, -0.4, -0.5)


@dataclass(frozen=True)
class Profile:
    """kappa and its derivative as polynomials in u, a variable made from phi = asin(cos theta).

    u = phi where ``pole`` is 0, else u = offset + scale / (1 + pole phi), which lies in [-1, 1].
    kappa is analytic on [0, pi], so Chebyshev interpolation converges geometrically; the
    coefficients shrink faster than the change to powers of u lets them grow, which makes Horner's
    scheme safe. The degrees are the smallest at which the polynomials, *as evaluated*, agree with
    the recursion to 1e-13 (value) and 1e-11 (derivative), relative to kappa(0).

    Attributes:
        value: coefficients of kappa, ascending powers of u.
        slope: coefficients of d kappa / d phi, ascending powers of u; d kappa / d cos is this
            divided by sin(theta).
        pole: see above.
        offset: see above.
        scale: see above.
        at_zero: kappa(0), so that k(x, x) = kappa(0) |x|^2 / D.
    """

    value: tuple[float, ...]
    slope: tuple[float, ...]
    pole: float
    offset: float
    scale: float
    at_zero: float

    @property
    def degree(self) -> int:
        """Degree of kappa in u."""
        return len(self.value) - 1


@functools.lru_cache(maxsize=64)
def fit_profile(stack: ReLUStack, map_cost: int = 3) -> Profile | None:
    """Fits the profile of a network without biases.

    Args:
        stack: the network; ``b_std`` must be 0.
        map_cost: how many degrees the map from phi to u has to save to be worth its division.

    Returns:
        The profile, or None where degree 48 is not enough and the recursion has to be used.
    """
    best: tuple[int, Profile] | None = None
    for shift in SHIFTS:
        profile = _fit(stack, shift)
        if profile is not None:
            cost = profile.degree + (map_cost if shift else 0)
            if best is None or cost < best[0]:
                best = cost, profile
    return None if best is None else best[1]


def _fit(stack: ReLUStack, shift: float) -> Profile | None:
    """The profile with x = (t - shift) / (1 - shift t), t = 2 theta / pi - 1 = -2 phi / pi."""
    at_zero = float(_sample(stack, np.array([-1.0]), shift)[0][0])
    count = 2 * MAX_DEGREE
    nodes = np.cos(math.pi * (np.arange(count) + 0.5) / count)
    grid = np.linspace(-1, 1, 4001)
    tolerances = VALUE_TOLERANCE * at_zero, DERIVATIVE_TOLERANCE * at_zero
    found = []
    at_nodes, at_grid = _sample(stack, nodes, shift), _sample(stack, grid, shift)
    for f, wanted, tolerance in zip(at_nodes, at_grid, tolerances, strict=True):
        series = chebyshev.chebfit(nodes, f, count - 1)
        for degree in range(MAX_DEGREE + 1):
            powers = np.resize(chebyshev.cheb2poly(series[: degree + 1]), degree + 1)
            if np.abs(_horner(powers, grid) - wanted).max() <= tolerance:
                found.append(powers)
                break
        else:
            return None
    value, slope = found
    if shift == 0:  # x = -2 phi / pi: absorbed by the coefficients
        value, slope = (c * (-2 / math.pi) ** np.arange(len(c)) for c in (value, slope))
        pole = offset = scale = 0.0
    else:
        pole, offset, scale = 2 * shift / math.pi, -1 / shift, 1 / shift - shift
    return Profile(tuple(value.tolist()), tuple(slope.tolist()), pole, offset, scale, at_zero)


def _sample(stack: ReLUStack, x: np.ndarray, shift: float) -> tuple[np.ndarray, np.ndarray]:
    """kappa and d kappa / d phi at x."""
    theta = ((x + shift) / (1 + shift * x) + 1) * (math.pi / 2)
    value, slope = angular_recursion(stack, torch.from_numpy(theta))
    return value.numpy(), -slope.numpy()


def _horner(coefficients: np.ndarray, x: np.ndarray) -> np.ndarray:
    out = np.full_like(x, coefficients[-1])
    for c in coefficients[-2::-1]:
        out = out * x + c
    return out
