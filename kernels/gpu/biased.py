"""Kernels of networks with biases in Triton: :func:`covariance_recursion` in one pass.

The plain form is that of :mod:`.relu.recursion`, and names are its. All layers are run on a tile
while it is in registers; so are the three derivatives, by hand.
"""

from __future__ import annotations

import functools
import math

import torch
import triton
import triton.language as tl
from torch import Tensor

from ..relu.limits import kink
from ..relu.recursion import ReLUStack
from .device import block_side, host_flag, on, raised
from .gram import flatten
from .profile import NEAR, STEP, arcsine, products, raise_flag

INVERSE_2PI = tl.constexpr(1 / (2 * math.pi))


@functools.lru_cache(maxsize=64)
def _table(stack: ReLUStack, d: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """w, b and w/D: as arguments of a kernel they would be rounded to float32."""
    return torch.tensor([stack.w, stack.b, stack.w / d], dtype=dtype, device=device)


@triton.jit
def _biased_kernel(
    x1: tl.tensor,
    q1: tl.tensor,
    x2: tl.tensor,
    q2: tl.tensor,
    constants: tl.tensor,
    out: tl.tensor,
    out_ds: tl.tensor,
    out_dq1: tl.tensor,
    out_dq2: tl.tensor,
    flag: tl.tensor,
    n1: tl.tensor,
    n2: tl.tensor,
    d: tl.tensor,
    layers: tl.tensor,
    batch1: tl.tensor,
    batch2: tl.tensor,
    KINK: tl.constexpr,
    TANGENT: tl.constexpr,
    DERIVATIVE: tl.constexpr,
    SYMMETRIC: tl.constexpr,
    ROWS: tl.constexpr,
    COLS: tl.constexpr,
    STEP: tl.constexpr,
) -> None:
    """One tile of one matrix; names as in covariance_recursion.

    Near pairs, off the diagonal where SYMMETRIC, become NaN in ``out``, and ``flag`` then 1.
    """
    across, down = tl.cdiv(n2, COLS), tl.cdiv(n1, ROWS)
    j, i = tl.program_id(0) % across, (tl.program_id(0) // across) % down
    batch = (tl.program_id(0) // across // down).to(tl.int64)
    rows, cols = i * ROWS + tl.arange(0, ROWS), j * COLS + tl.arange(0, COLS)
    w, b = tl.load(constants), tl.load(constants + 1)
    x1 += batch * n1 * d * batch1
    x2 += batch * n2 * d * batch2
    s = tl.load(constants + 2) * products(x1, x2, rows, cols, n1, n2, d, STEP) + b
    # Rows and columns past the end get q = 0; what is computed of them is not written.
    p1 = tl.load(q1 + batch * n1 * batch1 + rows, mask=rows < n1, other=0.0)[:, None]
    p2 = tl.load(q2 + batch * n2 * batch2 + cols, mask=cols < n2, other=0.0)[None, :]
    inside = (rows[:, None] < n1) & (cols[None, :] < n2)
    first = tl.sqrt(p1) * tl.sqrt(p2)
    near = (first - tl.abs(s) < first * NEAR) & (first > 0)
    if SYMMETRIC:
        near = near & (rows[:, None] != cols[None, :])
    s = tl.where(near, float("nan"), s)
    t = s
    if DERIVATIVE:
        ds, dt = tl.zeros_like(s) + 1.0, tl.zeros_like(s) + 1.0
        ds1, ds2, dt1, dt2 = (
            tl.zeros_like(s),
            tl.zeros_like(s),
            tl.zeros_like(s),
            tl.zeros_like(s),
        )
        scale = tl.full((), 1.0, dtype=s.dtype)  # dq_l/dq_0
    for _ in range(layers):
        r = tl.sqrt(p1) * tl.sqrt(p2)  # p1 * p2 overflows for designs of 1e100
        full = r > 0
        safe = tl.where(full, r, 1.0)
        c = tl.minimum(tl.maximum(s / safe, -1.0), 1.0)
        sine = tl.sqrt((1.0 - c) * (1.0 + c))
        k0 = 0.25 + INVERSE_2PI * arcsine(c)
        if DERIVATIVE:
            safe1, safe2 = tl.where(p1 > 0, p1, 1.0), tl.where(p2 > 0, p2, 1.0)
            ratio1 = scale * tl.sqrt(tl.where(p1 > 0, p2 / safe1, 0.0))
            ratio2 = scale * tl.sqrt(tl.where(p2 > 0, p1 / safe2, 0.0))
            smooth = (1.0 - tl.abs(c) > KINK) & full
            turn = tl.where(smooth, INVERSE_2PI / tl.where(smooth, sine, 1.0), 0.0)
            half, inverse_r = 0.5 * INVERSE_2PI * sine, 1.0 / safe
            dk0, dk1 = turn * (ds * inverse_r), turn * (ds1 * inverse_r - 0.5 * c * scale / safe1)
            dk2 = turn * (ds2 * inverse_r - 0.5 * c * scale / safe2)
            ds, ds1 = w * (k0 * ds), w * (k0 * ds1 + half * ratio1)
            ds2 = w * (k0 * ds2 + half * ratio2)
            dt, dt1 = ds + w * (dk0 * t + k0 * dt), ds1 + w * (dk1 * t + k0 * dt1)
            dt2 = ds2 + w * (dk2 * t + k0 * dt2)
            scale = scale * w * 0.5
        s = w * (r * (INVERSE_2PI * sine + k0 * c)) + b
        t = s + w * k0 * t
        p1, p2 = 0.5 * w * p1 + b, 0.5 * w * p2 + b
    at = (batch * n1 + rows[:, None]) * n2 + cols[None, :]
    value = s
    if TANGENT:
        value = t
    tl.store(out + at, value, mask=inside)
    raise_flag(flag, value, inside)
    if DERIVATIVE:
        if TANGENT:
            ds, ds1, ds2 = dt, dt1, dt2
        tl.store(out_ds + at, ds, mask=inside)
        tl.store(out_dq1 + at, ds1, mask=inside)
        tl.store(out_dq2 + at, ds2, mask=inside)


def recursion(
    stack: ReLUStack,
    x1: Tensor,
    x2: Tensor,
    q1: Tensor,
    q2: Tensor,
    derivative: bool,
    symmetric: bool,
) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor] | None, tuple[Tensor, ...] | None]:
    """The kernel of two tables of designs and, where asked for, its partial derivatives.

    Args:
        stack: the network.
        x1: designs, (..., N1, D).
        x2: designs, (..., N2, D).
        q1: w |x|^2/D + b of x1, (..., N1).
        q2: of x2, (..., N2).
        derivative: whether to return the partial derivatives too.
        symmetric: x2 is x1; the diagonal is then not looked at.

    Returns:
        k, (..., N1, N2); with ``derivative`` the tuple (dk/ds, dk/dq1, dk/dq2), each
        (..., N1, N2), else None; and as :func:`.relu.pairs.near_entries` the pairs of nearly equal
        or nearly opposite designs, whose k is NaN, or None.
    """
    batch = torch.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
    (n1, d), n2 = x1.shape[-2:], x2.shape[-2]
    outs = [x1.new_empty(*batch, n1, n2) for _ in range(4 if derivative else 1)]
    flag = host_flag(x1.device)
    if outs[0].numel():
        a1, p1 = flatten((x1, q1.unsqueeze(-1)), batch)
        a2, p2 = flatten((x2, q2.unsqueeze(-1)), batch)
        rows, cols = (min(32, block_side(n)) for n in (n1, n2))
        grid = (batch.numel() * triton.cdiv(n1, rows) * triton.cdiv(n2, cols),)
        with on(x1.device):
            _biased_kernel[grid](
                a1,
                p1,
                a2,
                p2,
                _table(stack, d, x1.dtype, x1.device),
                *(outs * 4)[:4],
                flag,
                n1,
                n2,
                d,
                stack.depth - 1,
                int(a1.ndim == 3),
                int(a2.ndim == 3),
                KINK=kink(x1.dtype),
                TANGENT=stack.tangent,
                DERIVATIVE=derivative,
                SYMMETRIC=symmetric,
                ROWS=rows,
                COLS=cols,
                STEP=STEP,
                num_warps=max(1, rows * cols // (128 if derivative else 256)),
            )
    entries = outs[0].isnan().nonzero(as_tuple=True) if raised(flag, x1.device) else None
    return outs[0], (outs[1], outs[2], outs[3]) if derivative else None, entries
