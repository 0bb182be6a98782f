"""Sums over the data of a zonal kernel's values, for designs that share their parts.

A search asks for few numbers of k(x, X_l): weighted sums of the values and of their squares. Its
designs are made of parts,

    x_ba = left_b + right_a - right_old(b, a),

so that x_ba . x_l is the sum of three numbers that stand in tables: O(N) a design, not O(N D). A
change of one site takes out a letter and puts another one in; an enumeration joins a first half and
a second one, and takes nothing out.

The angle comes from that sum alone: for a design that is a row of the data it is exact to 1e-8, and
k to about 1e-9 of its size. Gram matrices correct such pairs (:mod:`.near`), these sums do not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import torch
from torch import Tensor

from .. import compiled
from ..pieces import pieces
from ..relu.recursion import ReLUStack, angular_recursion
from ..threads import drain
from .fill import COMPILED_MAP_COST, PLAIN_MAP_COST, horner, triton_profile, variable
from .gram import inverse_lengths, unit_rows
from .profile import Profile, fit_profile

CHUNKS = 8  # of the data, each with sums of its own, so that the order of summation is fixed
FEWEST = 256  # rows of such a piece
TABLE_ENTRIES = 1 << 22  # of the products of all parts with a piece of the data
GPU_ENTRIES = 1 << 26  # of these, on a GPU
LINEAR_ON_GPU = 2  # weights of the values that the Triton kernel takes
PLAIN_ENTRIES = 1 << 20  # of kernel values at a time, where nothing is compiled

Part: TypeAlias = tuple[slice, Tensor]
"""Some features, and rows (k, w) of them; the other features of such a row are 0."""


class ZonalSums:
    """Weighted sums of k(x, x_l) and of its squares over one table.

    Args:
        stack: the network, without biases, of depth 2 or more.
        x_l: designs of the data, (N, D).
        linear: weights of the values, (Q, N).
        square: weights of their squares, (N,).
    """

    def __init__(self, stack: ReLUStack, x_l: Tensor, linear: Tensor, square: Tensor):
        self.stack, self.linear, self.square = stack, linear.contiguous(), square.contiguous()
        self.hat, norm = unit_rows(x_l)
        self.scale = norm.flatten() / x_l.shape[1]
        few = len(linear) <= LINEAR_ON_GPU
        self._fused = triton_profile(stack, x_l) if few else None

    def of(self, x: Tensor) -> Tensor:
        """The sums of designs (n, D), (n, Q + 1): the linear ones and that of the squares."""
        whole, nothing = slice(0, x.shape[1]), x.new_zeros(1, x.shape[1])
        norm = torch.linalg.vector_norm(x, dim=1)
        if self._fused is None:
            return self.pairs(x, [(whole, nothing)], None, norm[:, None])[:, 0]
        # A program has several right parts, and one left part.
        parts = zip(*(t.split(GPU_ENTRIES // FEWEST) for t in (x, norm)), strict=True)
        return torch.cat(
            [self.pairs(nothing, [(whole, part)], None, own[None])[0] for part, own in parts]
        )

    @torch.no_grad()
    def pairs(
        self, left: Tensor, right: Sequence[Part], old: Tensor | None, norm: Tensor
    ) -> Tensor:
        """The sums of designs x_ba = left_b + right_a - right_old(b, a).

        Args:
            left: (B, D).
            right: parts with A rows in all.
            old: (B, A), int64, numbers of rows of ``right``; None takes nothing out.
            norm: lengths |x_ba|, (B, A).

        Returns:
            (B, A, Q + 1).
        """
        if self._fused is not None:
            return self._triton(self._fused, left, right, old, norm)
        n, (b, a) = len(self.hat), norm.shape
        width = max(FEWEST, min(4096, TABLE_ENTRIES // (a + b)))
        chunks = pieces(n, math.ceil(n / CHUNKS))
        out = left.new_zeros(len(chunks), b, a, len(self.linear) + 1)
        add = self._filler(norm)

        def work(items: Iterator[int]) -> None:
            for item in items:
                for rows in pieces(n, width, chunks[item]):
                    add(*self._products(left, right, rows), old, rows, out[item])

        if left.device.type == "cpu":
            drain(work, range(len(chunks)))
        else:
            work(iter(range(len(chunks))))
        return out.sum(0)

    def _triton(
        self,
        profile: Profile,
        left: Tensor,
        right: Sequence[Part],
        old: Tensor | None,
        norm: Tensor,
    ) -> Tensor:
        from ..gpu.sums import pair_sums

        n, (b, a) = len(self.hat), norm.shape
        out = norm.new_zeros(b, a, len(self.linear) + 1)
        for rows in pieces(n, max(FEWEST, GPU_ENTRIES // max(1, a + b))):
            products = self._products(left, right, rows)
            data = self.scale[rows], self.linear[:, rows], self.square[rows]
            out += pair_sums(profile, *products, old, norm, *data)
        return out

    def _products(self, left: Tensor, right: Sequence[Part], rows: slice) -> tuple[Tensor, Tensor]:
        """Those of left (B, D) and of the right parts with some of the data: (B, L) and (A, L)."""
        hat = self.hat[rows]
        return left @ hat.mT, torch.cat([table @ hat[:, at].mT for at, table in right])

    def _filler(self, norm: Tensor) -> Callable[..., None]:
        """What adds a piece of the data to the sums."""
        inverse = inverse_lengths(norm)
        if compiled.available(norm.device, norm.dtype):
            profile = fit_profile(self.stack, COMPILED_MAP_COST)
            if profile is not None:
                evaluate = compiled.evaluator(profile, norm.dtype)

                def fused(
                    left: Tensor, right: Tensor, old: Tensor | None, rows: slice, out: Tensor
                ) -> None:
                    data = self.scale[rows], self.linear[:, rows], self.square[rows]
                    compiled.pair_sums(evaluate, left, right, old, norm, inverse, *data, out)

                return fused

        def plain(
            left: Tensor, right: Tensor, old: Tensor | None, rows: slice, out: Tensor
        ) -> None:
            step = max(1, PLAIN_ENTRIES // right.numel())
            for part in pieces(len(left), step):
                c = left[part, None] + right
                if old is not None:
                    c -= right[old[part]]
                c *= inverse[part, :, None]
                k = kernel_from_cosines(self.stack, c, norm[part, :, None], self.scale[rows])
                out[part, :, :-1] += k @ self.linear[:, rows].mT
                out[part, :, -1] += k.square_() @ self.square[rows]

        return plain


def kernel_from_cosines(stack: ReLUStack, c: Tensor, rows: Tensor, cols: Tensor) -> Tensor:
    """rows * cols * kappa(acos c): the kernel from given inner products.

    Args:
        stack: the network, without biases.
        c: cosines; overwritten.
        rows: broadcastable to c; |x|.
        cols: broadcastable to c; |x'| / D.

    Returns:
        The shape of c.
    """
    c.clamp_(-1, 1)
    profile = fit_profile(stack, PLAIN_MAP_COST)
    if profile is None:
        return angular_recursion(stack, c.acos_())[0].mul_(rows).mul_(cols)
    scratch = torch.empty_like(c)
    u = variable(profile, c.asin_(), scratch)
    one = c.new_ones([1] * c.ndim)
    return horner(profile.value, one, u, scratch).mul_(rows).mul_(cols)
