"""The coupling of a kernel that offers a sweep over the data and never shows the whole matrix.

The kernel knows no weights, targets or losses: it calls a visitor with one tile of k(X_h, X_l)
after the other. The visitor of this file adds up what :mod:`torchbdi.objective` needs of a tile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

import torch
from torch import Tensor

from .kernels.by_hand import refuse_second_derivative


class Tile(Protocol):
    """Some columns of k(X_h, X_l).

    Attributes:
        k: values, (R, C).
        columns: the C rows of the data.
    """

    k: Tensor
    columns: slice

    def pull(self, weights: Tensor) -> Tensor:
        """sum_j weights_ij dk_ij / dx_i: (R, C) -> (R, D)."""


Visit: TypeAlias = Callable[[Tile, Sequence[Tensor]], None]
"""Adds a tile's share to sums, in place."""

Sweep: TypeAlias = Callable[[Tensor, Tensor, Visit, Sequence[Tensor]], Sequence[Tensor]]
"""(x_h (R, D), x_l (N, D), visit, sums of zeros) -> sums, see :meth:`torchbdi.Kernel`."""


class SweptCoupling:
    """The coupling of designs with one table of data by a kernel's sweep.

    Args:
        sweep: the kernel's.
        x_l: designs of the data, (N, D).
        y_l: their scores, (N,).
        squared_weights: w_l^2, (N,).
        coefficients: (K_ll + beta I)^-1 y_l, (N,); None leaves the prediction out.
    """

    def __init__(
        self,
        sweep: Sweep,
        x_l: Tensor,
        y_l: Tensor,
        squared_weights: Tensor,
        coefficients: Tensor | None,
    ):
        self.sweep, self.x_l, self.y_l = sweep, x_l, y_l
        self.squared_weights, self.coefficients = squared_weights, coefficients

    def __call__(self, x_h: Tensor, a: Tensor | None) -> tuple[Tensor, Tensor]:
        """See :class:`torchbdi.coupling.DenseCoupling`."""
        *batch, m, d = x_h.shape
        dual = None if a is None else a.reshape(-1, m)
        prediction, backward = _Sums.apply(self, x_h.reshape(-1, m, d), dual)
        return prediction.view(*batch, m), backward.view(batch)

    def sums(self, x_h: Tensor, a: Tensor | None) -> Sequence[Tensor]:
        """Values and gradients.

        Args:
            x_h: (B, M, D).
            a: (B, M) or None.

        Returns:
            prediction (B M,), its derivative (B M, D), backward (B,), and -1/2 of backward's
            derivatives: with respect to x_h, (B M, D), and to a, (B, M).
        """
        b, m, d = x_h.shape

        def visit(tile: Tile, own: Sequence[Tensor]) -> None:
            prediction, dx_p, backward, dx_b, da = own
            j, k = tile.columns, tile.k
            if self.coefficients is not None:
                prediction.addmv_(k, self.coefficients[j])
                dx_p += tile.pull(self.coefficients[j].expand_as(k))
            if a is not None:
                groups = k.view(b, m, -1)
                r = self.y_l[j] - (a.unsqueeze(1) @ groups).squeeze(1)
                weighted = r * self.squared_weights[j]
                backward += (r * weighted).sum(1)
                da += (groups @ weighted.unsqueeze(2)).squeeze(2)
                dx_b += tile.pull((a.unsqueeze(2) * weighted.unsqueeze(1)).view_as(k))

        zeros = [x_h.new_zeros(s) for s in ((b * m,), (b * m, d), (b,), (b * m, d), (b, m))]
        return self.sweep(x_h.reshape(b * m, d), self.x_l, visit, zeros)


class _Sums(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, coupling: SweptCoupling, x_h: Tensor, a: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        prediction, dx_p, backward, dx_b, da = coupling.sums(
            x_h.detach(),
            None if a is None else a.detach(),  # other threads would keep graphs
        )
        ctx.save_for_backward(dx_p.view_as(x_h), dx_b.view_as(x_h), da)
        return prediction.view(x_h.shape[:2]), backward

    @staticmethod
    def backward(ctx: Any, grad_p: Tensor, grad_b: Tensor) -> tuple[None, Tensor, Tensor | None]:
        refuse_second_derivative()
        dx_p, dx_b, da = ctx.saved_tensors
        dx = grad_p.unsqueeze(-1) * dx_p - 2 * grad_b[:, None, None] * dx_b
        return None, dx, -2 * grad_b.unsqueeze(1) * da if ctx.needs_input_grad[2] else None
