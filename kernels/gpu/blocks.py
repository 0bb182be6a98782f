"""Small Cholesky solves with one matrix a warp, in blocks of 16, for M up to 64, in Triton.

Column by column of blocks (left-looking; Golub and Van Loan, Matrix Computations, 4.2.7): what is
finished is taken off a block by products, the block on the diagonal is factored and its factor
inverted in the same 16 steps, and the blocks below are multiplied by that inverse. Finished blocks
are written to ``factor`` and read again from the cache, so that few registers are needed whatever M
is. What is kept is the Cholesky factor L with the blocks on its diagonal inverted: substitution is
then products alone.
"""

from __future__ import annotations

import triton
import triton.language as tl

from .lanes import BAD_K, BAD_RHS, BAD_SHIFT, quotient, spoiled

SIDE = tl.constexpr(16)
WIDTH = tl.constexpr(8)  # right-hand sides that are solved side by side


@triton.jit
def _root(x: tl.tensor) -> tl.tensor:
    """Rounded correctly; in float32 plain sqrt is not."""
    if x.dtype == tl.float32:
        return tl.sqrt_rn(x)
    return tl.sqrt(x)


@triton.jit
def _times(a: tl.tensor, b: tl.tensor, total: tl.tensor) -> tl.tensor:
    """total + a b in full precision."""
    return tl.dot(a, b, total, input_precision="ieee", out_dtype=total.dtype)


@triton.jit
def _inverse_factor(a: tl.tensor, m: tl.tensor) -> tuple[tl.tensor, tl.tensor]:
    """L^-1 of L L^T = a, symmetric, and the first of m pivots that failed plus one, or 0."""
    i = tl.arange(0, SIDE)
    inverse = tl.where(i[:, None] == i[None, :], 1.0, tl.zeros_like(a))
    failed = 0
    for j in range(m):
        column = tl.sum(tl.where(i[None, :] == j, a, 0.0), axis=1)
        pivot = tl.sum(tl.where(i == j, column, 0.0), axis=0)
        fit = pivot > 0  # NaN is not
        failed = tl.where((failed == 0) & (fit == 0), j + 1, failed)
        scale = quotient(tl.full((), 1.0, a.dtype), _root(tl.where(fit, pivot, 1.0)))
        below = tl.where(i > j, column * scale, 0.0)
        row = tl.sum(tl.where(i[:, None] == j, inverse, 0.0), axis=0) * scale
        a -= below[:, None] * below[None, :]
        rest = inverse - below[:, None] * row[None, :]
        inverse = tl.where(i[:, None] == j, row[None, :], rest)
    return inverse, failed


@triton.jit
def _one_column(
    kept: tl.tensor,
    rhs: tl.tensor,
    x: tl.tensor,
    batch: tl.tensor,
    m: tl.tensor,
    rhs_batch: tl.tensor,
    rhs_row: tl.tensor,
) -> tl.tensor:
    """Substitution for one right-hand side; returns what shows whether it was finite."""
    i = tl.arange(0, SIDE)
    blocks = tl.cdiv(m, SIDE)
    down = i[:, None] * m + i[None, :]
    bad = tl.zeros((SIDE,), x.dtype.element_ty)
    given = rhs + batch * rhs_batch
    step = rhs_row + tl.zeros((), tl.int64)
    out = x + batch * m
    for J in range(blocks):
        rows = J * SIDE + i
        b = tl.load(given + rows * step, mask=rows < m, other=0.0)
        bad += spoiled(b)
        for K in range(J):
            left = tl.load(
                kept + (J * SIDE * m + K * SIDE) + down, mask=rows[:, None] < m, other=0.0
            )
            y = tl.load(out + (K * SIDE + i))
            b -= tl.sum(left * y[None, :], axis=1)
        inside = (rows[:, None] < m) & (rows[None, :] < m)
        inverse = tl.load(kept + (J * SIDE * m + J * SIDE) + down, mask=inside, other=0.0)
        y = tl.sum(inverse * b[None, :], axis=1)
        tl.store(out + rows, y, mask=rows < m)
        tl.debug_barrier()
    for back in range(blocks):
        J = blocks - 1 - back
        rows = J * SIDE + i
        y = tl.load(out + rows, mask=rows < m, other=0.0)
        for K in range(J + 1, blocks):
            later = K * SIDE + i
            at = kept + (K * SIDE * m + J * SIDE)
            left = tl.load(at + down, mask=later[:, None] < m, other=0.0)
            solved = tl.load(out + later, mask=later < m, other=0.0)
            y -= tl.sum(left * solved[:, None], axis=0)
        inside = (rows[:, None] < m) & (rows[None, :] < m)
        inverse = tl.load(kept + (J * SIDE * m + J * SIDE) + down, mask=inside, other=0.0)
        y = tl.sum(inverse * y[:, None], axis=0)
        tl.debug_barrier()  # all have read before it is written
        tl.store(out + rows, y, mask=rows < m)
        tl.debug_barrier()
    return bad


