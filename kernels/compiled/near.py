"""The numba form of :mod:`.zonal.near`; importing this module imports numba."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .loops import OPTIONS, compile_function, count_above, njit


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
        in_row[i] = count_above(c[i], bound)
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
