"""A tile in one pass, from cosines to kernel values, and its share of BDI's backward loss.

Importing this module imports numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .loops import (
    OPTIONS,
    PIECE,
    add_product,
    angles,
    compile_function,
    count_above,
    dot,
    finish,
    inverse_sines,
    njit,
    polynomial,
    wide_vectors,
)


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
            above += count_above(cosines, bound)
            angles(cosines, map_, us, None if slope is None else ws)
            polynomial(value, rows[i], us, ps)
            if slope is not None:
                inverse_sines(cosines, kink, ws)
            at = i * out_stride + start
            finish(value, rows[i], us, ps, None, factors, out[at : at + width])
            if slope is not None:
                polynomial(slope, rows[i], us, ps)
                at = i * slope_stride + start
                finish(slope, rows[i], us, ps, ws, factors, out_slope[at : at + width])
    return int(above)


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
                add_product(-a[g, i], k[g * m + i][start:stop], rs)
            _multiply(rs, weights[start:stop], ws)
            backward[g] += dot(rs, ws)
            for i in range(m):
                da[g, i] += dot(k[g * m + i][start:stop], ws)
                row = s[g * m + i][start:stop]
                _multiply(row, ws, row)
