"""The profile's arithmetic, and that nothing in it depends on the processor."""

from __future__ import annotations

import hashlib
import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from numpy.polynomial import chebyshev as numpy_chebyshev

from torchbdi.kernels.relu.recursion import ReLUStack
from torchbdi.kernels.zonal import chebyshev, fixed_point, profile
from torchbdi.kernels.zonal.fixed_point import ONE
from torchbdi.kernels.zonal.profile import Profile, fit_all, fit_profile

# Degree of value and of slope, and the map's shift, for a map that costs 3 and 12 degrees.
DEGREES = {
    (2, True): ((14, 13, 0.0), (14, 13, 0.0)),
    (3, True): ((25, 23, 0.0), (25, 23, 0.0)),
    (6, True): ((22, 21, 0.0), (22, 21, 0.0)),
    (6, False): ((22, 19, 0.0), (22, 19, 0.0)),
    (12, True): ((24, 23, -0.18), (30, 28, 0.0)),
    (16, False): ((25, 22, -0.3), (33, 32, 0.0)),
    (32, True): ((33, 32, -0.4), (33, 32, -0.4)),
    (48, True): ((36, 36, -0.5), (36, 36, -0.5)),
    (63, True): ((38, 36, -0.6), (38, 36, -0.6)),
    (64, True): ((37, 37, -0.6), (37, 37, -0.6)),
    (76, True): ((41, 42, -0.6), (41, 42, -0.6)),
    (111, False): ((40, 41, -0.6), (40, 41, -0.6)),
}


def shape(p: Profile | None) -> tuple[int, int, float]:
    assert p is not None
    return p.degree, len(p.slope) - 1, round(p.pole * math.pi / 2, 12)


@pytest.mark.parametrize(("depth", "tangent"), DEGREES)
@pytest.mark.parametrize("w_std", [1.0, 1.4])
def test_degrees_depend_on_the_depth_alone(depth: int, tangent: bool, w_std: float) -> None:
    stack = ReLUStack(depth, w_std, 0.0, tangent)
    found = tuple(shape(fit_profile(stack, cost)) for cost in (3, 12))
    assert found == DEGREES[depth, tangent]


@pytest.mark.parametrize("tangent", [False, True])
def test_the_recursion_takes_over_where_no_map_serves(tangent: bool) -> None:
    deepest = profile.DEEPEST[tangent]
    assert fit_all(deepest, tangent) and not fit_all(deepest + 1, tangent)
    assert fit_profile(ReLUStack(deepest, 1.0, 0.0, tangent)) is not None
    assert fit_profile(ReLUStack(deepest + 1, 1.0, 0.0, tangent)) is None
    assert fit_profile(ReLUStack(10**6, 1.0, 0.0, tangent)) is None


def test_coefficients_are_the_same_on_every_processor() -> None:
    digits = [
        number.hex()
        for depth in (2, 6, 12, 64)
        for p in fit_all(depth, True)
        for number in (*p.value, *p.slope, p.pole, p.offset, p.scale, p.at_zero)
    ]
    found = hashlib.sha256(" ".join(digits).encode()).hexdigest()
    assert found == "0b260290efd4b66b0950033c850701e4fad2ea566243bb6e8ed2c9857a6bbfab"


def test_the_weights_scale_the_profile() -> None:
    one, other = (fit_profile(ReLUStack(6, w, 0.0, True)) for w in (1.0, 1.4))
    assert one is not None and other is not None
    np.testing.assert_allclose(other.value, np.array(one.value) * 1.4**12, rtol=1e-14)
    np.testing.assert_allclose(other.slope, np.array(one.slope) * 1.4**12, rtol=1e-14)
    assert one.at_zero == 6 / 32


@pytest.mark.parametrize("tangent", [False, True])
def test_samples_are_exact_for_the_deepest(tangent: bool) -> None:
    """The interpolation that all maps are made from, against the recursion in 50 digits."""
    depth = profile.DEEPEST[tangent]
    for angle in (Fraction(1, 1000), Fraction(1, 3), Fraction(2), Fraction(31415, 10000)):
        with mpmath.workdps(50):
            theta = mpmath.mpf(angle.numerator) / angle.denominator
            t = s = 2 * mpmath.cos(theta)
            for _ in range(depth - 1):
                rest = mpmath.pi - theta
                s = 2 * (mpmath.sin(theta) + rest * mpmath.cos(theta)) / mpmath.pi
                t = s + rest * t / mpmath.pi
                theta = mpmath.acos(s / 2)
            expected = int((t if tangent else s) * ONE)
        given = angle.numerator * ONE // angle.denominator
        assert abs(profile._kappa(depth, tangent, given) - expected) <= ONE // 10**22
        x = profile._mapped(fixed_point.quotient(2 * given, fixed_point.PI) - ONE, -profile.SAMPLED)
        assert abs(chebyshev.evaluate(profile._sample(depth, tangent), x) - expected) <= (
            ONE // 10**18
        )


@pytest.mark.parametrize("angle", [0.0, 1e-9, 1e-4, 0.3, 1.5707963267948966, 3.0, 3.1415926])
def test_fixed_point_against_mpmath(angle: float) -> None:
    with mpmath.workdps(60):
        assert abs(fixed_point.PI - mpmath.pi * ONE) < 100
        given = int(mpmath.mpf(angle) * ONE)
        cosine, sine = fixed_point.cosine_and_sine(given)
        assert abs(cosine - mpmath.cos(angle) * ONE) < 1e-33 * ONE
        bound = 1e-33 * ONE / max(math.sin(angle), 1e-12)  # the sine is a square root
        assert abs(sine - mpmath.sin(angle) * ONE) < bound
        back = fixed_point.angle_of(cosine, sine)
        assert abs(back - given) < bound
        assert abs(fixed_point.root(given) - mpmath.sqrt(angle) * ONE) < 2**70
        assert abs(fixed_point.product(given, given) - mpmath.mpf(angle) ** 2 * ONE) < 8
    assert fixed_point.quotient(ONE, 3 * ONE) == ONE // 3


def test_chebyshev_series_against_numpy() -> None:
    rng = np.random.default_rng(0)
    series = rng.standard_normal(12)
    fixed = [int(c * ONE) for c in series]
    x = np.array([n / ONE for n in chebyshev.nodes(12)])
    np.testing.assert_allclose(x, np.cos(math.pi * (np.arange(12) + 0.5) / 12), atol=1e-15)

    def floats(numbers: list[int]) -> np.ndarray:
        return np.array([n / ONE for n in numbers])

    values = [chebyshev.evaluate(fixed, n) for n in chebyshev.nodes(12)]
    np.testing.assert_allclose(floats(values), numpy_chebyshev.chebval(x, series), atol=1e-13)
    np.testing.assert_allclose(floats(chebyshev.interpolate(values)), series, atol=1e-15)
    np.testing.assert_allclose(
        floats(chebyshev.derivative(fixed)), numpy_chebyshev.chebder(series), atol=1e-13
    )
    np.testing.assert_allclose(
        floats(chebyshev.times_linear(fixed, Fraction(-2, 5))),
        numpy_chebyshev.chebmul(series, [1, -0.4]),
        atol=1e-15,
    )
    np.testing.assert_allclose(
        floats(chebyshev.powers(fixed)), numpy_chebyshev.cheb2poly(series), rtol=1e-12, atol=1e-12
    )
    for short in ([3 * ONE], [3 * ONE, ONE]):
        assert chebyshev.powers(short) == short
    assert chebyshev.derivative([3 * ONE]) == [0]
