"""The gradient of many small matrices, -(g x^T + x g^T) in the lower triangle, in Triton.

A program writes 16 x 16 numbers: a block of a large matrix, or all of several small ones, of which
what lies between two of them is left out.
"""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from .device import on

SIDE = tl.constexpr(16)
WIDTH = tl.constexpr(16)  # columns at a time, the least that the matrix units take


@triton.jit
def outer_kernel(
    g: tl.tensor,
    x: tl.tensor,
    out: tl.tensor,
    count: tl.tensor,
    columns: tl.tensor,
    M: tl.constexpr,
    OWN: tl.constexpr,
    BLOCKS: tl.constexpr,
    ONE: tl.constexpr,
) -> None:
    """-(g x^T + x g^T) below the diagonal, half of it on it, 0 above.

    OWN rows of a tile belong to one matrix, which has BLOCKS x BLOCKS tiles. ONE: one column.
    """
    tile = tl.program_id(0).to(tl.int64)
    block = tile % (BLOCKS * BLOCKS)
    down, across = block // BLOCKS, block % BLOCKS
    i = tl.arange(0, SIDE)
    batch = (tile // (BLOCKS * BLOCKS)) * (SIDE // OWN) + i // OWN
    row, col = down * SIDE + i % OWN, across * SIDE + i % OWN
    rows = (batch < count) & (row < M)
    cols = (batch < count) & (col < M)
    total = tl.zeros((SIDE, SIDE), out.dtype.element_ty)
    if across <= down:
        left, right = (batch * M + row) * columns, (batch * M + col) * columns
        if ONE:
            a, b = tl.load(g + left, mask=rows, other=0.0), tl.load(x + right, mask=cols, other=0.0)
            total += a[:, None] * b[None, :]
            a, b = tl.load(x + left, mask=rows, other=0.0), tl.load(g + right, mask=cols, other=0.0)
            total += a[:, None] * b[None, :]
        else:
            for start in range(0, columns, WIDTH):
                c = start + tl.arange(0, WIDTH)
                at, there = left[:, None] + c[None, :], rows[:, None] & (c < columns)[None, :]
                to, fit = right[None, :] + c[:, None], cols[None, :] & (c < columns)[:, None]
                a = tl.load(g + at, mask=there, other=0.0)
                b = tl.load(x + to, mask=fit, other=0.0)
                total = tl.dot(a, b, total, input_precision="ieee", out_dtype=total.dtype)
                a = tl.load(x + at, mask=there, other=0.0)
                b = tl.load(g + to, mask=fit, other=0.0)
                total = tl.dot(a, b, total, input_precision="ieee", out_dtype=total.dtype)
    below, same = row[:, None] > col[None, :], row[:, None] == col[None, :]
    value = tl.where(below, -total, tl.where(same, -0.5 * total, 0.0))
    inside = rows[:, None] & cols[None, :] & (batch[:, None] == batch[None, :])
    tl.store(out + (batch * M + row)[:, None] * M + col[None, :], value, mask=inside)


def outer(g: Tensor, x: Tensor, out: Tensor) -> None:
    """Writes -(g x^T + x g^T) below the diagonal, half of it on it, and 0 above.

    Args:
        g: (..., M, K), contiguous.
        x: the shape of g, contiguous.
        out: (..., M, M), contiguous.
    """
    if not out.numel():
        return
    m, columns = g.shape[-2:]
    own = min(SIDE.value, triton.next_power_of_2(m))
    blocks, count = triton.cdiv(m, SIDE.value), out.numel() // (m * m)
    with on(x.device):
        outer_kernel[(triton.cdiv(count, SIDE.value // own) * blocks * blocks,)](
            g, x, out, count, columns, M=m, OWN=own, BLOCKS=blocks, ONE=columns == 1, num_warps=1
        )
