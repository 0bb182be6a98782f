"""The Triton kernels behind :mod:`.gpu.cholesky`: one program a matrix.

The matrix stays in registers. Step j takes column j out of it by a masked sum, scales it by the
root of the pivot and takes its outer product off the rest (Golub and Van Loan, Matrix Computations,
4.2.5); substitution takes columns, then rows, out of the factor in the same way.
"""

from __future__ import annotations

import triton
import triton.language as tl

# Added to a matrix's status, which else is 0 or one more than the pivot that failed.
BAD_K = tl.constexpr(128)
BAD_RHS = tl.constexpr(256)
BAD_SHIFT = tl.constexpr(512)


@triton.jit
def _root(x: tl.tensor) -> tl.tensor:
    """Rounded correctly; in float32 plain sqrt is not."""
    if x.dtype == tl.float32:
        return tl.sqrt_rn(x)
    return tl.sqrt(x)


@triton.jit
def _quotient(a: tl.tensor, b: tl.tensor) -> tl.tensor:
    if a.dtype == tl.float32:
        return tl.div_rn(a, b)
    return a / b


@triton.jit
def _spoiled(x: tl.tensor) -> tl.tensor:
    """1 where a matrix holds NaN or inf, else 0."""
    return 1 - tl.min(tl.min((tl.abs(x) < float("inf")).to(tl.int32), axis=1), axis=0)


@triton.jit
def _factor(a: tl.tensor, m: tl.tensor, SIDE: tl.constexpr) -> tuple[tl.tensor, tl.tensor]:
    """L of L L^T = a from a's lower triangle, and the first pivot that failed plus one, or 0."""
    i = tl.arange(0, SIDE)
    failed = 0
    for j in range(m):
        column = tl.sum(tl.where(i[None, :] == j, a, 0.0), axis=1)
        pivot = tl.sum(tl.where(i == j, column, 0.0), axis=0)
        fine = pivot > 0  # NaN is not
        failed = tl.where((failed == 0) & (fine == 0), j + 1, failed)
        root = _root(tl.where(fine, pivot, 1.0))
        below = tl.where(i > j, _quotient(column, tl.zeros_like(column) + root), 0.0)
        rest = a - below[:, None] * below[None, :]
        a = tl.where(i[None, :] == j, tl.where(i == j, root, below)[:, None], rest)
    return tl.where(i[:, None] >= i[None, :], a, 0.0), failed


@triton.jit
def _substitute(factor: tl.tensor, b: tl.tensor, m: tl.tensor, SIDE: tl.constexpr) -> tl.tensor:
    """L^-T L^-1 b, (SIDE, WIDTH)."""
    i = tl.arange(0, SIDE)
    for j in range(m):
        column = tl.sum(tl.where(i[None, :] == j, factor, 0.0), axis=1)
        pivot = tl.sum(tl.where(i == j, column, 0.0), axis=0)
        y = tl.sum(tl.where(i[:, None] == j, b, 0.0), axis=0)
        y = _quotient(y, tl.zeros_like(y) + pivot)
        rest = b - tl.where(i > j, column, 0.0)[:, None] * y[None, :]
        b = tl.where(i[:, None] == j, y[None, :], rest)
    for back in range(m):
        j = m - 1 - back
        row = tl.sum(tl.where(i[:, None] == j, factor, 0.0), axis=0)
        pivot = tl.sum(tl.where(i == j, row, 0.0), axis=0)
        y = tl.sum(tl.where(i[:, None] == j, b, 0.0), axis=0)
        y = _quotient(y, tl.zeros_like(y) + pivot)
        rest = b - tl.where(i < j, row, 0.0)[:, None] * y[None, :]
        b = tl.where(i[:, None] == j, y[None, :], rest)
    return b


@triton.jit
def solve_kernel(
    k: tl.tensor,
    shift: tl.tensor,
    rhs: tl.tensor,
    factor: tl.tensor,
    x: tl.tensor,
    status: tl.tensor,
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
    SIDE: tl.constexpr,
    WIDTH: tl.constexpr,
) -> None:
    """Solves with matrix ``program_id``; without FACTOR ``factor`` is read, else written."""
    batch = tl.program_id(0).to(tl.int64)
    i, c = tl.arange(0, SIDE), tl.arange(0, WIDTH)
    inside = (i[:, None] < m) & (i[None, :] < m)
    kept = factor + batch * m * m + i[:, None] * m + i[None, :]
    found = 0
    if FACTOR:
        here = i[:, None].to(tl.int64) * k_row + i[None, :].to(tl.int64) * k_col
        a = tl.load(k + batch * k_batch + here, mask=inside, other=0.0)
        added = tl.load(shift + batch * shift_batch)
        fine = (added >= 0) & (added < float("inf"))
        found += BAD_K * _spoiled(a) + BAD_SHIFT * (1 - fine.to(tl.int32))
        # Outside, the identity: its rows and columns stay what they are.
        diagonal = tl.where(inside, a + added, 1.0)
        a = tl.where(i[:, None] == i[None, :], diagonal, a)
        lower, failed = _factor(a, m, SIDE)
        found += failed
        tl.store(kept, lower, mask=inside)
    else:
        lower = tl.load(kept, mask=inside, other=0.0)
    spoiled = 0
    for start in range(0, columns, WIDTH):
        there = (i[:, None] < m) & (start + c[None, :] < columns)
        place = i[:, None].to(tl.int64) * rhs_row + (start + c[None, :]).to(tl.int64) * rhs_col
        b = tl.load(rhs + batch * rhs_batch + place, mask=there, other=0.0)
        spoiled = tl.maximum(spoiled, _spoiled(b))
        b = _substitute(lower, b, m, SIDE)
        place = (batch * m + i[:, None]) * columns + start + c[None, :]
        tl.store(x + place, b, mask=there)
    tl.store(status + batch, found + BAD_RHS * spoiled)


@triton.jit
def outer_kernel(
    g: tl.tensor, x: tl.tensor, out: tl.tensor, m: tl.tensor, columns: tl.tensor, SIDE: tl.constexpr
) -> None:
    """-(g x^T + x g^T) below the diagonal, half of it on it, 0 above."""
    batch = tl.program_id(0).to(tl.int64)
    i = tl.arange(0, SIDE)
    total = tl.zeros((SIDE, SIDE), dtype=out.dtype.element_ty)
    for c in range(columns):
        place = (batch * m + i) * columns + c
        gc = tl.load(g + place, mask=i < m, other=0.0)
        xc = tl.load(x + place, mask=i < m, other=0.0)
        total -= gc[:, None] * xc[None, :] + xc[:, None] * gc[None, :]
    total = tl.where(i[:, None] == i[None, :], total * 0.5, total)
    total = tl.where(i[:, None] >= i[None, :], total, 0.0)
    inside = (i[:, None] < m) & (i[None, :] < m)
    tl.store(out + batch * m * m + i[:, None] * m + i[None, :], total, mask=inside)
