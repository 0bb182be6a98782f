"""Chebyshev series in the numbers of :mod:`.fixed_point`: sum_k c_k T_k(x) is the list of its c_k.

Interpolation at Chebyshev's nodes is a cosine transform, so no system of equations is solved.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from fractions import Fraction

from .fixed_point import BITS, PI, cosine_and_sine, product


@functools.cache
def _cosines(count: int) -> list[int]:
    """cos(pi j / (2 count)) for j = 0 ... 4 count - 1."""
    half = [cosine_and_sine(j * PI // (2 * count))[0] for j in range(2 * count)]
    return half + [-c for c in half]


def nodes(count: int) -> list[int]:
    """The zeros of T_count, falling."""
    return _cosines(count)[1 : 2 * count : 2]


def interpolate(values: Sequence[int]) -> list[int]:
    """The series of the lowest degree that has these values at the nodes.

    Args:
        values: one for each of :func:`nodes`.

    Returns:
        As many coefficients.
    """
    count, cosines = len(values), _cosines(len(values))
    series = []
    for k in range(count):
        angles = range(k, k * 2 * count + 1, 2 * k) if k else [0] * count
        total = sum(f * cosines[j % len(cosines)] for f, j in zip(values, angles, strict=True))
        series.append((total * 2 // count) >> BITS)
    series[0] //= 2
    return series


def evaluate(series: Sequence[int], x: int) -> int:
    """The value at x in [-1, 1], by Clenshaw's recurrence."""
    above = here = 0
    for c in series[:0:-1]:
        above, here = here, c + (x * here >> BITS - 1) - above
    return series[0] + product(x, here) - above


def derivative(series: Sequence[int]) -> list[int]:
    """The series of the derivative."""
    out = [0] * (len(series) + 1)
    for k in range(len(series) - 1, 0, -1):
        out[k - 1] = out[k + 1] + 2 * k * series[k]
    out[0] //= 2
    return out[: max(1, len(series) - 1)]


def times_linear(series: Sequence[int], slope: Fraction) -> list[int]:
    """The series of the product with 1 + slope x."""
    out = [*series, 0]
    tilt = [c * slope.numerator // slope.denominator for c in series]
    for k, c in enumerate(tilt):  # x T_k is the mean of T_(k-1) and T_(k+1)
        if k == 0:
            out[1] += c
        else:
            out[k - 1] += c >> 1
            out[k + 1] += c >> 1
    return out


def powers(series: Sequence[int]) -> list[int]:
    """The same polynomial by ascending powers of x."""
    out = [0] * len(series)
    before, here = [0, 1], [1]  # T_(-1) = T_1 and T_0
    for c in series:
        for i, t in enumerate(here):
            out[i] += c * t
        after = [0, *(2 * t for t in here)]
        for i, t in enumerate(before):
            after[i] -= t
        before, here = here, after
    return out
