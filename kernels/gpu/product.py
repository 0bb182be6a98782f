"""K v in Triton, with K never stored: a tile of it lives in registers and is multiplied at once."""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from ..zonal.profile import Profile
from .device import host_flag, on, parts, raised
from .profile import (
    HEAD,
    NEAR,
    STEP,
    arcsine,
    horner,
    near_phi,
    products,
    raise_flag,
    table,
    variable,
)

SIDE = 32  # of a tile: of seven on an H100 the fastest
WARPS = 4
MAX_WIDTH = 32  # columns of v at a time; each time K is computed anew
MAPPED_WIDTH = 16  # where the polynomial's variable is mapped; 32 would spill registers


@triton.jit
def _product_kernel(
    hat1: tl.tensor,
    norm1: tl.tensor,
    hat2: tl.tensor,
    norm2: tl.tensor,
    constants: tl.tensor,
    diagonal: tl.tensor,
    v: tl.tensor,
    out: tl.tensor,
    flag: tl.tensor,
    n1: tl.tensor,
    n2: tl.tensor,
    d: tl.tensor,
    columns: tl.tensor,
    v_row: tl.tensor,
    v_col: tl.tensor,
    share: tl.tensor,
    FIRST: tl.constexpr,
    DEGREE: tl.constexpr,
    MAPPED: tl.constexpr,
    SYMMETRIC: tl.constexpr,
    CAREFUL: tl.constexpr,
    SIDE: tl.constexpr,
    WIDTH: tl.constexpr,
    STEP: tl.constexpr,
) -> None:
    """Rows ``program_id(0)`` of K times ``share`` tiles of v, some columns of v.

    Without CAREFUL the kernel of nearly equal or opposite directions, off the diagonal where
    SYMMETRIC, is NaN, and ``flag`` becomes 1; with it, their angles are taken from differences.
    """
    rows = tl.program_id(0) * SIDE + tl.arange(0, SIDE)
    part = tl.program_id(1)
    wide = tl.program_id(2) * WIDTH + tl.arange(0, WIDTH)
    length1 = tl.load(norm1 + rows, mask=rows < n1, other=0.0) / d
    total = tl.zeros((SIDE, WIDTH), dtype=out.dtype.element_ty)
    for j in range(part * share, tl.minimum((part + 1) * share, tl.cdiv(n2, SIDE))):
        cols = j * SIDE + tl.arange(0, SIDE)
        c = products(hat1, hat2, rows, cols, n1, n2, d, STEP)
        c = tl.minimum(tl.maximum(c, -1.0), 1.0)
        near = 1.0 - tl.abs(c) < NEAR
        if CAREFUL:
            phi = arcsine(c)
            if tl.max(tl.max(near.to(tl.int32), axis=1), axis=0) > 0:
                phi = near_phi(phi, c, near, hat1, hat2, rows, cols, n1, n2, d)
        else:
            phi = arcsine(tl.where(near, float("nan"), c))
        u = variable(phi, constants, MAPPED)
        length2 = tl.load(norm2 + cols, mask=cols < n2, other=0.0)
        k = horner(u, constants + FIRST, DEGREE) * (length1[:, None] * length2[None, :])
        if SYMMETRIC:
            own = tl.load(diagonal + rows, mask=rows < n1, other=0.0)
            k = tl.where(rows[:, None] == cols[None, :], own[:, None], k)
        there = (cols[:, None] < n2) & (wide[None, :] < columns)
        place = cols[:, None].to(tl.int64) * v_row + wide[None, :].to(tl.int64) * v_col
        tile = tl.load(v + place, mask=there, other=0.0)
        if WIDTH == 1:
            total += tl.sum(k * tl.trans(tile), axis=1)[:, None]
        else:
            total = tl.dot(k, tile, total, input_precision="ieee", out_dtype=total.dtype)
    inside = (rows[:, None] < n1) & (wide[None, :] < columns)
    place = (part.to(tl.int64) * n1 + rows[:, None]) * columns + wide[None, :]
    tl.store(out + place, total, mask=inside)
    if CAREFUL == 0:
        raise_flag(flag, total, inside)


def product(
    profile: Profile,
    x1: tuple[Tensor, Tensor],
    x2: tuple[Tensor, Tensor],
    v: Tensor,
    diagonal: Tensor | None = None,
    careful: bool = False,
) -> tuple[Tensor, bool]:
    """K v.

    It is computed without a look at nearly equal directions, which would take half as long again,
    and once more with one where there are any.

    Args:
        profile: kappa as a polynomial.
        x1: directions (N1, D) and lengths (N1, 1).
        x2: directions (N2, D) and lengths (N2, 1).
        v: (N2, K), any strides.
        diagonal: where given, x1 is x2 and this is the exact diagonal of K, (N1,).
        careful: whether it is known that there are nearly equal or nearly opposite directions.

    Returns:
        (N1, K), and whether there are such directions, or ``careful``.
    """
    (hat1, norm1), (hat2, norm2) = ((h.contiguous(), n.contiguous()) for h, n in (x1, x2))
    (n1, d), n2, columns = hat1.shape, len(hat2), v.shape[1]
    most = MAX_WIDTH if profile.pole == 0 else MAPPED_WIDTH
    width = min(most, triton.next_power_of_2(max(1, columns)))
    width = 1 if width == 1 else max(16, width)  # the least that the matrix units take
    down, tiles = triton.cdiv(n1, SIDE), triton.cdiv(n2, SIDE)
    if not down or not columns:
        return v.new_zeros(n1, columns), careful
    share = triton.cdiv(tiles, parts(down, tiles)) if tiles else 1
    out = v.new_empty(triton.cdiv(tiles, share) or 1, n1, columns)
    flag = host_flag(v.device)
    with on(v.device):
        _product_kernel[(down, len(out), triton.cdiv(columns, width))](
            hat1,
            norm1,
            hat2,
            norm2,
            table(profile, v.dtype, v.device),
            norm1 if diagonal is None else diagonal,
            v,
            out,
            flag,
            n1,
            n2,
            d,
            columns,
            *v.stride(),
            share,
            FIRST=HEAD,
            DEGREE=profile.degree,
            MAPPED=profile.pole != 0,
            SYMMETRIC=diagonal is not None,
            CAREFUL=careful,
            SIDE=SIDE,
            WIDTH=width,
            STEP=STEP,
            num_warps=WARPS,
        )
    if not careful and raised(flag, v.device):
        return product(profile, x1, x2, v, diagonal, careful=True)
    return out.sum(0), careful
