"""exp(-gamma |x - x'|^2) by one matrix product, and by differences where that would lose digits.

The product computes -gamma |x - x'|^2 as 2 gamma a.b - gamma |a|^2 - gamma |b|^2 with a = x - c and
b = x' - c. Its error is eps s times what a sum of D products adds, with s = gamma (|a|^2 + |b|^2),
and becomes a relative error of k: where s is above :func:`limit` the entry is computed again from
x - x'. With standardised features and gamma near 1/D, s is about 2, and no entry is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor

# exp of less is 0 in float64, the product's error taken off.
UNDERFLOW = -746.0
CHUNK = 1 << 20  # numbers of differences at a time

Pairs: TypeAlias = tuple[Tensor, ...]
"""Places of a matrix (..., N1, N2): batch numbers, rows and columns, (P,) each."""


class GaussianGram(torch.autograd.Function):
    """k(x1, x2) with dk/dx = -2 gamma k (x - x')."""

    @staticmethod
    def forward(ctx: Any, gamma: float, x1: Tensor, x2: Tensor | None) -> Tensor:
        """Computes the Gram matrix.

        Args:
            ctx: autograd's.
            gamma: inverse squared length.
            x1: (..., N1, D).
            x2: (..., N2, D), or None for x1.
        """
        other = x1 if x2 is None else x2
        a, b, s1, s2, c = centred(gamma, x1, other)
        k = left_factor(a, gamma, s1) @ right_factor(b, s2).mT
        pairs = far_pairs(k, s1, s2, x1.shape[-1])
        if pairs is not None:
            correct_(k, gamma, x1, other, pairs)
        if x2 is None:
            k.diagonal(dim1=-2, dim2=-1).zero_()
        k.clamp_max_(0).exp_()
        ctx.gamma, ctx.symmetric, ctx.any_far = gamma, x2 is None, pairs is not None
        ctx.centred = a, b
        ctx.save_for_backward(k, x1, other, c, *(pairs or ()))
        return k

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[None, Tensor | None, Tensor | None]:
        """Gradients with respect to x1 and x2; made of operations that have a gradient again."""
        k, x1, x2, c, *places = ctx.saved_tensors
        pairs = tuple(places) if ctx.any_far else None
        w = grad * k * (-2 * ctx.gamma)
        if ctx.symmetric:
            eye = torch.eye(k.shape[-1], dtype=torch.bool, device=k.device)
            w = w.masked_fill(eye, 0)
        far = None
        if pairs is not None:
            far = w[pairs]
            w = w.index_put(pairs, torch.zeros_like(far))
        # A second derivative asks how these depend on the designs.
        a, b = (x1 - c, x2 - c) if torch.is_grad_enabled() else ctx.centred
        if pairs is not None:
            a, b = near_rows(a), near_rows(b)
        grad1 = grad2 = None
        if ctx.needs_input_grad[1]:
            grad1 = _pull(w, a, b, x1)
            if pairs is not None and far is not None:
                grad1 = _add_far(grad1, x1, x2, pairs, far, rows=True)
        if ctx.needs_input_grad[1 if ctx.symmetric else 2]:
            grad2 = _pull(w.mT, b, a, x2)
            if pairs is not None and far is not None:
                grad2 = _add_far(grad2, x1, x2, pairs, -far, rows=False)
        if ctx.symmetric:
            return None, None if grad1 is None or grad2 is None else grad1 + grad2, None
        return None, grad1, grad2


def centred(gamma: float, x1: Tensor, x2: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Designs less a centre of x2, each batch member's own.

    The centre is the mean, or where rows are far from it the mean of the nearer half: one mistyped
    number then moves the centre no more.

    Returns:
        x1 - c and x2 - c; gamma times their squares, (..., N, 1); and c, (..., 1, D).
    """
    c = x2.mean(-2, keepdim=True)
    a = x1 - c
    b = a if x1 is x2 else x2 - c
    s1, s2 = _squares(a, gamma), _squares(b, gamma)
    if s1.numel() and s2.numel() and not float(s1.max()) + float(s2.max()) <= limit(x1.shape[-1]):
        near = s2 <= s2.median(-2, keepdim=True).values
        c = torch.where(near, x2, 0).sum(-2, keepdim=True) / near.sum(-2, keepdim=True)
        a, b = x1 - c, x2 - c
        s1, s2 = _squares(a, gamma), _squares(b, gamma)
    return a, b, s1, s2, c


def limit(d: int) -> float:
    """The largest s of an entry that the product is good to 450 eps for: 1e-13 in float64.

    The product is off by (5 + 0.3 sqrt(D)) eps s at most, as measured.
    """
    return 450 / (5 + 0.3 * math.sqrt(d))


def _squares(x: Tensor, gamma: float) -> Tensor:
    return gamma * (x * x).sum(-1, keepdim=True)


def left_factor(a: Tensor, gamma: float, s: Tensor) -> Tensor:
    """A (..., N, D + 2), whose product A B^T with :func:`right_factor` is -gamma |x - x'|^2."""
    return torch.cat([2 * gamma * a, -s, torch.ones_like(s)], -1)


def right_factor(b: Tensor, s: Tensor) -> Tensor:
    """B (..., N, D + 2), see :func:`left_factor`."""
    return torch.cat([b, torch.ones_like(s), -s], -1)


def far_pairs(exponent: Tensor, s1: Tensor, s2: Tensor, d: int) -> Pairs | None:
    """The entries that the product has too few digits for; None where there are none.

    Args:
        exponent: -gamma |x - x'|^2 by the product, (..., N1, N2).
        s1: gamma |a|^2, (..., N1, 1).
        s2: gamma |b|^2, (..., N2, 1).
        d: number of features.
    """
    most = limit(d)
    if not exponent.numel() or float(s1.max()) + float(s2.max()) <= most:
        return None
    s = s1 + s2.mT
    # Not (s > most): numbers that overflow make NaN, and count as far.
    lost = ~(exponent + 16 * torch.finfo(s.dtype).eps * s < UNDERFLOW)
    pairs = ((~(s <= most)) & lost).nonzero(as_tuple=True)
    return pairs if len(pairs[0]) else None


def correct_(exponent: Tensor, gamma: float, x1: Tensor, x2: Tensor, pairs: Pairs) -> None:
    """Writes -gamma |x - x'|^2 from differences at the given places."""
    if 4 * len(pairs[0]) > exponent.numel():
        exact = torch.cdist(x1, x2, compute_mode="donot_use_mm_for_euclid_dist").square_()
        exponent[pairs] = exact.mul_(-gamma)[pairs]
        return
    for part in _chunks(pairs, x1.shape[-1]):
        difference = _rows(x1, part, -2) - _rows(x2, part, -1)
        exponent[part] = -gamma * difference.square().sum(-1)


def near_rows(a: Tensor) -> Tensor:
    """a, with rows of 0 for those whose square overflows: all of their pairs are far."""
    square = (a * a).sum(-1, keepdim=True)
    return torch.where(torch.isfinite(square), a, 0)


def _pull(w: Tensor, a: Tensor, b: Tensor, like: Tensor) -> Tensor:
    """sum_j w_ij (a_i - b_j), in the shape of the designs."""
    return (w.sum(-1, keepdim=True) * a - w @ b).sum_to_size(like.shape)


def _add_far(
    grad: Tensor, x1: Tensor, x2: Tensor, pairs: Pairs, weights: Tensor, rows: bool
) -> Tensor:
    """grad plus weights (x - x') of every pair, at its row of x1 or of x2."""
    at = 0
    like, axis = (x1, -2) if rows else (x2, -1)
    flat = grad.reshape(-1, grad.shape[-1])
    numbers = torch.arange(len(flat), device=grad.device).view(grad.shape[:-1])
    for part in _chunks(pairs, x1.shape[-1]):
        difference = _rows(x1, part, -2) - _rows(x2, part, -1)
        weight = weights[at : at + len(part[0])].unsqueeze(-1)
        share = torch.where(weight != 0, weight * difference, 0)  # the difference may be infinite
        flat = flat.index_add(0, _rows(numbers.unsqueeze(-1), part, axis).squeeze(-1), share)
        at += len(part[0])
    return flat.view(like.shape)


def _rows(x: Tensor, pairs: Pairs, axis: int) -> Tensor:
    """The rows of x (..., N, D) that pairs name by their rows (axis -2) or columns (-1), (P, D)."""
    batch = pairs[:-2]
    own = x.ndim - 2  # batch dimensions of x itself, which may be broadcast
    index = [torch.zeros_like(p) if x.shape[i] == 1 else p
             for i, p in enumerate(batch[len(batch) - own :])]  # fmt: skip
    return x[(*index, pairs[axis])]


def _chunks(pairs: Pairs, d: int) -> Iterator[Pairs]:
    yield from zip(*(p.split(max(1, CHUNK // d)) for p in pairs), strict=True)
