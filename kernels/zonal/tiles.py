"""Zonal Gram matrices and products by tiles that stay in cache.

Nothing of the size of the result is made beside the result, and the result is written once.
:mod:`.zonal.fill` fills a tile.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from ..pieces import pieces
from ..relu.recursion import ReLUStack
from .fill import PlainTiles, TritonTiles, Unit, plan, triton_profile
from .near import Near, join

ROWS = 64  # of a tile
WIDE = 256  # features; from here on the matrix product is what costs, and likes twice the rows
ENTRIES = 1 << 17  # of a tile: its temporaries fit the second-level caches of two cores
SIDE = 384  # of a tile of a symmetric matrix


def tile_shape(
    n1: int, n2: int, d: int, device: torch.device, entries: int = ENTRIES
) -> tuple[int, int]:
    """Rows and columns of a tile of an (n1, n2) matrix of designs with d features.

    With many features tiles are as wide as the designs. Columns are dealt evenly to the threads.
    """
    if device.type != "cpu":
        return n1, max(1, (1 << 24) // n1)
    rows, threads = min(ROWS if d <= WIDE else 2 * ROWS, n1), torch.get_num_threads()
    tiles = math.ceil(n2 / max(ROWS, entries // rows, d))
    return rows, math.ceil(n2 / (threads * math.ceil(tiles / threads)))


def gram_(
    stack: ReLUStack, x1: Unit, x2: Unit, out: Tensor, slope: Tensor | None = None
) -> Near | None:
    """Writes the Gram matrix into a buffer.

    Args:
        stack: the network, without biases.
        x1: directions (..., N1, D) and lengths (..., N1, 1).
        x2: directions (..., N2, D) and lengths (..., N2, 1); the very object x1 means that the
            matrix is symmetric: the lower triangle is computed and mirrored.
        out: (..., N1, N2) with contiguous rows, receives k.
        slope: where given, the shape of out, receives |x||x'|/D dkappa/dcos.

    Returns:
        Where slopes are asked for, the pairs whose slope is 0 in ``slope`` because their share of
        the gradient is taken from differences; None where there are none.
    """
    if out.numel() == 0:
        return None
    fused = triton_profile(stack, out)
    if fused is not None:  # all tiles, of all matrices, in one launch
        return TritonTiles(stack, fused)(x1, x2, out, slope)
    if out.ndim > 2:
        return _batched_(stack, x1, x2, out, slope)
    symmetric = x2 is x1
    n1, n2 = out.shape
    way = plan(stack, out, out.numel())
    found: dict[tuple[int, int], Near] = {}

    def work(tiles: Iterator[tuple[slice, slice]]) -> None:
        fill = way.make()
        for i, j in tiles:
            part = None if slope is None else slope[i, j]
            near = fill((x1[0][i], x1[1][i]), (x2[0][j], x2[1][j]), out[i, j], part)
            if near is not None:
                found[j.start, i.start] = near.shifted(i.start, j.start)
            if symmetric:
                for matrix in (out,) if slope is None else (out, slope):
                    mirror_(matrix, i, j)

    rows, cols = (SIDE, SIDE) if symmetric else tile_shape(n1, n2, x1[0].shape[1], out.device)
    tiles = [
        (i, j)
        for j in pieces(n2, cols)
        for i in pieces(n1, rows)
        if not symmetric or i.start >= j.start
    ]
    way.share(work, tiles)
    near = [found[place] for place in sorted(found)]  # not in the order of the threads
    if symmetric:
        near = [n for part in near for n in (part.below(), part.below().swapped())]
    return join(near)


def mirror_(matrix: Tensor, rows: slice, cols: slice) -> None:
    """Copies a tile at or below the diagonal to its place above."""
    tile = matrix[rows, cols]
    if rows == cols:
        tile.copy_(tile.tril() + tile.tril(-1).mT)
    else:
        matrix[cols, rows].copy_(tile.mT)


def _batched_(
    stack: ReLUStack, x1: Unit, x2: Unit, out: Tensor, slope: Tensor | None
) -> Near | None:
    """Batches: many small matrices at a time, or large ones one by one."""
    batch, size = out.shape[:-2], out.shape[-2:].numel()
    if x2[0].ndim == 2 and x1[0].ndim == out.ndim:  # one table for all: rows can be stacked
        stacked = x1[0].flatten(0, -2), x1[1].flatten(0, -2)
        rows = None if slope is None else slope.view(-1, slope.shape[-1])
        near = gram_(stack, stacked, x2, out.view(-1, out.shape[-1]), rows)
        if near is None:
            return None
        member = near.rows // out.shape[-2]  # columns are numbered anew in each matrix
        return Near(near.rows, near.cols + member * out.shape[-1], near.signs, near.slopes)
    same = x2 is x1
    (hat1, norm1), (hat2, norm2) = (
        tuple(x.expand(*batch, *x.shape[-2:]).reshape(-1, *x.shape[-2:]) for x in unit)
        for unit in (x1, x2)
    )
    flat_out = out.view(-1, *out.shape[-2:])
    flat_slope = None if slope is None else slope.view_as(flat_out)
    step = ENTRIES // size
    every: list[Near] = []
    if step == 0:
        for b in range(len(flat_out)):
            first = hat1[b], norm1[b]
            second = first if same else (hat2[b], norm2[b])
            part = None if flat_slope is None else flat_slope[b]
            found = gram_(stack, first, second, flat_out[b], part)
            if found is not None:
                every.append(found.shifted(b * out.shape[-2], b * out.shape[-1]))
        return join(every)
    fill = PlainTiles(stack, out)
    for b in range(0, len(flat_out), step):
        s = slice(b, b + step)
        part = None if flat_slope is None else flat_slope[s]
        found = fill((hat1[s], norm1[s]), (hat2[s], norm2[s]), flat_out[s], part)
        if found is not None:
            kept = [found.below(), found.below().swapped()] if same else [found]
            every += [n.shifted(b * out.shape[-2], b * out.shape[-1]) for n in kept]
        if same:
            for r in (flat_out[s],) if part is None else (flat_out[s], part):
                r.copy_(r.tril() + r.tril(-1).mT)
    return join(every)


def product(stack: ReLUStack, x1: Unit, x2: Unit, v: Tensor) -> Tensor:
    """K v without K: no more of it than a tile a thread is ever there.

    Args:
        stack: the network, without biases.
        x1: directions (N1, D) and lengths (N1, 1).
        x2: directions (N2, D) and lengths (N2, 1).
        v: (N2,) or (N2, K).

    Returns:
        (N1,) or (N1, K).
    """
    n1, n2 = len(x1[0]), len(x2[0])
    columns = v.unsqueeze(1) if v.ndim == 1 else v
    fused = triton_profile(stack, columns)
    if fused is not None:
        from ..gpu.product import product as fused_product

        result, _ = fused_product(fused, x1, x2, columns)
        return result.squeeze(1) if v.ndim == 1 else result
    out = columns.new_zeros(n1, columns.shape[1])
    d, share = x1[0].shape[1], math.ceil(n1 / torch.get_num_threads())
    height, width = tile_shape(share, n2, d, v.device)
    way = plan(stack, columns, n1 * n2)

    def work(blocks: Iterator[slice]) -> None:
        fill = way.make()
        buffer = columns.new_empty(height * width)
        for i in blocks:
            for j in pieces(n2, width):
                shape = i.stop - i.start, j.stop - j.start
                k = buffer[: shape[0] * shape[1]].view(shape)
                fill((x1[0][i], x1[1][i]), (x2[0][j], x2[1][j]), k)
                out[i].addmm_(k, columns[j])

    way.share(work, pieces(n1, height))
    return out.squeeze(1) if v.ndim == 1 else out