@triton.jit
def _columns_side_by_side(
    kept: tl.tensor,
    rhs: tl.tensor,
    x: tl.tensor,
    batch: tl.tensor,
    m: tl.tensor,
    columns: tl.tensor,
    rhs_batch: tl.tensor,
    rhs_row: tl.tensor,
    rhs_col: tl.tensor,
) -> tl.tensor:
    """Substitution for WIDTH right-hand sides at a time, by products; returns as _one_column."""
    i = tl.arange(0, SIDE)
    blocks = tl.cdiv(m, SIDE)
    down, across = i[:, None] * m + i[None, :], i[None, :] * m + i[:, None]
    bad = tl.zeros((SIDE,), x.dtype.element_ty)
    step, along = rhs_row + tl.zeros((), tl.int64), rhs_col + tl.zeros((), tl.int64)
    given, out = rhs + batch * rhs_batch, x + batch * m * columns
    for block in range(tl.program_id(1), tl.cdiv(columns, WIDTH), tl.num_programs(1)):
        cols = block * WIDTH + tl.arange(0, WIDTH)
        there = cols[None, :] < columns
        for J in range(blocks):
            rows = J * SIDE + i
            mask = (rows[:, None] < m) & there
            b = tl.load(given + rows[:, None] * step + cols[None, :] * along, mask=mask, other=0.0)
            bad += tl.sum(spoiled(b), axis=1)
            for K in range(J):
                at = kept + (J * SIDE * m + K * SIDE)
                left = tl.load(at + down, mask=rows[:, None] < m, other=0.0)
                earlier = K * SIDE + i
                earlier = earlier[:, None] * columns + cols[None, :]
                b = _times(-left, tl.load(out + earlier, mask=there, other=0.0), b)
            inside = (rows[:, None] < m) & (rows[None, :] < m)
            inverse = tl.load(kept + (J * SIDE * m + J * SIDE) + down, mask=inside, other=0.0)
            y = _times(inverse, b, tl.zeros_like(b))
            tl.store(out + (rows[:, None] * columns + cols[None, :]), y, mask=mask)
            tl.debug_barrier()
        for back in range(blocks):
            J = blocks - 1 - back
            rows = J * SIDE + i
            mask = (rows[:, None] < m) & there
            place = rows[:, None] * columns + cols[None, :]
            y = tl.load(out + place, mask=mask, other=0.0)
            for K in range(J + 1, blocks):
                later = K * SIDE + i
                at = kept + (K * SIDE * m + J * SIDE)
                left = tl.load(at + across, mask=later[None, :] < m, other=0.0)  # transposed
                solved = later[:, None] * columns + cols[None, :]
                fit = (later[:, None] < m) & there
                y = _times(-left, tl.load(out + solved, mask=fit, other=0.0), y)
            inside = (rows[:, None] < m) & (rows[None, :] < m)
            inverse = tl.load(kept + (J * SIDE * m + J * SIDE) + across, mask=inside, other=0.0)
            y = _times(inverse, y, tl.zeros_like(y))
            tl.debug_barrier()  # all have read before it is written
            tl.store(out + place, y, mask=mask)
            tl.debug_barrier()
    return bad


