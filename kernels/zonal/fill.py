"""The ways to fill a tile of a zonal Gram matrix, and the choice between them.

A tile is one small matrix product (cosines), one arcsine and one short polynomial. Plain torch
operations share the threads of each operation; with the compiled pass of :mod:`.compiled` every
thread works on tiles of its own. On a GPU one kernel of :mod:`.gpu.gram` does all of it; where
there is no profile (see :mod:`.zonal.profile`) plain torch operations run there too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor

from .. import compiled, gpu
from ..relu.limits import kink
from ..relu.recursion import ReLUStack, angular_recursion
from ..threads import drain
from .near import Near, correct_, join, near_entries
from .profile import Profile, fit_profile

Unit: TypeAlias = tuple[Tensor, Tensor]
"""Rows as directions (..., N, D) and lengths (..., N, 1)."""

COMPILED_FROM = 1 << 17  # entries of a matrix
# What the profile's map costs, in degrees: beside the compiled pass its division is dear.
PLAIN_MAP_COST, COMPILED_MAP_COST = 3, 12


def triton_profile(stack: ReLUStack, like: Tensor) -> Profile | None:
    """The profile that Triton kernels compute with; None where they do not compute on ``like``."""
    return fit_profile(stack, COMPILED_MAP_COST) if gpu.takes(like) else None


class PlainTiles:
    """Fills tiles by torch operations; one addcmul a degree.

    Args:
        stack: the network, without biases.
        like: a tensor of the dtype and device of the tiles.
    """

    def __init__(self, stack: ReLUStack, like: Tensor):
        self.stack, self.profile = stack, fit_profile(stack, PLAIN_MAP_COST)
        self.buffer = like.new_empty(0)
        self.one = like.new_tensor(1.0)

    def __call__(self, x1: Unit, x2: Unit, out: Tensor, slope: Tensor | None = None) -> Near | None:
        """Writes |x||x'|/D kappa into out, and |x||x'|/D dkappa/dcos into slope.

        Args:
            x1: directions (..., R, D) and lengths (..., R, 1).
            x2: directions (..., C, D) and lengths (..., C, 1).
            out: (..., R, C), any strides.
            slope: None, or the shape of out.

        Returns:
            The pairs whose slope is 0 here and given there, because their share of the gradient
            is taken from differences; None where there are none.
        """
        (hat1, norm1), (hat2, norm2) = x1, x2
        rows, cols = norm1 / hat1.shape[-1], norm2.mT
        c, p, w = self._scratch(out)
        torch.matmul(hat1, hat2.mT, out=c)
        c.clamp_(-1, 1)
        near = near_entries(c)
        opposite = None if near is None else c[near] < 0
        self._write(c, p, w, rows, cols, out, slope)
        if near is None or opposite is None:
            return None
        return correct_(self.stack, near, opposite, x1, x2, out, slope)

    def _write(
        self,
        c: Tensor,
        p: Tensor,
        w: Tensor,
        rows: Tensor,
        cols: Tensor,
        out: Tensor,
        slope: Tensor | None,
    ) -> None:
        """From cosines c to values and slopes; p and w are scratch."""
        if slope is not None:  # 1 / sin(theta); sin^2 is (1 - |c|)(1 + |c|)
            torch.addcmul(self.one, c, c, value=-1, out=w)
            torch.threshold_(w, 2 * kink(c.dtype), math.inf).rsqrt_()
        if self.profile is None:
            value, derivative = angular_recursion(self.stack, c.acos_())
            torch.mul(value.mul_(rows), cols, out=out)
            if slope is not None:
                torch.mul(derivative.mul_(w).mul_(-rows), cols, out=slope)
            return
        u = variable(self.profile, c.asin_(), p)
        if slope is not None:
            torch.mul(horner(self.profile.slope, rows, u, p).mul_(w), cols, out=slope)
        torch.mul(horner(self.profile.value, rows, u, p), cols, out=out)

    def _scratch(self, out: Tensor) -> list[Tensor]:
        size = out.numel()
        if self.buffer.numel() < 3 * size:
            self.buffer = out.new_empty(3 * size)
        return [self.buffer[i * size : (i + 1) * size].view(out.shape) for i in range(3)]


def variable(profile: Profile, phi: Tensor, scratch: Tensor) -> Tensor:
    """The profile's variable u from phi; both buffers are overwritten, and one of them returned."""
    if not profile.pole:
        return phi
    one, offset = phi.new_tensor(1.0), phi.new_tensor(profile.offset)
    torch.add(one, phi, alpha=profile.pole, out=scratch).reciprocal_()
    return torch.add(offset, scratch, alpha=profile.scale, out=phi)


