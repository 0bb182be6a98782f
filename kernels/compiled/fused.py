"""The numba functions behind :mod:`.compiled`; importing this module imports numba.

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
    """njit with numba's cache on disk, and without it where no folder can be written to."""
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
def _inverse_sines(c: Any, kink: float, w: Any) -> None:
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


@njit(**{**OPTIONS, "fastmath": OPTIONS["fastmath"] | {"reassoc"}})
def _count_above(c: Any, bound: float) -> float:
    """How many |c| of a row are above the bound. A sum becomes vector instructions, a max not."""
    wide_vectors()
    found = 0.0
    for j in range(c.shape[0]):
        found += 1.0 if abs(c[j]) > bound else 0.0
    return found


@compile_function
def fill(
    c: Any,
    rows: Any,
    cols: Any,
    map_: Any,
    value: Any,
    slope: Any,
    kink: float,
    bound: float,
    out: Any,
    out_stride: int,
    out_slope: Any,
    slope_stride: int,
) -> int:
    """Kernel values and slopes of a block of cosines; see :class:`.compiled.Evaluator`.

    Returns:
        How many |c| are above the bound.
    """
    above = 0.0
    u, p, w = np.empty(PIECE), np.empty(PIECE), np.empty(PIECE)
    for i in range(c.shape[0]):
        for start in range(0, c.shape[1], PIECE):
            stop = min(start + PIECE, c.shape[1])
            width = stop - start
            # Slices, because an index that may be negative becomes a gather.
            cosines, factors = c[i][start:stop], cols[start:stop]
            us, ps, ws = u[:width], p[:width], w[:width]
            above += _count_above(cosines, bound)
            angles(cosines, map_, us, None if slope is None else ws)
            polynomial(value, rows[i], us, ps)
            if slope is not None:
                _inverse_sines(cosines, kink, ws)
            at = i * out_stride + start
            finish(value, rows[i], us, ps, None, factors, out[at : at + width])
            if slope is not None:
                polynomial(slope, rows[i], us, ps)
                at = i * slope_stride + start
                finish(slope, rows[i], us, ps, ws, factors, out_slope[at : at + width])
    return int(above)


@njit(**OPTIONS)
def _angular(z: float, opposite: bool, depth: int, w: float, tangent: bool) -> tuple[float, float]:
    """kappa and d kappa / d theta, see :func:`..relu.recursion.angular_recursion`.

    Args:
        z: sin^2(theta/2), or cos^2(theta/2) where ``opposite``.
        opposite: see z.
        depth: dense layers.
        w: weight variance.
        tangent: NTK, not NNGP.
    """
    z = min(z, 1.0)
    theta, sine, cosine, half = (
        2 * math.asin(math.sqrt(z)),
        2 * math.sqrt(z * (1 - z)),
        1 - 2 * z,
        z,
    )
    if opposite:
        theta, cosine, half = math.pi - theta, -cosine, 1 - z
    q, turn = w, 1.0
    s, ds = q * cosine, -q * sine
    t, dt = s, ds
    for _ in range(depth - 1):
        k0, dk0 = (math.pi - theta) / (2 * math.pi), -turn / (2 * math.pi)
        half = min(max(half - (sine - theta * cosine) / (2 * math.pi), 0.0), 1.0)
        new = 2 * math.asin(math.sqrt(half))
        new_sine = math.sin(new)
        if theta > 0.0 and new_sine > 0.0:
            turn *= (math.pi - theta) * sine / (math.pi * new_sine)
        theta, sine, cosine = new, new_sine, math.cos(new)
        q *= w / 2
        s, ds = q * cosine, -q * sine * turn
        t, dt = s + w * k0 * t, ds + w * (dk0 * t + k0 * dt)
    if tangent:
        return t, dt
    return s, ds


@compile_function
def near(
    c: Any,
    bound: float,
    kink: float,
    depth: int,
    w: float,
    tangent: bool,
    hat1: Any,
    hat2: Any,
    rows: Any,
    cols: Any,
    out: Any,
    out_stride: int,
    out_slope: Any,
    slope_stride: int,
) -> tuple[Any, Any, Any]:
    """Values of pairs with |c| above the bound, from differences; see :mod:`..zonal.near`.

    Args:
        c: cosines, (R, C).
        bound: see above.
        kink: sin^2(theta/2) up to which a pair has no slope.
        depth: of the network.
        w: its weight variance.
        tangent: NTK, not NNGP.
        hat1: directions of the rows, (R, D).
        hat2: directions of the columns, (C, D).
        rows: factors, (R,).
        cols: factors, (C,).
        out: storage of the values; rows are ``out_stride`` apart.
        out_stride: see out.
        out_slope: None, or storage of the slopes, which become 0 at these pairs.
        slope_stride: see out_slope.

    Returns:
        Rows (P,), columns (P,) and (P, 2) signs and slopes of the pairs that have a slope.
    """
    in_row = np.empty(c.shape[0])
    for i in range(c.shape[0]):
        in_row[i] = _count_above(c[i], bound)
    found = int(in_row.sum())
    size = 0 if out_slope is None else found
    at_i, at_j = np.empty(size, np.int64), np.empty(size, np.int64)
    told = np.empty((size, 2))
    kept = 0
    if found:
        zero, _ = _angular(0.0, False, depth, w, tangent)
        for i in range(c.shape[0]):
            if in_row[i] == 0.0:
                continue
            for j in range(c.shape[1]):
                if abs(c[i, j]) <= bound:
                    continue
                opposite = c[i, j] < 0.0
                sign = -1.0 if opposite else 1.0
                z = 0.0
                for k in range(hat1.shape[1]):
                    step = hat2[j, k] - sign * hat1[i, k]
                    z += step * step
                z *= 0.25
                value, derivative = zero, 0.0
                if z > 0.0 or opposite:
                    value, derivative = _angular(z, opposite, depth, w, tangent)
                out[i * out_stride + j] = rows[i] * cols[j] * value
                if out_slope is not None:
                    out_slope[i * slope_stride + j] = 0.0
                    if z > kink:
                        at_i[kept], at_j[kept] = i, j
                        told[kept, 0] = sign
                        sine = 2 * math.sqrt(z * (1 - z))
                        told[kept, 1] = -rows[i] * cols[j] * derivative / sine
                        kept += 1
    return at_i[:kept], at_j[:kept], told[:kept]


