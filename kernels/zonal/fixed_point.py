"""Real numbers with 128 bits after the binary point, held as Python integers.

They serve where a decision must come out alike on every processor: neither the sine of a maths
library nor an order of summation has a say in it. A number x is the integer x 2^128, rounded down;
sums, and products with whole numbers, are those of integers. Products, quotients and roots err by
2^-128 = 3e-39, cosines by 1e-33, and the sine of an angle a by 1e-33 / sin(a).
"""

from __future__ import annotations

import math

BITS = 128
ONE = 1 << BITS
HALVINGS = 8  # of an angle before its power series, which they shorten
_START_BITS = 60  # more than a float has


def _arctangent_of_inverse(n: int) -> int:
    """arctan(1/n) for whole n > 1, by its power series."""
    power, total, k = ONE // n, 0, 0
    while power:
        total += (-1) ** k * (power // (2 * k + 1))
        power //= n * n
        k += 1
    return total


PI = 16 * _arctangent_of_inverse(5) - 4 * _arctangent_of_inverse(239)  # Machin 1706


def product(a: int, b: int) -> int:
    """a b."""
    return a * b >> BITS


def quotient(a: int, b: int) -> int:
    """a / b, for b other than 0."""
    return (a << BITS) // b


def root(a: int) -> int:
    """The square root of a >= 0."""
    return math.isqrt(a << BITS)


def cosine_and_sine(angle: int) -> tuple[int, int]:
    """The cosine and the sine of an angle in [0, pi]."""
    square = product(angle, angle) >> 2 * HALVINGS
    # 1 - cos keeps its digits where the angle is small, and 1 - cos(2 x) is made from it alone.
    term = versine = square >> 1
    k = 3
    while term:
        term = product(term, square) // (k * (k + 1))
        versine += -term if k % 4 == 3 else term
        k += 2
    for _ in range(HALVINGS):
        versine = 2 * product(versine, 2 * ONE - versine)
    return ONE - versine, root(product(versine, 2 * ONE - versine))


def angle_of(cosine: int, sine: int) -> int:
    """The angle in [0, pi] that has this cosine and sine, by Newton's method from a float."""
    start = math.atan2(sine / ONE, cosine / ONE)
    angle = int(math.ldexp(start, _START_BITS)) << BITS - _START_BITS
    c, s = cosine_and_sine(angle)
    return angle + product(sine, c) - product(cosine, s)  # what is left is the cube of 1e-16
