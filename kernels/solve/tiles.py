"""Symmetric matrices by tiles: packed storage of the lower triangle, and products.

The matrix is cut into b x b tiles. Row i of tiles is kept as two contiguous pieces, ``below(i)``
(everything left of the diagonal tile) and ``corner(i)`` (the diagonal tile, in full), all in one
allocation of at most N(N + b)/2 numbers. Offsets are Python integers, so nothing overflows where
N^2 passes 2^31.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from .. import compiled
from ..memory import require, show_bytes
from ..pieces import pieces
from ..threads import share

# A cell of this many columns is read twice by a product, the second time from cache; the compiled
# product of one vector reads it once.
CELL_COLUMNS = 1024
# Pieces of work in a product, enough to share out evenly.
ITEMS = 16
# Entries asked of an operator at a time, which bounds the temporaries of a simple one.
FILL_ENTRIES = 1 << 22
CPU_TILE = 1024
CUDA_TILE = 4096


def default_tile(n: int, device: torch.device) -> int:
    """The tile size b that measures best: 1024 on the CPU, 4096 on CUDA, never above N."""
    return min(n, CUDA_TILE if device.type == "cuda" else CPU_TILE)


def row_offset(i: int, tile: int) -> int:
    """Where row i of tiles starts: before it lie i full rows of 1, 2, .. i tiles."""
    return tile * tile * (i * (i + 1) // 2)


def packed_size(n: int, tile: int) -> int:
    """Numbers kept for an N x N matrix, at most N(N + b)/2."""
    full, rest = divmod(n, tile)
    return row_offset(full, tile) + rest * n


class Blocks(Protocol):
    """What writes any block of a matrix into a buffer, as ``GramOperator`` does."""

    def fill(self, rows: slice, cols: slice, out: Tensor) -> None:
        """Writes K[rows, cols] into ``out``."""


class PackedTriangle:
    """Lower triangle of a symmetric matrix by tiles.

    Args:
        n: rows N.
        tile: tile size b.
        dtype: type of the numbers.
        device: where they are kept.
        cell_columns: of a cell, which a product reads twice.
        fill_entries: asked of an operator at a time.

    Raises:
        DoesNotFitError: the triangle is larger than the memory that is available.
    """

    def __init__(
        self,
        n: int,
        tile: int,
        dtype: torch.dtype,
        device: torch.device,
        cell_columns: int = CELL_COLUMNS,
        fill_entries: int = FILL_ENTRIES,
    ) -> None:
        self.n, self.tile, self.spans = n, tile, pieces(n, tile)
        self.cell_columns, self.fill_entries = cell_columns, fill_entries
        size = packed_size(n, tile)
        require(
            size * dtype.itemsize,
            device,
            f"the packed lower triangle of {n} x {n} numbers",
            f"In full the matrix would take {show_bytes(n * n * dtype.itemsize)}. Solve "
            "matrix-free (solver='pcg'), use fewer rows, or a device with more memory.",
        )
        self.data = torch.empty(size, dtype=dtype, device=device)

    def below(self, i: int) -> Tensor:
        """Row i of tiles left of its diagonal tile, contiguous (h, i b)."""
        start, h, width = row_offset(i, self.tile), self._height(i), i * self.tile
        return self.data[start : start + h * width].view(h, width)

    def corner(self, i: int) -> Tensor:
        """Diagonal tile i, contiguous (h, h)."""
        h = self._height(i)
        start = row_offset(i, self.tile) + h * i * self.tile
        return self.data[start : start + h * h].view(h, h)

    def fill_row(self, i: int, matrix: Blocks) -> None:
        """Writes row i of tiles of K."""
        rows, below = self.spans[i], self.below(i)
        height = max(1, self.fill_entries // max(1, rows.start))
        for strip in pieces(len(below), height) if i else []:
            part = slice(rows.start + strip.start, rows.start + strip.stop)
            matrix.fill(part, slice(0, rows.start), below[strip])
        matrix.fill(rows, rows, self.corner(i))

    def multiply(self, v: Tensor) -> Tensor:
        """K v for v (N, K): every number is read once from memory and used twice."""
        # Each item has its own sums, so that the order of summation is fixed.
        items = min(ITEMS if v.device.type == "cpu" else 1, len(self.spans))
        sums = v.new_zeros(items, *v.shape)
        # Asked here: the switch does not reach other threads.
        fused = v.shape[1] == 1 and compiled.available(v.device, v.dtype)

        def work(item: int) -> None:
            for i in range(item, len(self.spans), items):
                self._add_row(i, v, sums[item], fused)

        share(work, range(items))
        return sums.sum(0)

    def _add_row(self, i: int, v: Tensor, out: Tensor, fused: bool) -> None:
        """out += what row i of tiles and its mirror image give; fused: by the compiled pass."""
        rows, below = self.spans[i], self.below(i)
        add_product(self.corner(i), v[rows], out[rows])
        if i and fused:
            x, o, left = v[:, 0], out[:, 0], slice(0, rows.start)
            compiled.multiply_both(below, x[left], x[rows], o[rows], o[left])
            return
        for cols in pieces(rows.start, self.cell_columns):
            cell = below[:, cols]
            add_product(cell, v[cols], out[rows])
            add_product(cell.mT, v[rows], out[cols])

    def _height(self, i: int) -> int:
        return min(self.tile, self.n - i * self.tile)


def add_product(block: Tensor, v: Tensor, out: Tensor) -> None:
    """out += block v, for v (C, K) and out (R, K); one column goes to the faster vector product."""
    if v.shape[1] == 1:
        out[:, 0].addmv_(block, v[:, 0])
    else:
        out.addmm_(block, v)
