"""One fused pass from cosines to kernel values, compiled by numba where that is installed.

Clamp, arcsine, polynomial, scale and slope are done while a row's piece sits in the first-level
cache. numba is optional (``pip install torchbdi[fast]``) and is imported at the first large Gram
matrix; without it, and for small matrices, the plain torch operations of :mod:`.zonal.fill` run.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import math
from collections.abc import Iterator
from contextvars import ContextVar

import numpy as np
import torch
from torch import Tensor

from ..relu.limits import bound, kink, kink_of_differences
from ..relu.recursion import ReLUStack
from ..zonal.near import Near
from ..zonal.profile import Profile

_enabled: ContextVar[bool] = ContextVar("compiled", default=True)


@contextlib.contextmanager
def use(enabled: bool) -> Iterator[None]:
    """Switches the compiled path on or off inside a ``with`` block (for tests and benchmarks)."""
    token = _enabled.set(enabled)
    try:
        yield
    finally:
        _enabled.reset(token)


def available(device: torch.device | None = None, dtype: torch.dtype = torch.float64) -> bool:
    """Whether the compiled path is there, not switched off, and fit for these tensors."""
    cpu = device is None or device.type == "cpu"
    return _enabled.get() and cpu and dtype in (torch.float64, torch.float32) and _installed()


@functools.cache
def _installed() -> bool:
    return importlib.util.find_spec("numba") is not None


class Evaluator:
    """The compiled pass for one profile and dtype.

    Args:
        profile: kappa as a polynomial.
        dtype: float64 or float32.
    """

    def __init__(self, profile: Profile, dtype: torch.dtype):
        from .fused import fill  # numba is imported here

        self.function = fill
        self.value, self.slope = _padded(profile.value), _padded(profile.slope)
        self.map = None
        if profile.pole:
            self.map = np.array([profile.pole, profile.offset, profile.scale])
        self.kink, self.bound = kink(dtype), bound(dtype)

    def __call__(
        self, c: Tensor, rows: Tensor, cols: Tensor, out: Tensor, slope: Tensor | None = None
    ) -> int:
        """Turns a block of cosines into kernel values.

        Args:
            c: contiguous (R, C) cosines; left as they are.
            rows: contiguous (R,) factors.
            cols: contiguous (C,) factors.
            out: (R, C), rows contiguous; receives rows * cols * kappa. It may be ``c``.
            slope: where given, (R, C) with rows contiguous; receives rows * cols * dkappa/dcos.

        Returns:
            How many pairs are near, see :mod:`..zonal.near`.
        """
        found: int = self.function(
            c.numpy(),
            rows.numpy(),
            cols.numpy(),
            self.map,
            self.value,
            None if slope is None else self.slope,
            self.kink,
            self.bound,
            *_flat(out),
            *((None, 0) if slope is None else _flat(slope)),
        )
        return found


def correct_near(
    stack: ReLUStack,
    c: Tensor,
    hat1: Tensor,
    hat2: Tensor,
    rows: Tensor,
    cols: Tensor,
    out: Tensor,
    slope: Tensor | None,
) -> Near | None:
    """The compiled form of :func:`..zonal.near.correct_`, for one tile.

    Args:
        stack: the network, without biases.
        c: contiguous (R, C) cosines.
        hat1: directions of the rows, (R, D).
        hat2: directions of the columns, (C, D).
        rows: contiguous (R,) factors.
        cols: contiguous (C,) factors.
        out: (R, C), rows contiguous; receives rows * cols * kappa at near pairs.
        slope: None, or the same for slopes, which become 0 there.
    """
    from .near import near

    i, j, told = near(
        c.numpy(),
        bound(c.dtype),
        kink_of_differences(c.dtype),
        stack.depth,
        stack.w,
        stack.tangent,
        hat1.contiguous().numpy(),
        hat2.contiguous().numpy(),
        rows.numpy(),
        cols.numpy(),
        *_flat(out),
        *((None, 0) if slope is None else _flat(slope)),
    )
    if not len(i):
        return None
    signs, slopes = torch.from_numpy(told).to(c.dtype).unbind(1)
    return Near(torch.from_numpy(i), torch.from_numpy(j), signs, slopes)


def residuals(*tile: Tensor) -> None:
    """The compiled form of :func:`.zonal.coupling._add_residuals`, for contiguous tensors."""
    from .fused import residuals as function

    function(*(t.numpy() for t in tile))


def multiply_both(k: Tensor, right: Tensor, left: Tensor, across: Tensor, down: Tensor) -> None:
    """across += k right and down += k^T left, with k read once.

    Args:
        k: (R, C), rows contiguous.
        right: (C,), contiguous, as all that follow.
        left: (R,).
        across: (R,).
        down: (C,).
    """
    from .product import multiply_both as function

    function(*_flat(k), *(t.numpy() for t in (right, left, across, down)))


def pair_sums(
    evaluate: Evaluator,
    left: Tensor,
    right: Tensor,
    old: Tensor | None,
    norm: Tensor,
    inverse: Tensor,
    cols: Tensor,
    linear: Tensor,
    square: Tensor,
    out: Tensor,
) -> None:
    """Adds a piece of the data to sums of kernel values; shapes as in :mod:`.sums`."""
    from .sums import pair_sums as function

    function(
        left.numpy(),
        right.numpy(),
        None if old is None else old.numpy(),
        norm.contiguous().numpy(),
        inverse.contiguous().numpy(),
        evaluate.map,
        evaluate.value,
        cols.contiguous().numpy(),
        linear.contiguous().numpy(),
        square.contiguous().numpy(),
        out.numpy(),
    )


@functools.lru_cache(maxsize=64)
def evaluator(profile: Profile, dtype: torch.dtype) -> Evaluator:
    """The compiled pass, made once for each profile and dtype."""
    return Evaluator(profile, dtype)


def _flat(x: Tensor) -> tuple[np.ndarray, int]:
    """A view of the storage from the first entry to the last, and the distance between rows."""
    stride = x.stride(0) if x.shape[0] > 1 else x.shape[1]
    return x.as_strided(((x.shape[0] - 1) * stride + x.shape[1],), (1,)).numpy(), stride


def _padded(coefficients: tuple[float, ...]) -> np.ndarray:
    """Zeros on top, so that the degree is a multiple of 4 and at least 8."""
    degree = max(8, 4 * math.ceil((len(coefficients) - 1) / 4))
    return np.pad(coefficients, (0, degree + 1 - len(coefficients)))
