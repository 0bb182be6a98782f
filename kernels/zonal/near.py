"""Pairs of nearly equal or nearly opposite directions: their angle comes from differences.

The cosine of a small angle has lost the angle: an error of eps in it is one of eps / theta in
theta, 1e-8 where the directions are equal. So where sin^2(theta/2) (or cos^2(theta/2), near pi) is
below 1e-6 it is computed from x_hat - x_hat' (or x_hat + x_hat'), and kappa by the recursion
from there. What is left is an error of eps.

In the gradient such a pair gives slope (x_hat' - c x_hat), with a slope that grows as 1 / theta.
It is taken from the same differences, which are parallel to the sphere to first order: what is
parallel to x_hat drops out of the gradient.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import torch
from torch import Tensor

from ..relu.limits import CHUNK, bound, kink_of_differences
from ..relu.recursion import ReLUStack, angular_recursion
from ..scatter import add_rows_


@dataclass(frozen=True)
class Near:
    """Pairs of a matrix (..., N1, N2) whose share of the gradient comes from differences.

    Attributes:
        rows: numbers of their rows, batch dimensions flattened in, (P,).
        cols: numbers of their columns, likewise, (P,).
        signs: 1 for nearly equal directions, -1 for nearly opposite ones, (P,).
        slopes: |x||x'|/D dkappa/dcos, (P,).
    """

    rows: Tensor
    cols: Tensor
    signs: Tensor
    slopes: Tensor

    def __len__(self) -> int:
        return len(self.rows)

    def shifted(self, rows: int, cols: int) -> Near:
        """The pairs of a tile as pairs of the matrix that it stands in."""
        return Near(self.rows + rows, self.cols + cols, self.signs, self.slopes)

    def swapped(self) -> Near:
        """The pairs of the transposed matrix."""
        return Near(self.cols, self.rows, self.signs, self.slopes)

    def below(self) -> Near:
        """The pairs below the diagonal of one symmetric matrix."""
        return self.where(self.rows > self.cols)

    def where(self, mask: Tensor) -> Near:
        """Some of the pairs."""
        return Near(self.rows[mask], self.cols[mask], self.signs[mask], self.slopes[mask])

    def add_toward_(self, out: Tensor, hat1: Tensor, hat2: Tensor, weights: Tensor) -> None:
        """Adds weight slope (x_hat' - x_hat), or the sum where they are opposite, to its row.

        Args:
            out: (R, D), changed in place.
            hat1: directions of the rows, (R, D).
            hat2: directions of the columns, (C, D).
            weights: of the pairs, (P,).
        """
        size = max(1, CHUNK // hat1.shape[-1])
        for at in range(0, len(self), size):
            part = slice(at, at + size)
            i, j = self.rows[part], self.cols[part]
            difference = hat2[j] - self.signs[part, None] * hat1[i]
            add_rows_(out, i, (weights[part] * self.slopes[part]).unsqueeze(1) * difference)


@functools.lru_cache(maxsize=64)
def kappa_at_zero(stack: ReLUStack) -> float:
    """kappa(0), so that k(x, x) = kappa(0) |x|^2 / D."""
    return float(angular_recursion(stack, torch.zeros((), dtype=torch.float64, device="cpu"))[0])


def join(parts: list[Near]) -> Near | None:
    """All pairs of several; None where there are none."""
    parts = [p for p in parts if len(p)]
    if not parts:
        return None
    columns = ([getattr(p, name) for p in parts] for name in ("rows", "cols", "signs", "slopes"))
    return Near(*(torch.cat(c) for c in columns))


def near_entries(c: Tensor) -> tuple[Tensor, ...] | None:
    """Where the cosines are near 1 or -1: batch, row and column numbers; None where nowhere."""
    if not c.numel():
        return None
    least, most = c.aminmax()
    limit = bound(c.dtype)
    near_one, near_minus_one = float(most) > limit, float(least) < -limit
    if not (near_one or near_minus_one):
        return None
    # A tile has few near pairs: only rows that have one are compared entry by entry.
    hit = c.amax(-1) > limit if near_one else c.amin(-1) < -limit
    if near_one and near_minus_one:
        hit |= c.amin(-1) < -limit
    rows = hit.nonzero(as_tuple=True)
    which, cols = (c[rows].abs() > limit).nonzero(as_tuple=True)
    return *(r[which] for r in rows), cols


def correct_(
    stack: ReLUStack,
    entries: tuple[Tensor, ...],
    opposite: Tensor | None,
    x1: tuple[Tensor, Tensor],
    x2: tuple[Tensor, Tensor],
    out: Tensor,
    slope: Tensor | None,
) -> Near | None:
    """Writes the values of near pairs, and 0 for their slopes.

    Args:
        stack: the network, without biases.
        entries: places, as :func:`near_entries` returns them.
        opposite: which of them are near pi, (P,); None where that is to be found out.
        x1: directions (..., R, D) and lengths (..., R, 1); one table for a batch may be (R, D).
        x2: directions (..., C, D) and lengths (..., C, 1), likewise.
        out: (R, C) or (B, R, C), receives |x||x'|/D kappa.
        slope: None, or the shape of out.

    Returns:
        The pairs that have a slope, where slopes are asked for.
    """
    (hat1, norm1), (hat2, norm2) = ((h.flatten(0, -2), n.flatten()) for h, n in (x1, x2))
    *batch, i, j = entries
    rows, cols = i, j
    if batch:
        rows, cols = batch[0] * out.shape[-2] + i, batch[0] * out.shape[-1] + j
    first, second = (
        one if x[0].ndim == 2 else every for x, one, every in ((x1, i, rows), (x2, j, cols))
    )
    d = hat1.shape[1]
    size = max(1, CHUNK // d)
    scale = norm1[first] / d * norm2[second]
    # Most pairs are a design and itself, or its equal; often all of a tile's are.
    if len(i) <= size and torch.equal(hat1[first], hat2[second]):
        out[entries] = scale * kappa_at_zero(stack)
        if slope is not None:
            slope[entries] = 0
        return None
    if opposite is None:
        parts = zip(first.split(size), second.split(size), strict=True)
        products = [torch.linalg.vecdot(hat1[r], hat2[c]) for r, c in parts]
        opposite = torch.cat(products) < 0 if products else torch.zeros_like(i, dtype=torch.bool)
    signs = torch.where(opposite, -1.0, 1.0).to(hat1.dtype)
    squares = []
    for r, c, s in zip(*(t.split(size) for t in (first, second, signs)), strict=True):
        squares.append((hat2[c] - s.unsqueeze(1) * hat1[r]).square().sum(1))
    z = torch.cat(squares) / 4 if squares else signs
    value, derivative = z.new_full(z.shape, kappa_at_zero(stack)), torch.zeros_like(z)
    apart = (z > 0) | opposite
    angle = 2 * z[apart].sqrt().clamp(max=1).asin()
    theta = torch.where(opposite[apart], torch.pi - angle, angle)
    value[apart], derivative[apart] = angular_recursion(stack, theta)
    out[entries] = scale * value
    if slope is None:
        return None
    slope[entries] = 0
    smooth = z > kink_of_differences(z.dtype)
    sine = 2 * (z * (1 - z)).clamp_min(0).sqrt()
    slopes = -scale * derivative / torch.where(smooth, sine, 1)
    return Near(rows, cols, signs, slopes).where(smooth)
