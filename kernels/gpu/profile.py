"""From cosines to kernel values: the functions that the zonal Triton kernels share.

The arcsine is written here, because the GPU's own is not there in triton's interpreter: with
z = min(c^2, (1 - |c|)/2) = sin^2 of an angle of at most 30 degrees, s = sqrt(z) and
y = s + s z P(z), |asin c| is y where |c| <= 1/2 and pi/2 - 2 y above. One series without a branch,
good to rounding.

Triton takes literals exactly in sums and products only: in comparisons, and as arguments of
kernels, they become float32. So the constants of a network come in a table, and other literals are
exact in float32.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import torch
import triton
import triton.language as tl
from numpy.polynomial import Chebyshev, Polynomial
from torch import Tensor

from ..zonal.profile import Profile


def _arcsine(z: np.ndarray) -> np.ndarray:
    """(asin(s)/s - 1)/z by its power series."""
    powers = [math.comb(2 * k, k) / (4.0**k * (2 * k + 1)) for k in range(1, 60)]
    return np.polynomial.polynomial.polyval(z, powers)


_SERIES = Chebyshev.interpolate(_arcsine, 12, [0.0, 0.25]).convert(kind=Polynomial).coef
ARCSINE = tl.constexpr(tuple(_SERIES.tolist()))
HALF_PI = tl.constexpr(math.pi / 2)
STEP = 16  # features of a product at a time
NEAR = tl.constexpr(2.0**-18)  # 1 - |cos| of a near pair, rounded up from relu.limits'
HEAD = 3  # pole, offset and scale stand before the coefficients in a table


@functools.lru_cache(maxsize=64)
def table(profile: Profile, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The constants of a profile: map, powers of the value, powers of the slope."""
    head = profile.pole, profile.offset, profile.scale
    return torch.tensor([*head, *profile.value, *profile.slope], dtype=dtype, device=device)


@triton.jit
def arcsine(c: tl.tensor) -> tl.tensor:
    """asin of c in [-1, 1]."""
    a = tl.abs(c)
    z = tl.minimum(c * c, (1.0 - a) * 0.5)
    s = tl.sqrt(z)
    p = tl.zeros_like(z) + ARCSINE[12]
    for i in tl.static_range(12):
        p = p * z + ARCSINE[11 - i]
    y = s + s * z * p
    y = tl.where(a > 0.5, HALF_PI - 2.0 * y, y)
    return tl.where(c < 0, -y, y)


@triton.jit
def variable(phi: tl.tensor, constants: tl.tensor, MAPPED: tl.constexpr) -> tl.tensor:
    """The profile's variable u from phi = asin(cos theta)."""
    if MAPPED:
        pole, offset = tl.load(constants), tl.load(constants + 1)
        return offset + tl.load(constants + 2) / (1.0 + pole * phi)
    return phi


@triton.jit
def horner(u: tl.tensor, powers: tl.tensor, DEGREE: tl.constexpr) -> tl.tensor:
    """A polynomial in u, its coefficients in ascending order at ``powers``."""
    p = tl.zeros_like(u) + tl.load(powers + DEGREE)
    for i in tl.static_range(DEGREE):
        p = p * u + tl.load(powers + (DEGREE - 1 - i))
    return p


@triton.jit
def products(
    a: tl.tensor,
    b: tl.tensor,
    rows: tl.tensor,
    cols: tl.tensor,
    n1: tl.tensor,
    n2: tl.tensor,
    d: tl.tensor,
    STEP: tl.constexpr,
) -> tl.tensor:
    """a[rows] b[cols]^T for contiguous (n1, d) and (n2, d); 0 past their ends."""
    rows_64, cols_64 = rows.to(tl.int64), cols.to(tl.int64)
    total = tl.zeros((rows.shape[0], cols.shape[0]), dtype=a.dtype.element_ty)
    for start in range(0, d, STEP):
        k = start + tl.arange(0, STEP)
        left = (rows[:, None] < n1) & (k[None, :] < d)
        right = (k[:, None] < d) & (cols[None, :] < n2)
        x = tl.load(a + rows_64[:, None] * d + k[None, :], mask=left, other=0.0)
        y = tl.load(b + cols_64[None, :] * d + k[:, None], mask=right, other=0.0)
        total = tl.dot(x, y, total, input_precision="ieee", out_dtype=total.dtype)
    return total


@triton.jit
def near_phi(
    phi: tl.tensor,
    c: tl.tensor,
    near: tl.tensor,
    a: tl.tensor,
    b: tl.tensor,
    rows: tl.tensor,
    cols: tl.tensor,
    n1: tl.tensor,
    n2: tl.tensor,
    d: tl.tensor,
) -> tl.tensor:
    """phi, for near pairs of directions from sin^2 = |a - b|^2/4, or |a + b|^2/4 of opposite ones.

    The cosine of a small angle has lost the angle; see :mod:`.zonal.near`.
    """
    rows_64, cols_64 = rows.to(tl.int64), cols.to(tl.int64)
    sign = tl.where(c < 0, -1.0, tl.zeros_like(c) + 1.0)
    z = tl.zeros_like(c)
    for k in range(d):
        x = tl.load(a + rows_64 * d + k, mask=rows < n1, other=0.0)
        y = tl.load(b + cols_64 * d + k, mask=cols < n2, other=0.0)
        gap = y[None, :] - sign * x[:, None]
        z += gap * gap
    z = tl.where(near, 0.25 * z, 0.0)
    s = tl.sqrt(z)
    # asin(s) = s + s^3/6 + 3 s^5/40 + ...; s^2 is below 2e-6.
    half = s + s * z * (1.0 / 6.0 + z * 0.075)
    return tl.where(near, sign * (HALF_PI - 2.0 * half), phi)


@triton.jit
def raise_flag(flag: tl.tensor, value: tl.tensor, inside: tl.tensor) -> None:
    """Sets ``flag`` to 1 where there is NaN inside: near pairs, which are still to be done."""
    seen = inside & (value != value)
    tl.store(flag + tl.zeros_like(seen.to(tl.int32)), 1, mask=seen)
