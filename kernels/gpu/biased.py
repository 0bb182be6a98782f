"""Kernels of networks with biases in Triton: :func:`covariance_recursion` in one pass.

The plain form is that of :mod:`.relu.layers`, and names are its. All layers are run on a tile
while it is in registers; so are the three derivatives, by hand.
"""

from __future__ import annotations

import functools
import math

import torch
import triton
import triton.language as tl
from torch import Tensor

from ..relu.layers import small_angle
from ..relu.recursion import ReLUStack
from .device import block_side, host_flag, on, raised
from .gram import flatten
from .profile import NEAR, STEP, arcsine, products, raise_flag

INVERSE_2PI = tl.constexpr(1 / (2 * math.pi))


@functools.lru_cache(maxsize=64)
def _table(stack: ReLUStack, d: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """w, b, w/D and the least variance: as arguments they would be rounded to float32."""
    constants = [stack.w, stack.b, stack.w / d, torch.finfo(dtype).tiny]
    return torch.tensor(constants, dtype=dtype, device=device)


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
    SMALL: tl.constexpr,
    TANGENT: tl.constexpr,
    DERIVATIVE: tl.constexpr,
    SYMMETRIC: tl.constexpr,
    ROWS: tl.constexpr,
    COLS: tl.constexpr,
    STEP: tl.constexpr,
) -> None:
    """One tile of one matrix; names as in layers of :mod:`.relu.layers`.

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
    tiny = tl.load(constants + 3)
    b, p1, p2 = tl.maximum(b, tiny), tl.maximum(p1, tiny), tl.maximum(p2, tiny)
    root1, root2 = tl.sqrt(p1), tl.sqrt(p2)
    inverse1, inverse2 = 1.0 / root1, 1.0 / root2
    r = root1 * root2  # p1 * p2 overflows for designs of 1e100
    z = (1.0 - tl.minimum(tl.maximum(s * (inverse1 * inverse2), -1.0), 1.0)) * 0.5
    s = tl.where(near, float("nan"), s)
    t = s
    if DERIVATIVE:  # by the first layer's s, q1 and q2
        ds, ds1, ds2 = tl.zeros_like(s) + 1.0, tl.zeros_like(s), tl.zeros_like(s)
        dt, dt1, dt2 = ds, ds1, ds2
        quarter = 0.25 - 0.5 * z
        dz1, dz2 = quarter * (inverse1 * inverse1), quarter * (inverse2 * inverse2)
        scale = tl.full((), 1.0, dtype=s.dtype)  # dq_l/dq_0
    for _ in range(layers):
        root = tl.sqrt(z)
        half = arcsine(root)
        sine = 2.0 * tl.sqrt(z * (1.0 - z))
        w_k0 = w * (0.5 - 2.0 * INVERSE_2PI * half)
        h = z - INVERSE_2PI * (sine - 2.0 * half * (1.0 - 2.0 * z))
        series = root * (1.0 + z * (0.1 + z * (9.0 / 280.0)))
        h = tl.where(z < SMALL, z - z * (INVERSE_2PI * (8.0 / 3.0) * series), h)
        r = 0.5 * w * r
        next1, next2 = 0.5 * w * p1 + b, 0.5 * w * p2 + b
        next_root1, next_root2 = tl.sqrt(next1), tl.sqrt(next2)
        next_inverse1, next_inverse2 = 1.0 / next_root1, 1.0 / next_root2
        r_next, inverse = next_root1 * next_root2, next_inverse1 * next_inverse2
        gap, per = root1 - root2, 1.0 / (r_next + r + b)
        part = 0.5 * w * b * gap * per
        z_next = (r * h + 0.5 * gap * part) * inverse
        s = r * (1.0 - 2.0 * h) + b
        if DERIVATIVE:
            bend = 0.5 * gap * part * per
            own, new = r * (h - bend), 0.5 * w * r_next * (z_next + bend)
            by_angle = tl.where(sine > 0, t / tl.where(sine > 0, sine, 1.0), 0.0)
            by_angle = -2.0 * INVERSE_2PI * w * by_angle  # w t dk0/dz
            flat = INVERSE_2PI * scale * sine * r
            square1, square2 = inverse1 * inverse1, inverse2 * inverse2
            # z is (1 - s / r) / 2, and r does not depend on the first s.
            dt = w_k0 * dt - 0.5 * by_angle * ds * (inverse1 * inverse2)
            dt1, dt2 = w_k0 * dt1 + by_angle * dz1, w_k0 * dt2 + by_angle * dz2
            ds, ds1, ds2 = w_k0 * ds, w_k0 * ds1 + flat * square1, w_k0 * ds2 + flat * square2
            dt, dt1, dt2 = ds + dt, ds1 + dt1, ds2 + dt2
            kept, factor = 2.0 / w * w_k0 * r * inverse, 0.5 * scale * inverse
            new1, new2 = (
                new * (next_inverse1 * next_inverse1),
                new * (next_inverse2 * next_inverse2),
            )
            dz1 = kept * dz1 + factor * (own * square1 + part * inverse1 - new1)
            dz2 = kept * dz2 + factor * (own * square2 - part * inverse2 - new2)
            scale = scale * w * 0.5
        t = s + w_k0 * t
        z, r, p1, p2, root1, root2 = z_next, r_next, next1, next2, next_root1, next_root2
        inverse1, inverse2 = next_inverse1, next_inverse2
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
                SMALL=small_angle(x1.dtype),
                TANGENT=stack.tangent,
                DERIVATIVE=derivative,
                SYMMETRIC=symmetric,
                ROWS=rows,
                COLS=cols,
                STEP=STEP,
                num_warps=max(1, rows * cols // 128),
            )
    entries = outs[0].isnan().nonzero(as_tuple=True) if raised(flag, x1.device) else None
    return outs[0], (outs[1], outs[2], outs[3]) if derivative else None, entries
