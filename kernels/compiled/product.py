"""A symmetric matrix times a vector, with half of it read; importing this imports numba."""

from __future__ import annotations

from typing import Any

from .loops import PIECE, SUMS, add_product, compile_function, dot, njit, wide_vectors


@njit(**SUMS)
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
            add_product(left[i], row, o)
