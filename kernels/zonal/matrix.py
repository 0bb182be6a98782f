"""The Gram matrix of a zonal kernel over one table, as a solver reads it: tile by tile."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from ..pieces import pieces
from ..relu.recursion import ReLUStack, diagonal_recursion
from ..solve.operator import GramOperator, Index, set_diagonal
from .fill import plan, triton_profile
from .gram import unit_rows
from .tiles import SIDE, gram_, mirror_

ITEMS = 16  # pieces of work in a product: enough to share out evenly


class ZonalMatrix(GramOperator):
    """K(x, x) without biases; directions and lengths are computed once.

    Args:
        stack: the network; ``b_std`` must be 0.
        x: designs, (N, D).
    """

    entries = "zonal"

    @torch.no_grad()
    def __init__(self, stack: ReLUStack, x: Tensor):
        self.stack = stack
        self.n, self.width = x.shape
        self.dtype, self.device = x.dtype, x.device
        self.hat, self.norm = unit_rows(x.detach())
        q = stack.w / self.width * (x * x).sum(-1)
        self._diagonal = diagonal_recursion(stack, q)[0]
        self._near = False  # whether a product has met nearly equal directions

    @torch.no_grad()
    def fill(self, rows: Index, cols: Index, out: Tensor) -> None:
        """See :meth:`GramOperator.fill`. A tile on the diagonal is exactly symmetric."""
        first = self.hat[rows], self.norm[rows]
        same = isinstance(rows, slice) and rows == cols
        gram_(self.stack, first, first if same else (self.hat[cols], self.norm[cols]), out)
        set_diagonal(out, rows, cols, self._diagonal)

    @torch.no_grad()
    def multiply(self, v: Tensor) -> Tensor:
        """K v for v (N, K), without K: each tile below the diagonal is used for both its sides.

        On a GPU every tile is computed where it is needed: no two programs add to one sum.
        """
        fused = triton_profile(self.stack, v)
        if fused is not None:
            from ..gpu.product import product

            unit = self.hat, self.norm
            kv, near = product(fused, unit, unit, v, self._diagonal, self._near)
            self._near = self._near or (near and bool(v.isfinite().all()))  # NaN in v looks alike
            return kv
        tiles = [(i, j) for i in pieces(self.n, SIDE) for j in pieces(i.stop, SIDE)]
        # Each item has its own sums, so that the order of summation is fixed.
        sums = v.new_zeros(min(ITEMS, len(tiles)), *v.shape)
        way = plan(self.stack, self.hat, self.n * self.n)

        def work(items: Iterator[int]) -> None:
            fill, buffer = way.make(), v.new_empty(SIDE * SIDE)
            for item in items:
                for i, j in tiles[item :: len(sums)]:
                    shape = i.stop - i.start, j.stop - j.start
                    k = buffer[: shape[0] * shape[1]].view(shape)
                    fill((self.hat[i], self.norm[i]), (self.hat[j], self.norm[j]), k)
                    if i == j:
                        mirror_(k, slice(0, shape[0]), slice(0, shape[0]))
                        k.diagonal().copy_(self._diagonal[i])
                    else:
                        sums[item, j].addmm_(k.mT, v[i])
                    sums[item, i].addmm_(k, v[j])

        way.share(work, list(range(len(sums))))
        return sums.sum(0)

    def diagonal(self) -> Tensor:
        """See :meth:`GramOperator.diagonal`."""
        return self._diagonal
