"""Loops over a row that the compiled functions are made of; importing this imports numba.

z = min(c^2, (1 - |c|)/2) is sin^2 of an angle of at most 30 degrees, so one series gives the
arcsine for every c without a branch: with s = sqrt(z) and y = s + s z P(z), |phi| = y where
|c| <= 1/2 and pi/2 - 2 y above. In the same way 1/sin(theta) = 1/sqrt(1 - z), divided by 2 s above
1/2. Both are good to rounding. All loops are short, without branches and over plain slices, so
that they become vector instructions; everything is computed in float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic
from numpy.polynomial import Polynomial, chebyshev

# NaN and inf are refused before a kernel is called. The order of operations stays as written.
OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"contract", "nnan", "ninf", "nsz"},
}
SUMS: dict[str, Any] = {**OPTIONS, "fastmath": OPTIONS["fastmath"] | {"reassoc"}}
PIECE = 1024  # entries of a row at a time: the scratch arrays stay in the first-level cache
HALF_PI = math.pi / 2


def _interpolate(f: Callable[[np.ndarray], np.ndarray]) -> tuple[float, ...]:
    """Powers of z of the polynomial of degree 12 that meets f at Chebyshev nodes of [0, 1/4]."""
    nodes = np.cos(math.pi * (np.arange(13) + 0.5) / 13)
    series = chebyshev.cheb2poly(chebyshev.chebfit(nodes, f((nodes + 1) / 8), 12))
    return tuple(Polynomial(series)(Polynomial([-1, 8])).coef.tolist())


def _arcsine(z: np.ndarray) -> np.ndarray:
    """(asin(s)/s - 1)/z by its power series."""
    k = range(1, 60)
    series = [math.comb(2 * i, i) / (4.0**i * (2 * i + 1)) for i in k]
    return (np.array(series) * z[:, None] ** np.arange(59)).sum(1)


ARCSINE = _interpolate(_arcsine)
INVERSE = _interpolate(lambda z: 1 / np.sqrt(1 - z))


def compile_function(function: Callable[..., Any]) -> Any:
    """njit with numba's cache on disk, and without it where no folder can be written to.

    The cache looks at the file of the function alone: who changes this one deletes __pycache__.
    """
    try:
        return njit(cache=True, **OPTIONS)(function)
    except RuntimeError:
        return njit(**OPTIONS)(function)


def _wide_vectors(typing_context: Any) -> Any:
    """Lets LLVM use 512-bit registers in the calling function; it prefers 256 bits by itself."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        # llvmlite knows attributes without values only; past its check they are printed as given.
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), generate


wide_vectors: Any = intrinsic(_wide_vectors)


@njit(**OPTIONS)
def _series(a: Any, z: float) -> float:
    q = (((a[12] * z + a[11]) * z + a[10]) * z + a[9]) * z + a[8]
    q = (((q * z + a[7]) * z + a[6]) * z + a[5]) * z + a[4]
    return (((q * z + a[3]) * z + a[2]) * z + a[1]) * z + a[0]


@njit(**OPTIONS)
def angles(c: Any, map_: Any, u: Any, w: Any) -> None:
    """u from cosines; map_ is None or (pole, offset, scale) of the profile. w receives s."""
    wide_vectors()
    for j in range(c.shape[0]):
        x = c[j]
        a = min(abs(x), 1.0)
        z = min(a * a, (1.0 - a) * 0.5)
        s = math.sqrt(z)
        y = s + s * z * _series(ARCSINE, z)
        y = math.copysign(HALF_PI - (y + y) if a > 0.5 else y, x)
        if map_ is not None:
            y = map_[1] + map_[2] / (1.0 + map_[0] * y)
        u[j] = y
        if w is not None:
            w[j] = s


@njit(**OPTIONS)
def inverse_sines(c: Any, kink: float, w: Any) -> None:
    """1/sin(theta), 0 at the kinks; w holds s."""
    wide_vectors()
    for j in range(c.shape[0]):
        a, s = min(abs(c[j]), 1.0), w[j]
        y = _series(INVERSE, s * s) / (s + s if a > 0.5 else 1.0)
        w[j] = y if 1.0 - a > kink else 0.0


@njit(**OPTIONS)
def polynomial(a: Any, factor: float, u: Any, p: Any) -> None:
    """Horner's scheme without its last four steps; the degree is a multiple of 4, at least 8."""
    wide_vectors()
    top = a.shape[0] - 1
    a0, a1, a2 = a[top] * factor, a[top - 1] * factor, a[top - 2] * factor
    a3, a4 = a[top - 3] * factor, a[top - 4] * factor
    for j in range(u.shape[0]):
        y = u[j]
        p[j] = (((a0 * y + a1) * y + a2) * y + a3) * y + a4
    for k in range(top - 5, 3, -4):
        a0, a1, a2, a3 = a[k] * factor, a[k - 1] * factor, a[k - 2] * factor, a[k - 3] * factor
        for j in range(u.shape[0]):
            y = u[j]
            p[j] = (((p[j] * y + a0) * y + a1) * y + a2) * y + a3


@njit(**OPTIONS)
def finish(a: Any, factor: float, u: Any, p: Any, w: Any, cols: Any, out: Any) -> None:
    """The last four steps, times ``cols`` and, where it is given, ``w``."""
    wide_vectors()
    a0, a1, a2, a3 = a[3] * factor, a[2] * factor, a[1] * factor, a[0] * factor
    for j in range(u.shape[0]):
        y = u[j]
        q = ((((p[j] * y + a0) * y + a1) * y + a2) * y + a3) * cols[j]
        if w is not None:
            q = q * w[j]
        out[j] = q


@njit(**SUMS)
def count_above(c: Any, bound: float) -> float:
    """How many |c| of a row are above the bound. A sum becomes vector instructions, a max not."""
    wide_vectors()
    found = 0.0
    for j in range(c.shape[0]):
        found += 1.0 if abs(c[j]) > bound else 0.0
    return found


@njit(**SUMS)
def dot(a: Any, b: Any) -> float:
    """sum_j a_j b_j."""
    wide_vectors()
    total = 0.0
    for j in range(a.shape[0]):
        total += a[j] * b[j]
    return total


@njit(**OPTIONS)
def add_product(factor: float, a: Any, out: Any) -> None:
    """out_j += factor a_j."""
    wide_vectors()
    for j in range(a.shape[0]):
        out[j] += factor * a[j]