def horner(coefficients: tuple[float, ...], rows: Tensor, u: Tensor, out: Tensor) -> Tensor:
    """rows times the polynomial: the coefficients carry the factor, so that it costs nothing."""
    scaled = [rows * a for a in coefficients]
    if len(scaled) == 1:
        return out.copy_(scaled[0].expand_as(out))
    torch.mul(u, scaled[-1], out=out).add_(scaled[-2])
    for a in scaled[-3::-1]:
        torch.addcmul(a, out, u, out=out)
    return out


class CompiledTiles:
    """Fills tiles by the compiled pass; one for each thread.

    Args:
        stack: the network, without biases.
        evaluate: the compiled pass.
    """

    def __init__(self, stack: ReLUStack, evaluate: compiled.Evaluator):
        self.stack, self.evaluate = stack, evaluate
        self.buffer = torch.empty(0)

    def __call__(self, x1: Unit, x2: Unit, out: Tensor, slope: Tensor | None = None) -> Near | None:
        """As :class:`PlainTiles`, for two-dimensional tiles with contiguous rows."""
        (hat1, norm1), (hat2, norm2) = x1, x2
        if self.buffer.numel() < out.numel():
            self.buffer = out.new_empty(out.numel())
        c = self.buffer[: out.numel()].view(out.shape)
        torch.mm(hat1, hat2.mT, out=c)
        rows = (norm1 / hat1.shape[-1]).flatten()
        cols = norm2.flatten()
        if not self.evaluate(c, rows, cols, out, slope):
            return None
        return compiled.correct_near(self.stack, c, hat1, hat2, rows, cols, out, slope)


class TritonTiles:
    """Fills tiles on a GPU.

    Args:
        stack: the network, without biases.
        profile: its kappa as a polynomial.
    """

    def __init__(self, stack: ReLUStack, profile: Profile):
        self.stack, self.profile = stack, profile

    def __call__(self, x1: Unit, x2: Unit, out: Tensor, slope: Tensor | None = None) -> Near | None:
        """As :class:`PlainTiles`, for contiguous rows; the very object x1 as x2: symmetric."""
        from ..gpu.gram import gram_

        if not gram_(self.profile, x1, x2, out, slope):
            return None
        k = out.view(-1, *out.shape[-2:])
        dk = None if slope is None else slope.view(k.shape)
        one, two = (_for_batch(x, out.shape[:-2]) for x in (x1, x2))
        b, i, j = entries = k.isnan().nonzero(as_tuple=True)
        if x2 is not x1:
            return correct_(self.stack, entries, None, one, two, k, dk)
        below = i > j
        b, i, j = entries = b[below], i[below], j[below]
        near = correct_(self.stack, entries, None, one, two, k, dk)
        k[b, j, i] = k[b, i, j]
        return None if near is None else join([near, near.swapped()])


def _for_batch(x: Unit, batch: torch.Size) -> Unit:
    """One table as it is, several as the batch has them."""
    if x[0].ndim == 2:
        return x
    return x[0].expand(*batch, *x[0].shape[-2:]), x[1].expand(*batch, *x[1].shape[-2:])


@dataclass(frozen=True)
class Plan:
    """How the tiles of a matrix are filled.

    Attributes:
        make: makes a filler; every thread has its own.
        compiled: whether it is the compiled pass.
    """

    make: Callable[[], Callable[..., Any]]
    compiled: bool

    def share(self, work: Callable[[Iterator], None], items: list) -> None:
        """Calls work(items) in every thread that helps; each item is taken by one of them.

        The compiled pass gets threads of our own, each with single-threaded operations: they meet
        once, at the end. Plain torch has so many short operations that Python threads would
        wait for each other, and leaves the threads to its operations.

        Args:
            work: takes an iterator over items.
            items: pieces of work that can be done in any order, and by anyone.
        """
        if self.compiled:
            drain(work, items)
        else:
            work(iter(items))


def plan(stack: ReLUStack, like: Tensor, entries: int) -> Plan:
    """The fastest way to fill the tiles of a matrix.

    Args:
        stack: the network.
        like: a tensor of the dtype and device of the tiles.
        entries: how many entries there are in all; few are not worth importing numba.
    """
    fused = triton_profile(stack, like)
    if fused is not None:
        return Plan(lambda: TritonTiles(stack, fused), compiled=False)
    if entries >= COMPILED_FROM and compiled.available(like.device, like.dtype):
        profile = fit_profile(stack, COMPILED_MAP_COST)
        if profile is not None:
            evaluate = compiled.evaluator(profile, like.dtype)
            return Plan(lambda: CompiledTiles(stack, evaluate), compiled=True)
    return Plan(lambda: PlainTiles(stack, like), compiled=False)
