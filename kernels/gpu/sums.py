"""The Triton form of :class:`.zonal.sums.ZonalSums`: a tile of values is summed up where it is."""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from ..zonal.profile import Profile
from .device import on, parts
from .profile import HEAD, arcsine, horner, table, variable

DESIGNS = 8  # of a tile, each with DATA rows of the data: of nine on an H200 the fastest
DATA = 64
MAPPED_DATA = 32  # where the polynomial's variable is mapped; 64 would spill registers
WARPS = 4


@triton.jit
def _sums_kernel(
    left: tl.tensor,
    right: tl.tensor,
    old: tl.tensor,
    norm: tl.tensor,
    scale: tl.tensor,
    linear: tl.tensor,
    square: tl.tensor,
    constants: tl.tensor,
    out: tl.tensor,
    many: tl.tensor,
    n: tl.tensor,
    share: tl.tensor,
    CHANGED: tl.constexpr,
    WEIGHTS: tl.constexpr,
    FIRST: tl.constexpr,
    DEGREE: tl.constexpr,
    MAPPED: tl.constexpr,
    DESIGNS: tl.constexpr,
    DATA: tl.constexpr,
) -> None:
    """Some right parts with one left part, over ``share`` tiles of the data."""
    across = tl.cdiv(many, DESIGNS)
    a = tl.program_id(0) % across * DESIGNS + tl.arange(0, DESIGNS)
    b = (tl.program_id(0) // across).to(tl.int64)
    part = tl.program_id(1)
    inside = a < many
    length = tl.load(norm + b * many + a, mask=inside, other=0.0)
    inverse = tl.where(length > 0.0, 1.0 / tl.where(length > 0.0, length, 1.0), 0.0)
    new_row = a.to(tl.int64) * n
    old_row = new_row
    if CHANGED:
        old_row = tl.load(old + b * many + a, mask=inside, other=0) * n
    first = tl.zeros((DESIGNS, DATA), dtype=out.dtype.element_ty)
    second = tl.zeros((DESIGNS, DATA), dtype=out.dtype.element_ty)
    squares = tl.zeros((DESIGNS, DATA), dtype=out.dtype.element_ty)
    for j in range(part * share, tl.minimum((part + 1) * share, tl.cdiv(n, DATA))):
        cols = j * DATA + tl.arange(0, DATA)
        there = cols < n
        both = inside[:, None] & there[None, :]
        c = tl.load(right + new_row[:, None] + cols[None, :], mask=both, other=0.0)
        if CHANGED:
            c -= tl.load(right + old_row[:, None] + cols[None, :], mask=both, other=0.0)
        c += tl.load(left + b * n + cols, mask=there, other=0.0)[None, :]
        c *= inverse[:, None]
        c = tl.minimum(tl.maximum(c, -1.0), 1.0)
        u = variable(arcsine(c), constants, MAPPED)
        k = horner(u, constants + FIRST, DEGREE)
        k *= tl.load(scale + cols, mask=there, other=0.0)[None, :]
        first += k * tl.load(linear + cols, mask=there, other=0.0)[None, :]
        if WEIGHTS == 2:
            second += k * tl.load(linear + n + cols, mask=there, other=0.0)[None, :]
        squares += k * k * tl.load(square + cols, mask=there, other=0.0)[None, :]
    lefts = tl.num_programs(0) // across
    place = out + ((part.to(tl.int64) * lefts + b) * many + a) * (WEIGHTS + 1)
    tl.store(place, tl.sum(first, axis=1) * length, mask=inside)
    if WEIGHTS == 2:
        tl.store(place + 1, tl.sum(second, axis=1) * length, mask=inside)
    tl.store(place + WEIGHTS, tl.sum(squares, axis=1) * length * length, mask=inside)


def pair_sums(
    profile: Profile,
    left: Tensor,
    right: Tensor,
    old: Tensor | None,
    norm: Tensor,
    scale: Tensor,
    linear: Tensor,
    square: Tensor,
) -> Tensor:
    """Sums of kernel values, and of their squares, over a piece of the data.

    Args:
        profile: kappa as a polynomial.
        left: products of the left parts with directions of the data, (B, L).
        right: those of the right parts, (A, L).
        old: (B, A) or None, see :class:`.zonal.sums.ZonalSums`.
        norm: |x_ba|, (B, A).
        scale: |x_l| / D, (L,).
        linear: weights of the values, (Q, L), Q of 1 or 2.
        square: weights of their squares, (L,).

    Returns:
        (B, A, Q + 1). They are added up in the same order on any GPU.
    """
    (b, n), many, weights = left.shape, len(right), len(linear)
    if not b or not many or not n:
        return norm.new_zeros(b, many, weights + 1)
    width = MAPPED_DATA if profile.pole else DATA
    across, tiles = triton.cdiv(many, DESIGNS), triton.cdiv(n, width)
    share = triton.cdiv(tiles, parts(across * b, tiles))
    out = norm.new_empty(triton.cdiv(tiles, share), b, many, weights + 1)
    norm, constants = norm.contiguous(), table(profile, norm.dtype, norm.device)
    with on(norm.device):
        _sums_kernel[(across * b, len(out))](
            left.contiguous(),
            right.contiguous(),
            norm if old is None else old.contiguous(),
            norm,
            scale.contiguous(),
            linear.contiguous(),
            square.contiguous(),
            constants,
            out,
            many,
            n,
            share,
            CHANGED=old is not None,
            WEIGHTS=weights,
            FIRST=HEAD,
            DEGREE=profile.degree,
            MAPPED=profile.pole != 0,
            DESIGNS=DESIGNS,
            DATA=width,
            num_warps=WARPS,
        )
    return out.sum(0)