@njit(**{**OPTIONS, "fastmath": OPTIONS["fastmath"] | {"reassoc"}})
def dot(a: Any, b: Any) -> float:
    """sum_j a_j b_j."""
    wide_vectors()
    total = 0.0
    for j in range(a.shape[0]):
        total += a[j] * b[j]
    return total


@njit(**OPTIONS)
def _add_product(factor: float, a: Any, out: Any) -> None:
    wide_vectors()
    for j in range(a.shape[0]):
        out[j] += factor * a[j]


@njit(**OPTIONS)
def _multiply(a: Any, b: Any, out: Any) -> None:
    wide_vectors()
    for j in range(a.shape[0]):
        out[j] = a[j] * b[j]


@compile_function
def residuals(k: Any, s: Any, a: Any, y: Any, weights: Any, backward: Any, da: Any) -> None:
    """A tile's share of BDI's backward loss; see :class:`.zonal.coupling.ZonalCoupling`."""
    groups, m = a.shape
    r, weighted = np.empty(PIECE, k.dtype), np.empty(PIECE, k.dtype)
    for g in range(groups):
        for start in range(0, k.shape[1], PIECE):
            stop = min(start + PIECE, k.shape[1])
            rs, ws = r[: stop - start], weighted[: stop - start]
            rs[:] = y[start:stop]
            for i in range(m):
                _add_product(-a[g, i], k[g * m + i][start:stop], rs)
            _multiply(rs, weights[start:stop], ws)
            backward[g] += dot(rs, ws)
            for i in range(m):
                da[g, i] += dot(k[g * m + i][start:stop], ws)
                row = s[g * m + i][start:stop]
                _multiply(row, ws, row)


@njit(**{**OPTIONS, "fastmath": OPTIONS["fastmath"] | {"reassoc"}})
def _both_ways(
    k0: Any, k1: Any, k2: Any, k3: Any, right: Any, left: Any, down: Any
) -> tuple[float, float, float, float]:
    """down += left[0] k0 + ... + left[3] k3; returns the products of the four rows with right."""
    wide_vectors()
    t0, t1, t2, t3 = 0.0, 0.0, 0.0, 0.0
    l0, l1, l2, l3 = left[0], left[1], left[2], left[3]
    for j in range(right.shape[0]):
        a, b, c, d = k0[j], k1[j], k2[j], k3[j]
        t0 += a * right[j]
        t1 += b * right[j]
        t2 += c * right[j]
        t3 += d * right[j]
        down[j] += l0 * a + l1 * b + l2 * c + l3 * d
    return t0, t1, t2, t3


@compile_function
def multiply_both(k: Any, stride: int, right: Any, left: Any, across: Any, down: Any) -> None:
    """across += K right and down += K^T left; every number of K is read once.

    Args:
        k: the storage of K (R, C) from its first entry on; its rows are ``stride`` apart.
        stride: see k.
        right: (C,).
        left: (R,).
        across: (R,).
        down: (C,).
    """
    height, width = left.shape[0], right.shape[0]
    for start in range(0, width, PIECE):
        stop = min(start + PIECE, width)
        r, o = right[start:stop], down[start:stop]
        whole = height - height % 4
        for i in range(0, whole, 4):
            at = i * stride
            k0, at = k[at + start : at + stop], at + stride
            k1, at = k[at + start : at + stop], at + stride
            k2, at = k[at + start : at + stop], at + stride
            k3 = k[at + start : at + stop]
            t0, t1, t2, t3 = _both_ways(k0, k1, k2, k3, r, left[i : i + 4], o)
            across[i] += t0
            across[i + 1] += t1
            across[i + 2] += t2
            across[i + 3] += t3
        for i in range(whole, height):
            row = k[i * stride + start : i * stride + stop]
            across[i] += dot(row, r)
            _add_product(left[i], row, o)
