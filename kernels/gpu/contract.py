"""The two sums of the zonal gradient in Triton, in one pass over the matrices."""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from .device import block_side, on, parts

COLS = 32  # of a tile
WIDTH = 64  # features at a time


@triton.jit
def _contract_kernel(
    grad: tl.tensor,
    k: tl.tensor,
    slope: tl.tensor,
    other: tl.tensor,
    radial: tl.tensor,
    toward: tl.tensor,
    batches: tl.tensor,
    n1: tl.tensor,
    n2: tl.tensor,
    d: tl.tensor,
    grad_batch: tl.tensor,
    grad_row: tl.tensor,
    grad_col: tl.tensor,
    k_batch: tl.tensor,
    k_row: tl.tensor,
    k_col: tl.tensor,
    slope_batch: tl.tensor,
    slope_row: tl.tensor,
    slope_col: tl.tensor,
    other_batch: tl.tensor,
    other_row: tl.tensor,
    other_col: tl.tensor,
    share: tl.tensor,
    ROWS: tl.constexpr,
    COLS: tl.constexpr,
    WIDTH: tl.constexpr,
) -> None:
    """Some rows of one matrix, ``share`` of its tiles, some features."""
    down = tl.cdiv(n1, ROWS)
    batch, part = (tl.program_id(0) // down).to(tl.int64), tl.program_id(1)
    rows = (tl.program_id(0) % down) * ROWS + tl.arange(0, ROWS)
    features = tl.program_id(2) * WIDTH + tl.arange(0, WIDTH)
    rows_64 = rows[:, None].to(tl.int64)
    along = tl.zeros((ROWS,), dtype=grad.dtype.element_ty)
    total = tl.zeros((ROWS, WIDTH), dtype=grad.dtype.element_ty)
    for j in range(part * share, tl.minimum((part + 1) * share, tl.cdiv(n2, COLS))):
        cols = j * COLS + tl.arange(0, COLS)
        cols_64 = cols[None, :].to(tl.int64)
        inside = (rows[:, None] < n1) & (cols[None, :] < n2)
        at = batch * grad_batch + rows_64 * grad_row + cols_64 * grad_col
        g = tl.load(grad + at, mask=inside, other=0.0)
        if tl.program_id(2) == 0:
            at = batch * k_batch + rows_64 * k_row + cols_64 * k_col
            along += tl.sum(g * tl.load(k + at, mask=inside, other=0.0), axis=1)
        at = batch * slope_batch + rows_64 * slope_row + cols_64 * slope_col
        g = g * tl.load(slope + at, mask=inside, other=0.0)
        there = (cols[:, None] < n2) & (features[None, :] < d)
        place = cols[:, None].to(tl.int64) * other_row + features[None, :].to(tl.int64) * other_col
        y = tl.load(other + batch * other_batch + place, mask=there, other=0.0)
        total = tl.dot(g, y, total, input_precision="ieee", out_dtype=total.dtype)
    first = (part.to(tl.int64) * batches + batch) * n1
    if tl.program_id(2) == 0:
        tl.store(radial + first + rows, along, mask=rows < n1)
    place = (first + rows_64) * d + features[None, :]
    tl.store(toward + place, total, mask=(rows[:, None] < n1) & (features[None, :] < d))


def contract(grad: Tensor, k: Tensor, slope: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """sum_j (grad k)_ij and sum_j (grad slope)_ij x_hat_j.

    Args:
        grad: (..., N1, N2), any strides.
        k: kernel values, the shape of grad.
        slope: |x||x'|/D dkappa/dc, the shape of grad.
        other: directions of the columns' designs, (..., N2, D), with batch dimensions broadcastable
            to those of grad.

    Returns:
        (..., N1, 1) and (..., N1, D).
    """
    *batch, n1, n2 = grad.shape
    d = other.shape[-1]
    g, k, slope = (x.reshape(-1, n1, n2) for x in (grad, k, slope))
    if other.ndim == 2:
        y = other.expand(len(g), n2, d)
    else:
        y = other.expand(*batch, n2, d).reshape(-1, n2, d)
    rows, tiles = block_side(n1), triton.cdiv(n2, COLS)
    down = len(g) * triton.cdiv(n1, rows)
    if not g.numel():
        return g.new_zeros(*batch, n1, 1), g.new_zeros(*batch, n1, d)
    share = triton.cdiv(tiles, parts(down, tiles))
    count = triton.cdiv(tiles, share)
    radial, toward = g.new_empty(count, *batch, n1, 1), g.new_empty(count, *batch, n1, d)
    with on(g.device):
        _contract_kernel[(down, count, triton.cdiv(d, WIDTH))](
            g,
            k,
            slope,
            y,
            radial,
            toward,
            len(g),
            n1,
            n2,
            d,
            *g.stride(),
            *k.stride(),
            *slope.stride(),
            *y.stride(),
            share,
            ROWS=rows,
            COLS=COLS,
            WIDTH=min(WIDTH, max(16, triton.next_power_of_2(d))),
            num_warps=rows // 8,
            num_stages=2,  # more would not fit the shared memory of smaller GPUs
        )
    return radial.sum(0), toward.sum(0)
