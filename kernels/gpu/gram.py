"""Zonal Gram matrices in Triton: product, clamp, arcsine, polynomial and scale in one pass."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from ..zonal.profile import Profile
from .device import block_side, host_flag, on, raised
from .profile import HEAD, NEAR, STEP, arcsine, horner, products, raise_flag, table, variable


@triton.jit
def _gram_kernel(
    hat1: tl.tensor,
    norm1: tl.tensor,
    hat2: tl.tensor,
    norm2: tl.tensor,
    constants: tl.tensor,
    out: tl.tensor,
    slope: tl.tensor,
    flag: tl.tensor,
    n1: tl.tensor,
    n2: tl.tensor,
    d: tl.tensor,
    batch1: tl.tensor,
    batch2: tl.tensor,
    out_batch: tl.tensor,
    out_row: tl.tensor,
    slope_batch: tl.tensor,
    slope_row: tl.tensor,
    FIRST: tl.constexpr,
    DEGREE: tl.constexpr,
    SLOPE_DEGREE: tl.constexpr,
    MAPPED: tl.constexpr,
    SLOPE: tl.constexpr,
    SYMMETRIC: tl.constexpr,
    ROWS: tl.constexpr,
    COLS: tl.constexpr,
    STEP: tl.constexpr,
) -> None:
    """One tile of one matrix; SYMMETRIC: tiles below the diagonal are written to both places.

    Where directions are nearly equal or opposite, off the diagonal where SYMMETRIC, the value
    becomes NaN, the slope 0, and ``flag`` 1.
    """
    across, down = tl.cdiv(n2, COLS), tl.cdiv(n1, ROWS)
    j, i = tl.program_id(0) % across, (tl.program_id(0) // across) % down
    batch = (tl.program_id(0) // across // down).to(tl.int64)
    if SYMMETRIC:  # noqa: SIM102 - known when compiled, the other not
        if j > i:
            return
    rows, cols = i * ROWS + tl.arange(0, ROWS), j * COLS + tl.arange(0, COLS)
    hat1 += batch * n1 * d * batch1
    hat2 += batch * n2 * d * batch2
    c = products(hat1, hat2, rows, cols, n1, n2, d, STEP)
    c = tl.minimum(tl.maximum(c, -1.0), 1.0)
    c = tl.where(1.0 - tl.abs(c) < NEAR, float("nan"), c)
    if SYMMETRIC:
        c = tl.where(rows[:, None] == cols[None, :], 1.0, c)
    u = variable(arcsine(c), constants, MAPPED)
    length1 = tl.load(norm1 + batch * n1 * batch1 + rows, mask=rows < n1, other=0.0)
    length2 = tl.load(norm2 + batch * n2 * batch2 + cols, mask=cols < n2, other=0.0)
    scale = (length1 / d)[:, None] * length2[None, :]
    inside = (rows[:, None] < n1) & (cols[None, :] < n2)
    if SYMMETRIC:
        inside = inside & (rows[:, None] >= cols[None, :])
    rows_64, cols_64 = rows.to(tl.int64), cols.to(tl.int64)
    value = horner(u, constants + FIRST, DEGREE) * scale
    out += batch * out_batch
    tl.store(out + rows_64[:, None] * out_row + cols_64[None, :], value, mask=inside)
    raise_flag(flag, value, inside)
    if SYMMETRIC:
        mirrored = out + cols_64[:, None] * out_row + rows_64[None, :]
        tl.store(mirrored, tl.trans(value), mask=tl.trans(inside))
    if SLOPE:
        smooth = 1.0 - tl.abs(c) >= NEAR
        sine = tl.sqrt(tl.where(smooth, (1.0 - c) * (1.0 + c), 1.0))
        value = horner(u, constants + FIRST + DEGREE + 1, SLOPE_DEGREE) * scale / sine
        value = tl.where(smooth, value, 0.0)
        slope += batch * slope_batch
        tl.store(slope + rows_64[:, None] * slope_row + cols_64[None, :], value, mask=inside)
        if SYMMETRIC:
            mirrored = slope + cols_64[:, None] * slope_row + rows_64[None, :]
            tl.store(mirrored, tl.trans(value), mask=tl.trans(inside))


def gram_(
    profile: Profile,
    x1: tuple[Tensor, Tensor],
    x2: tuple[Tensor, Tensor],
    out: Tensor,
    slope: Tensor | None = None,
) -> bool:
    """:func:`.zonal.tiles.gram_` for a network with a profile.

    Args:
        profile: kappa as a polynomial.
        x1: directions (..., N1, D) and lengths (..., N1, 1).
        x2: directions (..., N2, D) and lengths (..., N2, 1); the very object x1 means that the
            matrix is symmetric, and makes it exactly so.
        out: (..., N1, N2) with contiguous rows, receives k.
        slope: where given, the shape of out, receives |x||x'|/D dkappa/dcos.

    Returns:
        Whether there are pairs of nearly equal or nearly opposite directions, for which the cosine
        is not good enough: their k is NaN and their slope 0.
    """
    if out.numel() == 0:
        return False
    symmetric = x2 is x1
    if out.ndim > 2 and x2[0].ndim == 2 and x1[0].ndim == out.ndim:  # rows can be stacked
        x1 = x1[0].flatten(0, -2), x1[1].flatten(0, -2)
        out = out.view(-1, out.shape[-1])
        slope = None if slope is None else slope.view(out.shape)
    batch, (n1, n2) = out.shape[:-2], out.shape[-2:]
    out = out.view(-1, n1, n2) if batch else out.unsqueeze(0)
    if slope is not None:
        slope = slope.view(-1, n1, n2) if batch else slope.unsqueeze(0)
    (hat1, norm1), (hat2, norm2) = (flatten(x, batch) for x in (x1, x2))
    d, (rows, cols, warps) = hat1.shape[-1], tile(n1, n2, slope is not None)
    slopes = out if slope is None else slope
    flag = host_flag(out.device)
    grid = (len(out) * triton.cdiv(n1, rows) * triton.cdiv(n2, cols),)
    with on(out.device):
        _gram_kernel[grid](
            hat1,
            norm1,
            hat2,
            norm2,
            table(profile, out.dtype, out.device),
            out,
            slopes,
            flag,
            n1,
            n2,
            d,
            int(hat1.ndim == 3),
            int(hat2.ndim == 3),
            *out.stride()[:2],
            *slopes.stride()[:2],
            FIRST=HEAD,
            DEGREE=profile.degree,
            SLOPE_DEGREE=len(profile.slope) - 1,
            MAPPED=profile.pole != 0,
            SLOPE=slope is not None,
            SYMMETRIC=symmetric,
            ROWS=rows,
            COLS=cols,
            STEP=STEP,
            num_warps=warps,
        )
    return raised(flag, out.device)


def tile(n1: int, n2: int, slope: bool) -> tuple[int, int, int]:
    """Rows, columns and warps of a tile: of nine on an H100 the fastest that does not spill."""
    rows, cols = min(32, block_side(n1)), min(32, block_side(n2))
    return rows, cols, max(1, rows * cols // (256 if slope else 512))


def flatten(x: tuple[Tensor, Tensor], batch: torch.Size) -> tuple[Tensor, Tensor]:
    """Directions (B, N, D) and lengths (B, N, 1) of batch shape ``batch``, contiguous.

    A single table, (N, D), stays one.
    """
    if x[0].ndim == 2:
        return x[0].contiguous(), x[1].contiguous()
    hat, norm = (t.expand(*batch, *t.shape[-2:]) for t in x)
    return (
        hat.reshape(-1, *hat.shape[-2:]).contiguous(),
        norm.reshape(-1, *norm.shape[-2:]).contiguous(),
    )
