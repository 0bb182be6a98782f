"""Small Cholesky solves with one matrix on 8 or 16 neighbouring threads, in Triton.

Thread c holds column c of the matrix, one register for each of its rows, so that rows are read and
written by neighbours at once. The factor is the root-free one, K = L D L^T with a unit lower
triangular L (Golub and Van Loan, Matrix Computations, 4.1.2). In step j threads ask one another for
numbers by shuffles: row r loses L_rj times row j. What is kept is a matrix with L below the
diagonal, L^T above and 1/D on it, so that both substitutions find theirs in one reading.
"""

from __future__ import annotations

import triton
import triton.language as tl

from .lanes import BAD_K, BAD_RHS, BAD_SHIFT, of, quotient, spoiled


@triton.jit
def row_kernel(
    k: tl.tensor,
    shift: tl.tensor,
    rhs: tl.tensor,
    factor: tl.tensor,
    x: tl.tensor,
    status: tl.tensor,
    flag: tl.tensor,
    solved: tl.tensor,
    out: tl.tensor,
    count: tl.tensor,
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
    SAVE: tl.constexpr,
    OUTER: tl.constexpr,
    SIDE: tl.constexpr,
    GROUP: tl.constexpr,
) -> None:
    """Solves GROUP systems; without FACTOR ``factor`` is read, with SAVE it is written.

    OUTER, for one column: x is g, the gradient of rhs, ``solved`` the solution, and ``out`` gets
    -(g x^T + x g^T) below the diagonal, half of it on it and 0 above, the gradient of k.
    ``flag`` becomes 1 where a status is not 0.
    """
    batch = tl.program_id(0).to(tl.int64) * GROUP + tl.arange(0, GROUP)
    there = (batch < count)[:, None]
    c = tl.arange(0, SIDE)[None, :]
    inside = there & (c < m)
    kept = factor + batch[:, None] * m * m + c
    found = tl.zeros((GROUP,), tl.int32)
    inverse = tl.zeros((GROUP, SIDE), x.dtype.element_ty) + 1.0  # 1/D
    rows = ()
    if FACTOR:
        here = k + batch[:, None] * k_batch
        row_step, col_step = k_row + tl.zeros((), tl.int64), k_col + tl.zeros((), tl.int64)
        across, down = c * col_step, c * row_step
        added = tl.load(shift + batch * shift_batch, mask=batch < count, other=0.0)[:, None]
        wrong = tl.zeros((GROUP, SIDE), x.dtype.element_ty)
        left = ()
        for r in tl.static_range(SIDE):
            mine = inside & (r < m)
            at = tl.where(c > r, r * col_step + down, r * row_step + across)
            row = tl.load(here + at, mask=mine, other=0.0)  # of the lower triangle, mirrored
            wrong += spoiled(row)
            left = left + (tl.where(c == r, tl.where(mine, row + added, 1.0), row),)
        failed = tl.zeros((GROUP, SIDE), tl.int32)
        for j in tl.static_range(SIDE):
            row = left[0]
            pivot = of(row, j)
            fit = pivot > 0  # NaN is not
            failed = tl.where((failed == 0) & (fit == 0), j + 1, failed)
            one = tl.zeros((GROUP, SIDE), x.dtype.element_ty) + 1.0
            reciprocal = quotient(one, tl.where(fit, pivot, 1.0))
            inverse = tl.where(c == j, reciprocal, inverse)
            beyond = tl.where(c > j, row, 0.0)  # L_cj D_j
            lower = beyond * reciprocal
            rest = ()
            for r in tl.static_range(SIDE - 1 - j):
                rest = rest + (left[1 + r] - of(lower, j + 1 + r) * beyond,)
            left = rest
            rows = rows + (tl.where(c < j, row * inverse, tl.where(c == j, reciprocal, lower)),)
        wrong_of = tl.sum(wrong, axis=1) != 0
        fine = tl.max(((added >= 0) & (added < float("inf"))).to(tl.int32), axis=1)
        found = tl.max(failed, axis=1) + BAD_K * wrong_of.to(tl.int32) + BAD_SHIFT * (1 - fine)
        if SAVE:
            for r in tl.static_range(SIDE):
                tl.store(kept + r * m, rows[r], mask=inside & (r < m))
    else:
        for r in tl.static_range(SIDE):
            row = tl.load(kept + r * m, mask=inside & (r < m), other=0.0)
            rows = rows + (row,)
            inverse = tl.where((c == r) & (r < m), row, inverse)
    bad = tl.zeros((GROUP, SIDE), x.dtype.element_ty)
    given = rhs + batch[:, None] * rhs_batch + c * (rhs_row + tl.zeros((), tl.int64))
    step = rhs_col + tl.zeros((), tl.int64)
    for column in range(columns):
        b = tl.load(given + column * step, mask=inside, other=0.0)
        bad += spoiled(b)
        for j in tl.static_range(SIDE):
            b -= tl.where(c > j, rows[j], 0.0) * of(b, j)
        b *= inverse
        for back in tl.static_range(SIDE):
            b -= tl.where(c < SIDE - 1 - back, rows[SIDE - 1 - back], 0.0) * of(b, SIDE - 1 - back)
        place = (batch[:, None] * m + c) * columns + column
        tl.store(x + place, b, mask=inside)
        if OUTER:
            other = tl.load(solved + place, mask=inside, other=0.0)
            to = out + batch[:, None] * m * m + c
            for r in tl.static_range(SIDE):
                outer = of(b, r) * other + of(other, r) * b
                outer = tl.where(c < r, -outer, tl.where(c == r, -0.5 * outer, 0.0))
                tl.store(to + r * m, outer, mask=inside & (r < m))
    found += BAD_RHS * (tl.sum(bad, axis=1) != 0).to(tl.int32)
    tl.store(status + batch, found, mask=batch < count)
    tl.store(flag + tl.zeros((GROUP,), tl.int32), 1, mask=(batch < count) & (found != 0))
