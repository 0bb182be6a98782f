"""One sweep over the data computes what BDI's losses need of k(X_h, X_l), and its gradient.

The losses are those of :mod:`torchbdi.objective`, which says what they mean. They need k_hl =
k(X_h, X_l) for two things only,

    prediction = k_hl d                                (Eq. 12; d from the large solve)
    backward = sum_j w_j r_j^2,  r = y_l - a^T k_hl     (Eq. 11; a = (K_hh + ridge)^-1 y_h)

with w_j the squares of the paper's weights. The gradients are

    d backward / d x_m = -2 a_m sum_j w_j r_j dk_mj / dx_m
    d backward / d a_m = -2 sum_j w_j r_j k_mj .

Each tile of k_hl gives its share of both and of their gradients as soon as it is there. So a step
keeps no matrix with as many columns as the data has rows, which would take most of its time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from .. import compiled
from ..by_hand import refuse_second_derivative
from ..pieces import pieces
from ..relu.recursion import ReLUStack
from .fill import plan
from .gram import inverse_lengths, unit_rows
from .near import Near
from .tiles import ENTRIES, tile_shape

ITEMS = 8  # pieces of work: enough to share out evenly


class ZonalCoupling:
    """What couples any designs X_h with one table of data.

    Args:
        stack: the network, without biases.
        x_l: designs of the data, (N, D).
        y_l: their scores, (N,).
        squared_weights: w_l^2, (N,).
        coefficients: d, (N,); None leaves the prediction out.
    """

    def __init__(
        self,
        stack: ReLUStack,
        x_l: Tensor,
        y_l: Tensor,
        squared_weights: Tensor,
        coefficients: Tensor | None,
    ):
        self.stack, self.y, self.d = stack, y_l, coefficients
        self.squared_weights = squared_weights
        self.hat, self.norm = unit_rows(x_l)
        self.d_hat = None if coefficients is None else coefficients.unsqueeze(1) * self.hat

    def __call__(self, x_h: Tensor, a: Tensor | None) -> tuple[Tensor, Tensor]:
        """Prediction and backward loss of every group.

        Args:
            x_h: (..., M, D).
            a: (K_hh + ridge)^-1 y_h, (..., M); None leaves the backward loss out.

        Returns:
            prediction (..., M) and backward (...), differentiable in x_h and a; 0 where left out.
        """
        *batch, m, d = x_h.shape
        groups = x_h.reshape(-1, m, d)
        dual = None if a is None else a.reshape(-1, m)
        prediction, backward = _Sweep.apply(self, groups, dual)
        return prediction.view(*batch, m), backward.view(batch)

    def sweep(self, x_h: Tensor, a: Tensor | None) -> tuple[Tensor, ...]:
        """Values and gradients.

        Args:
            x_h: (B, M, D).
            a: (B, M) or None.

        Returns:
            prediction (B, M), its derivative (B, M, D), backward (B,), and the derivative of
            backward with respect to x_h at fixed a, (B, M, D), and to a, (B, M).
        """
        b, m, d = x_h.shape
        hat, norm = unit_rows(x_h)
        rows, width = tile_shape(b * m, len(self.y), d, x_h.device, ENTRIES // 2)
        blocks = pieces(b, max(1, rows // m))
        chunks = pieces(len(self.y), -(-len(self.y) * len(blocks) // ITEMS))
        # Each chunk of the data has its own sums, so that the order of summation is fixed: the
        # prediction, the backward loss, sum_j w_j r_j k_mj, and what `_add_near_` calls toward.
        sums = [x_h.new_zeros(len(chunks), b, *s) for s in ((m,), (), (m,), (m, d), (m, d))]
        way = plan(self.stack, x_h, b * m * len(self.y))
        add_residuals = compiled.residuals if way.compiled else _add_residuals

        def work(items: Iterator[tuple[slice, int]]) -> None:
            fill, memory = way.make(), x_h.new_empty(2, blocks[0].stop * m * width)
            for g, chunk in items:
                first = hat[g].flatten(0, 1), norm[g].flatten(0, 1)
                prediction, backward, da, toward_p, toward_b = (x[chunk, g] for x in sums)
                a_g = None if a is None else a[g]
                for j in pieces(len(self.y), width, chunks[chunk]):
                    shape = len(first[0]), j.stop - j.start
                    k, s = (x[: shape[0] * shape[1]].view(shape) for x in memory)
                    near = fill(first, (self.hat[j], self.norm[j]), k, s)
                    if near is not None:
                        self._add_near_(near, k, first[0], j, a_g, toward_p, toward_b)
                    if self.d is not None and self.d_hat is not None:
                        prediction.view(-1).addmv_(k, self.d[j])
                        toward_p.view(-1, d).addmm_(s, self.d_hat[j])
                    if a_g is not None:
                        add_residuals(k, s, a_g, self.y[j], self.squared_weights[j], backward, da)
                        toward_b.view(-1, d).addmm_(s, self.hat[j])

        way.share(work, [(g, chunk) for chunk in range(len(chunks)) for g in blocks])
        prediction, backward, da, toward_p, toward_b = (x.sum(0) for x in sums)
        inverse = inverse_lengths(norm)

        def gradient(radial: Tensor, toward: Tensor) -> Tensor:
            tangential = toward - (toward * hat).sum(-1, keepdim=True) * hat
            return (radial.unsqueeze(-1) * hat + tangential) * inverse

        dx_p, dx_b = gradient(prediction, toward_p), gradient(da, toward_b)
        if a is not None:
            dx_b *= -2 * a.unsqueeze(-1)
        return prediction, dx_p, backward, dx_b, -2 * da

    def _add_near_(
        self,
        near: Near,
        k: Tensor,
        hat: Tensor,
        cols: slice,
        a: Tensor | None,
        toward_p: Tensor,
        toward_b: Tensor,
    ) -> None:
        """The share of a tile's near pairs in the tangential sums.

        Args:
            near: the pairs.
            k: the tile, (R, C).
            hat: directions of its rows, (R, D).
            cols: the data of its columns.
            a: (G, M), or None.
            toward_p: sum_j d_j s_ij x_hat_j, (G, M, D); changed in place.
            toward_b: sum_j w_j r_j s_ij x_hat_j, (G, M, D); changed in place.
        """
        d, other = hat.shape[1], self.hat[cols]
        if self.d is not None:
            near.add_toward_(toward_p.view(-1, d), hat, other, self.d[cols][near.cols])
        if a is not None:
            group = near.rows // a.shape[1]
            predicted = (a[group] * k.view(*a.shape, -1)[group, :, near.cols]).sum(1)
            weights = self.squared_weights[cols][near.cols] * (self.y[cols][near.cols] - predicted)
            near.add_toward_(toward_b.view(-1, d), hat, other, weights)


def _add_residuals(
    k: Tensor,
    s: Tensor,
    a: Tensor,
    y: Tensor,
    squared_weights: Tensor,
    backward: Tensor,
    da: Tensor,
) -> None:
    """A tile's share of the backward loss.

    Args:
        k: kernel values of whole groups with some data, (G M, C).
        s: their slopes; multiplied by w_j r_j in place.
        a: (G, M).
        y: scores of that data, (C,).
        squared_weights: their w_j, (C,).
        backward: (G,); sum_j w_j r_j^2 is added.
        da: (G, M); sum_j w_j r_j k_mj is added.
    """
    groups = k.view(*a.shape, -1)
    if a.shape[1] == 1:
        r = torch.addcmul(y, k, a, value=-1)
    else:
        r = torch.bmm(a.unsqueeze(1), groups).squeeze(1)
        torch.sub(y, r, out=r)
    weighted = r * squared_weights
    backward += r.mul_(weighted).sum(1)
    s.view_as(groups).mul_(weighted.unsqueeze(1))
    da += (groups * weighted.unsqueeze(1)).sum(2)


class _Sweep(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, coupling: ZonalCoupling, x_h: Tensor, a: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        prediction, dx_p, backward, dx_b, da = coupling.sweep(x_h, a)
        ctx.save_for_backward(dx_p, dx_b, da)
        return prediction, backward

    @staticmethod
    def backward(ctx: Any, grad_p: Tensor, grad_b: Tensor) -> tuple[None, Tensor, Tensor | None]:
        refuse_second_derivative()
        dx_p, dx_b, da = ctx.saved_tensors
        dx = grad_p.unsqueeze(-1) * dx_p + grad_b[:, None, None] * dx_b
        return None, dx, grad_b.unsqueeze(1) * da if ctx.needs_input_grad[2] else None
