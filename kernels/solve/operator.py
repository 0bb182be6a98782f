"""The contract between the large solves and the matrix they solve.

A solver never sees designs or a kernel function. It sees a :class:`GramOperator`: a symmetric
positive semi-definite matrix that can write any block of itself into a buffer.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TypeAlias

import torch
from torch import Tensor

from ..errors import InputError
from ..pieces import pieces
from .tiles import add_product, default_tile

SAMPLE_ROWS = 32  # of the matrix, to see whether it is symmetric

Index: TypeAlias = "slice | Tensor"
"""Rows or columns of a matrix: a slice with both ends given and step 1, or an int64 tensor."""


class GramOperator(ABC):
    """A symmetric positive semi-definite N x N matrix that is computed, not stored.

    Attributes:
        n: number of rows N.
        width: number of input features D behind an entry (the time model reads it).
        entries: how an entry is computed, a row of ``rates.RATES`` (the time model reads it).
        dtype: type of the entries.
        device: where blocks are computed.
    """

    n: int
    width: int
    dtype: torch.dtype
    device: torch.device
    entries: str = "plain"

    @abstractmethod
    def fill(self, rows: Index, cols: Index, out: Tensor) -> None:
        """Write K[rows, cols] into ``out``.

        Entries where a row meets its own column are the exact closed form of :meth:`diagonal`;
        :func:`set_diagonal` writes them.

        Args:
            rows: slice or int64 tensor of R row numbers.
            cols: slice or int64 tensor of C column numbers.
            out: contiguous (R, C) buffer of this operator's dtype and device.
        """

    @abstractmethod
    def diagonal(self) -> Tensor:
        """The diagonal, (N,)."""

    def multiply(self, v: Tensor) -> Tensor:
        """K v for v (N, K), without storing K. A device with a fused product overrides this."""
        return multiply_matrix_free(self, v)


class Principal(GramOperator):
    """The rows and columns ``index`` of another operator.

    Args:
        base: the whole matrix.
        index: (M,) int64 row numbers, each at most once.
    """

    def __init__(self, base: GramOperator, index: Tensor) -> None:
        self.base, self.index = base, index
        self.n, self.width = index.numel(), base.width
        self.dtype, self.device = base.dtype, base.device
        self.entries = base.entries

    def fill(self, rows: Index, cols: Index, out: Tensor) -> None:
        """Write K[index[rows], index[cols]] into ``out``, see :meth:`GramOperator.fill`."""
        self.base.fill(self.index[rows], self.index[cols], out)

    def diagonal(self) -> Tensor:
        """The diagonal of the chosen rows, (M,)."""
        return self.base.diagonal()[self.index]


def multiply_matrix_free(operator: GramOperator, v: Tensor, tile: int | None = None) -> Tensor:
    """K v for v (N, K) with one tile of K in memory at a time; symmetric tiles are used twice."""
    tile = tile or default_tile(operator.n, operator.device)
    spans = pieces(operator.n, tile)
    buffer = torch.empty(tile * tile, dtype=operator.dtype, device=operator.device)
    out = torch.zeros_like(v)
    for i, rows in enumerate(spans):
        for cols in spans[: i + 1]:
            h, w = rows.stop - rows.start, cols.stop - cols.start
            block = buffer[: h * w].view(h, w)
            operator.fill(rows, cols, block)
            add_product(block, v[cols], out[rows])
            if rows != cols:
                add_product(block.mT, v[rows], out[cols])
    return out


def check_problem(operator: GramOperator, rhs: Tensor, ridge: float) -> None:
    """Checks what every solver is given.

    Args:
        operator: K, N x N.
        rhs: (N, K).
        ridge: absolute, added to the diagonal.

    Raises:
        InputError: a wrong shape, dtype or device, or a number that is not finite.
    """
    if rhs.ndim != 2 or rhs.shape[0] != operator.n or rhs.shape[1] == 0:
        raise InputError(
            f"the right-hand side must be ({operator.n}, K) with K >= 1, got {tuple(rhs.shape)}; "
            "make one vector y a column with y[:, None]."
        )
    if rhs.dtype != operator.dtype or rhs.device != operator.device:
        raise InputError(
            f"the right-hand side is {rhs.dtype} on {rhs.device}, the matrix {operator.dtype} on "
            f"{operator.device}; convert one of them."
        )
    if not (math.isfinite(ridge) and ridge >= 0):
        raise InputError(f"the ridge must be finite and not negative, got {ridge}.")
    for name, values in (("right-hand side", rhs), ("diagonal of the matrix", operator.diagonal())):
        bad = torch.nonzero(~torch.isfinite(values))
        if len(bad):
            raise InputError(
                f"the {name} is not finite in {len(bad)} places, first at row {int(bad[0, 0])}; "
                "look for NaN and inf in that row of the data."
            )


def even_rows(n: int, count: int) -> Tensor:
    """At most ``count`` of n rows, spread evenly, (S,), ascending."""
    return torch.linspace(0, n - 1, min(n, count), dtype=torch.float64).long().unique()


def sampled(operator: GramOperator, count: int) -> tuple[Tensor, Tensor]:
    """At most ``count`` rows spread evenly over a matrix, (S,), and K between them, (S, S)."""
    rows = even_rows(operator.n, count).to(operator.device)
    block = torch.empty(len(rows), len(rows), dtype=operator.dtype, device=operator.device)
    operator.fill(rows, rows, block)
    return rows, block


def check_symmetry(operator: GramOperator) -> None:
    """Raises InputError where a sample of the matrix is not symmetric: solvers read one triangle.

    NaN and inf are left to those who look for them.
    """
    rows, block = sampled(operator, SAMPLE_ROWS)
    gap = (block - block.mT).abs()
    allowed = torch.finfo(block.dtype).eps ** 0.5 * block.abs().max()
    if (gap > allowed).any():
        i, j = divmod(int(gap.nan_to_num(0).argmax()), len(rows))
        raise InputError(
            f"the matrix is not symmetric: K[{int(rows[i])}, {int(rows[j])}] is "
            f"{float(block[i, j]):.6g} and K[{int(rows[j])}, {int(rows[i])}] is "
            f"{float(block[j, i]):.6g}. A kernel must give k(x, x') = k(x', x)."
        )


def set_diagonal(out: Tensor, rows: Index, cols: Index, diagonal: Tensor) -> None:
    """Overwrite the entries of a block where a row number equals a column number.

    Args:
        out: the block, (R, C).
        rows: the R row numbers it covers.
        cols: the C column numbers it covers.
        diagonal: diagonal of the whole matrix, (N,).
    """
    if isinstance(rows, slice) and isinstance(cols, slice):
        start, stop = max(rows.start, cols.start), min(rows.stop, cols.stop)
        if start < stop:
            met = out[start - rows.start :, start - cols.start :].diagonal()[: stop - start]
            met.copy_(diagonal[start:stop])
        return
    row_numbers, col_numbers = (_numbers(i, out.device) for i in (rows, cols))
    place = torch.full((diagonal.numel(),), -1, device=out.device)
    place[row_numbers] = torch.arange(row_numbers.numel(), device=out.device)
    at = place[col_numbers]
    col_places = torch.nonzero(at >= 0).squeeze(1)
    out[at[col_places], col_places] = diagonal[col_numbers[col_places]]


def _numbers(index: Index, device: torch.device) -> Tensor:
    if isinstance(index, slice):
        return torch.arange(index.start, index.stop, device=device)
    return index
