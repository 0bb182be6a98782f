"""The zonal profile kappa as one short polynomial."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from fractions import Fraction

from ..relu.recursion import ReLUStack
from . import chebyshev
from .fixed_point import ONE, PI, angle_of, cosine_and_sine, product, quotient, root

MAX_DEGREE = 48
VALUE_TOLERANCE = Fraction(1, 10**13)
DERIVATIVE_TOLERANCE = Fraction(1, 10**11)
# What Horner's scheme in float64 may add, as a multiple of the sum of the coefficients' sizes. Most
# seen: 3.0, with and without fused multiply-adds.
ROUNDING = Fraction(4, 2**53)
# Shallow networks need no map. With depth the singularities of kappa close in on theta = 0, and the
# map x -> (x + s) / (1 + s x) of [-1, 1], which spreads that end out, pushes them away again.
SHIFTS = tuple(Fraction(s, 100) for s in (0, -18, -30, -40, -50, -60))
# The deepest NNGP and NTK for which degree 48 is enough. A test fits them, and one layer more.
DEEPEST = (111, 76)
# kappa is sampled once, in the map with this shift: at that many nodes the interpolation is exact
# to 1e-20 for every depth up to the deepest. Then it is interpolated in each map at fewer nodes.
SAMPLED, SAMPLES, NODES = Fraction(-40, 100), 96, 64


@dataclass(frozen=True)
class Profile:
    """kappa and its derivative as polynomials in u, a variable made from phi = asin(cos theta).

    u = phi where ``pole`` is 0, else u = offset + scale / (1 + pole phi), which lies in [-1, 1].
    kappa is analytic on [0, pi], so Chebyshev interpolation converges geometrically; the
    coefficients shrink faster than the change to powers of u lets them grow, which makes Horner's
    scheme safe. The degrees are the smallest at which the rest of the Chebyshev series and the
    rounding of Horner's scheme together stay below 1e-13 (value) and 1e-11 (derivative), relative
    to kappa(0). All of it is computed in whole numbers (:mod:`.fixed_point`), so that degrees and
    coefficients are the same on every processor.

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
        The profile, or None where degree 48 is not enough and the recursion has to be used. Which
        of them, and the degree, depend on the depth, ``tangent`` and ``map_cost`` alone.
    """
    if stack.depth > DEEPEST[stack.tangent]:
        return None
    found = fit_all(stack.depth, stack.tangent)
    best = min(found, key=lambda p: p.degree + (map_cost if p.pole else 0))
    factor = (stack.w / 2) ** stack.depth  # what the weights of a layer change
    value, slope = (tuple(c * factor for c in cs) for cs in (best.value, best.slope))
    return Profile(value, slope, best.pole, best.offset, best.scale, best.at_zero * factor)


@functools.lru_cache(maxsize=64)
def fit_all(depth: int, tangent: bool) -> tuple[Profile, ...]:
    """The profiles of a network with weight variance 2, one for every map that serves.

    Args:
        depth: number of dense layers.
        tangent: True for the NTK, False for the NNGP covariance.
    """
    sampled, at_zero = _sample(depth, tangent), 2 * depth if tangent else 2
    found = (_fit(sampled, at_zero, shift) for shift in SHIFTS)
    return tuple(profile for profile in found if profile is not None)


def _sample(depth: int, tangent: bool) -> list[int]:
    """The series of kappa for weight variance 2, in the variable of the shift ``SAMPLED``."""
    t = [_mapped(x, SAMPLED) for x in chebyshev.nodes(SAMPLES)]
    return chebyshev.interpolate([_kappa(depth, tangent, product(s + ONE, PI) >> 1) for s in t])


def _kappa(depth: int, tangent: bool, theta: int) -> int:
    """kappa at an angle other than 0, for weight variance 2: the diagonal of S_l stays at 2."""
    cosine, sine = cosine_and_sine(theta)
    t = 2 * cosine
    for _ in range(depth - 1):
        left = PI - theta  # 2 pi k0
        cosine, t = quotient(sine + product(left, cosine), PI), quotient(product(left, t), PI)
        sine = root(product(ONE - cosine, ONE + cosine))
        theta = angle_of(cosine, sine)
        t += 2 * cosine
    return t if tangent else 2 * cosine


def _mapped(x: int, shift: Fraction) -> int:
    """t = (x + shift) / (1 + shift x); the shift of opposite sign undoes it."""
    n, d = shift.numerator, shift.denominator
    return quotient(d * x + n * ONE, d * ONE + n * x)


def _fit(sampled: list[int], at_zero: int, shift: Fraction) -> Profile | None:
    """The profile with x = (t - shift) / (1 - shift t), t = 2 theta / pi - 1 = -2 phi / pi.

    Args:
        sampled: what :func:`_sample` made.
        at_zero: kappa(0).
        shift: that of the map wanted.
    """
    t = [_mapped(x, shift) for x in chebyshev.nodes(NODES)]
    value = chebyshev.interpolate([chebyshev.evaluate(sampled, _mapped(s, -SAMPLED)) for s in t])
    # d kappa / d phi = -2 / pi d kappa / d x (1 + shift x)^2 / (1 - shift^2)
    slope = chebyshev.derivative(value)
    for _ in range(2 if shift else 0):
        slope = chebyshev.times_linear(slope, shift)
    factor = -2 / (1 - shift**2)
    slope = [quotient(c * factor.numerator, PI * factor.denominator) for c in slope]

    found = []
    for series, tolerance in ((value, VALUE_TOLERANCE), (slope, DERIVATIVE_TOLERANCE)):
        coefficients = _shortened(series, int(tolerance * at_zero * ONE))
        if coefficients is None:
            return None
        found.append(coefficients)
    if shift == 0:  # x = -2 phi / pi: absorbed by the coefficients
        pole = offset = scale = 0.0
        power, step = ONE, quotient(-2 * ONE, PI)
        for k in range(max(map(len, found))):
            for coefficients in found:
                if k < len(coefficients):
                    coefficients[k] = product(coefficients[k], power)
            power = product(power, step)
    else:
        s = float(shift)
        pole, offset, scale = 2 * s / math.pi, -1 / s, 1 / s - s
    value_, slope_ = (tuple(c / ONE for c in coefficients) for coefficients in found)
    return Profile(value_, slope_, pole, offset, scale, float(at_zero))


def _shortened(series: list[int], tolerance: int) -> list[int] | None:
    """The powers of x of the shortest beginning of a series that errs by no more than tolerance."""
    rest = sum(map(abs, series))
    for degree in range(MAX_DEGREE + 1):
        rest -= abs(series[degree])
        if rest <= tolerance:
            coefficients = chebyshev.powers(series[: degree + 1])
            if rest + ROUNDING * sum(map(abs, coefficients)) <= tolerance:
                return coefficients
    return None
