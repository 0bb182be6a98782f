"""The numba form of :class:`.zonal.sums.ZonalSums`; importing this module imports numba."""

from __future__ import annotations

from typing import Any

import numpy as np

from .loops import (
    OPTIONS,
    PIECE,
    SUMS,
    angles,
    compile_function,
    dot,
    finish,
    njit,
    polynomial,
    wide_vectors,
)


@njit(**OPTIONS)
def _cosines(left: Any, right: Any, old: Any, factor: float, out: Any) -> None:
    wide_vectors()
    if old is None:
        for j in range(out.shape[0]):
            out[j] = (left[j] + right[j]) * factor
    else:
        for j in range(out.shape[0]):
            out[j] = (left[j] + (right[j] - old[j])) * factor


@njit(**SUMS)
def _dot_squares(k: Any, weights: Any) -> float:
    wide_vectors()
    total = 0.0
    for j in range(k.shape[0]):
        total += k[j] * k[j] * weights[j]
    return total


@compile_function
def pair_sums(
    left: Any,
    right: Any,
    old: Any,
    norm: Any,
    inverse: Any,
    map_: Any,
    value: Any,
    cols: Any,
    linear: Any,
    square: Any,
    out: Any,
) -> None:
    """Adds a piece of the data; see :meth:`.zonal.sums.ZonalSums.pairs`.

    Args:
        left: products of the left parts with directions of the data, (B, L).
        right: those of the right parts, (A, L).
        old: (B, A) or None.
        norm: |x_ba|, (B, A).
        inverse: 1 / |x_ba|, (B, A).
        map_: see ``fill``.
        value: see ``fill``.
        cols: |x_l| / D, (L,).
        linear: (Q, L).
        square: (L,).
        out: (B, A, Q + 1).
    """
    c, u, p = np.empty(PIECE), np.empty(PIECE), np.empty(PIECE)
    sums = linear.shape[0]
    for start in range(0, cols.shape[0], PIECE):
        stop = min(start + PIECE, cols.shape[0])
        cs, us, ps = c[: stop - start], u[: stop - start], p[: stop - start]
        factors, squares = cols[start:stop], square[start:stop]
        for b in range(norm.shape[0]):
            begun = left[b][start:stop]
            for a in range(norm.shape[1]):
                more = right[a][start:stop]
                if old is None:
                    _cosines(begun, more, None, inverse[b, a], cs)
                else:
                    _cosines(begun, more, right[old[b, a]][start:stop], inverse[b, a], cs)
                angles(cs, map_, us, None)
                polynomial(value, norm[b, a], us, ps)
                finish(value, norm[b, a], us, ps, None, factors, cs)
                for q in range(sums):
                    out[b, a, q] += dot(cs, linear[q][start:stop])
                out[b, a, sums] += _dot_squares(cs, squares)