@triton.jit
def block_kernel(
    k: tl.tensor,
    shift: tl.tensor,
    rhs: tl.tensor,
    factor: tl.tensor,
    x: tl.tensor,
    status: tl.tensor,
    flag: tl.tensor,
    m: tl.tensor,
    columns: tl.tensor,
    k_batch: tl.tensor,
    k_row: tl.tensor,
    k_col: tl.tensor,
    shift_batch: tl.tensor,
    rhs_batch: tl.tensor,
    rhs_row: tl.tensor,
    rhs_col: tl.tensor,
    FACTOR: tl.constexpr,
    WIDE: tl.constexpr,
) -> None:
    """Solves with matrix ``program_id(0)``; rhs has one column, or WIDE of them, side by side.

    WIDE: every ``num_programs(1)``-th block of 8 columns. Without FACTOR ``factor`` is read, else
    written. ``flag`` becomes 1 where a status is not 0.
    """
    batch = tl.program_id(0).to(tl.int64)
    i = tl.arange(0, SIDE)
    blocks = tl.cdiv(m, SIDE)
    k += batch * k_batch
    kept = factor + batch * m * m
    down, across = i[:, None] * m + i[None, :], i[None, :] * m + i[:, None]
    found = 0
    row, col = k_row + tl.zeros((), tl.int64), k_col + tl.zeros((), tl.int64)
    if FACTOR:
        added = tl.load(shift + batch * shift_batch)
        fine = (added >= 0) & (added < float("inf"))
        wrong = tl.zeros((), x.dtype.element_ty)
        for J in range(blocks):
            cols = J * SIDE + i
            inside = (cols[:, None] < m) & (cols[None, :] < m)
            lower = inside & (i[:, None] >= i[None, :])
            a = tl.load(k + cols[:, None] * row + cols[None, :] * col, mask=lower, other=0.0)
            wrong += tl.sum(tl.sum(spoiled(a), axis=1), axis=0)
            # Symmetric by its lower triangle; outside of the matrix, the identity.
            strict = tl.where(i[:, None] > i[None, :], a, 0.0)
            on_diagonal = tl.where(inside, a + added, 1.0)
            a = tl.where(i[:, None] == i[None, :], on_diagonal, strict + tl.trans(strict))
            for K in range(J):
                at = kept + (J * SIDE * m + K * SIDE)
                left = tl.load(at + down, mask=cols[:, None] < m, other=0.0)
                right = tl.load(at + across, mask=cols[None, :] < m, other=0.0)
                a = _times(-left, right, a)
            inverse, failed = _inverse_factor(a, tl.minimum(m - J * SIDE, SIDE))
            found = tl.where((found == 0) & (failed > 0), J * SIDE + failed, found)
            tl.store(kept + (J * SIDE * m + J * SIDE) + down, inverse, mask=inside)
            for below in range(J + 1, blocks):
                rows = below * SIDE + i
                inside = (rows[:, None] < m) & (cols[None, :] < m)
                place = rows[:, None] * row + cols[None, :] * col
                a = tl.load(k + place, mask=inside, other=0.0)
                wrong += tl.sum(tl.sum(spoiled(a), axis=1), axis=0)
                for K in range(J):
                    at = kept + (below * SIDE * m + K * SIDE)
                    left = tl.load(at + down, mask=rows[:, None] < m, other=0.0)
                    at = kept + (J * SIDE * m + K * SIDE)
                    right = tl.load(at + across, mask=cols[None, :] < m, other=0.0)
                    a = _times(-left, right, a)
                a = _times(a, tl.trans(inverse), tl.zeros_like(a))
                tl.store(kept + (below * SIDE * m + J * SIDE) + down, a, mask=inside)
            tl.debug_barrier()  # the next column of blocks reads what was written
        found += BAD_K * (wrong != 0).to(tl.int32)
        found += BAD_SHIFT * (1 - fine.to(tl.int32))
    if WIDE:
        bad = _columns_side_by_side(kept, rhs, x, batch, m, columns, rhs_batch, rhs_row, rhs_col)
    else:
        bad = _one_column(kept, rhs, x, batch, m, rhs_batch, rhs_row)
    found += BAD_RHS * tl.max((bad != 0).to(tl.int32), axis=0)
    tl.store(status + batch * tl.num_programs(1) + tl.program_id(1), found)
    if found != 0:
        tl.store(flag, 1)
