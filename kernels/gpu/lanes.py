"""Small Cholesky solves with a matrix and a right-hand side a thread, for M up to 4, in Triton.

Everything of a matrix stands in registers of one thread, written out for the given M. Each of its
right-hand sides factors it anew, which costs less than waiting would. The factor is
the root-free one, K = L D L^T with a unit lower triangular L (Golub and Van Loan, Matrix
Computations, 4.1.2): for M = 1 and 2 that is the closed form, and no root is ever taken. It is kept
as a matrix with L below the diagonal and 1/D on it.
"""

from __future__ import annotations

import triton
import triton.language as tl

# Added to a matrix's status, which else is 0 or one more than the pivot that failed.
BAD_K = tl.constexpr(128)
BAD_RHS = tl.constexpr(256)
BAD_SHIFT = tl.constexpr(512)


@triton.jit
def quotient(a: tl.tensor, b: tl.tensor) -> tl.tensor:
    """a/b, rounded correctly; in float32 plain division is not."""
    if b.dtype == tl.float32:
        return tl.div_rn(a, b)
    return a / b


@triton.jit
def spoiled(x: tl.tensor) -> tl.tensor:
    """NaN where a number is NaN or inf, else 0: added up, it shows whether all were finite."""
    return x * 0.0


@triton.jit
def of(x: tl.tensor, j: tl.constexpr) -> tl.tensor:
    """Number j of every matrix, on all its threads."""
    return tl.gather(x, tl.full(x.shape, j, tl.int32), 1)


@triton.jit
def lane_kernel(
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
    columns: tl.tensor,
    k_batch: tl.tensor,
    k_row: tl.tensor,
    k_col: tl.tensor,
    shift_batch: tl.tensor,
    rhs_batch: tl.tensor,
    rhs_row: tl.tensor,
    rhs_col: tl.tensor,
    M: tl.constexpr,
    FACTOR: tl.constexpr,
    SAVE: tl.constexpr,
    OUTER: tl.constexpr,
    LANES: tl.constexpr,
) -> None:
    """Solves LANES systems; without FACTOR ``factor`` is read, with SAVE it is written.

    System number i has matrix i // columns and column i % columns of rhs. OUTER, for one column:
    x is g, the gradient of rhs, ``solved`` the solution, and ``out`` gets -(g x^T + x g^T) below
    the diagonal, half of it on it and 0 above, the gradient of k.
    ``flag`` becomes 1 where a status is not 0; packed number i (i + 1) / 2 + j of ``low`` is L_ij.
    """
    lane = tl.program_id(0).to(tl.int64) * LANES + tl.arange(0, LANES)
    each = tl.maximum(columns, 1)
    batch = lane // each
    column = lane - batch * each
    there = batch < count
    first = there & (column == 0)
    kept = factor + batch * (M * M)
    found = tl.zeros((LANES,), tl.int32)
    low = ()
    row, col = k_row + tl.zeros((), tl.int64), k_col + tl.zeros((), tl.int64)
    down = rhs_row + tl.zeros((), tl.int64)
    if FACTOR:
        here = k + batch * k_batch
        added = tl.load(shift + batch * shift_batch, mask=there, other=0.0)
        fine = (added >= 0) & (added < float("inf"))
        wrong = tl.zeros((LANES,), x.dtype.element_ty)
        for i in tl.static_range(M):
            unscaled = ()  # L_ij D_j
            for j in tl.static_range(i):
                s = tl.load(here + (i * row + j * col), mask=there, other=0.0)
                wrong += spoiled(s)
                for c in tl.static_range(j):
                    s -= unscaled[c] * low[j * (j + 1) // 2 + c]
                unscaled = unscaled + (s,)
                low = low + (s * low[j * (j + 3) // 2],)
            d = tl.load(here + (i * row + i * col), mask=there, other=1.0)
            wrong += spoiled(d)
            d += added
            for c in tl.static_range(i):
                d -= unscaled[c] * low[i * (i + 1) // 2 + c]
            fit = d > 0  # NaN is not
            found = tl.where((found == 0) & (fit == 0), i + 1, found)
            low = low + (quotient(tl.full((LANES,), 1.0, d.dtype), tl.where(fit, d, 1.0)),)
        found += BAD_K * (wrong != 0).to(tl.int32) + BAD_SHIFT * (1 - fine.to(tl.int32))
        if SAVE:
            for i in tl.static_range(M):
                for j in tl.static_range(i + 1):
                    tl.store(kept + (i * M + j), low[i * (i + 1) // 2 + j], mask=first)
    else:
        for i in tl.static_range(M):
            for j in tl.static_range(i + 1):
                low = low + (tl.load(kept + (i * M + j), mask=there, other=1.0),)
    wrong = tl.zeros((LANES,), x.dtype.element_ty)
    solves = there & (column < columns)
    given = rhs + batch * rhs_batch + column * rhs_col
    y = ()
    for i in tl.static_range(M):
        s = tl.load(given + i * down, mask=solves, other=0.0)
        wrong += spoiled(s)
        for c in tl.static_range(i):
            s -= low[i * (i + 1) // 2 + c] * y[c]
        y = y + (s,)
    found_x = ()  # x_{M-1}, ..., x_0
    for back in tl.static_range(M):
        s = y[M - 1 - back] * low[(M - 1 - back) * (M + 2 - back) // 2]
        for c in tl.static_range(back):
            s -= low[(M - 1 - c) * (M - c) // 2 + (M - 1 - back)] * found_x[c]
        found_x = found_x + (s,)
        place = (batch * M + (M - 1 - back)) * columns + column
        tl.store(x + place, s, mask=solves)
    if OUTER:
        other = ()
        for i in tl.static_range(M):
            other = other + (tl.load(solved + batch * M + i, mask=there, other=0.0),)
        for i in tl.static_range(M):
            for j in tl.static_range(M):
                value = tl.zeros((LANES,), x.dtype.element_ty)
                if j < i:
                    value -= found_x[M - 1 - i] * other[j] + other[i] * found_x[M - 1 - j]
                elif j == i:
                    value -= found_x[M - 1 - i] * other[i]
                tl.store(out + batch * (M * M) + (i * M + j), value, mask=there)
    found += BAD_RHS * (wrong != 0).to(tl.int32)
    tl.store(status + lane, found, mask=there)
    tl.store(flag + tl.zeros((LANES,), tl.int32), 1, mask=there & (found != 0))
