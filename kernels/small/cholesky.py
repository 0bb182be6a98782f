"""Batched Cholesky solve, differentiable in both arguments."""

from __future__ import annotations

from decimal import Decimal
from numbers import Real

import numpy as np
import torch
from torch import Tensor

from .. import gpu
from ..by_hand import ordinary
from ..errors import InputError, NotPositiveDefiniteError
from ..untraced import untraced
from .failures import BAD_RIDGE, describe_failures, not_finite

TRITON_SIDE = 64  # largest M that the Triton kernels take


@untraced
def cholesky_solve(k: Tensor, rhs: Tensor, ridge: float | Tensor = 0.0) -> Tensor:
    """Solves (k + ridge I) x = rhs for a batch of symmetric positive definite matrices.

    On a GPU matrices up to M = 64 are factored by the Triton kernels of :mod:`.gpu.cholesky`,
    larger ones, and all on the CPU, by torch.linalg.

    Args:
        k: (..., M, M); the lower triangle is read.
        rhs: (..., M) where it has one dimension less than k, else (..., M, K).
        ridge: absolute, added to the diagonal; a float or a tensor of shape (...).

    Returns:
        x, the shape of rhs (broadcast over the batch dimensions of k). Differentiable in k, rhs
        and ridge; the gradient with respect to k stands in its lower triangle, which is what is
        read.

    Raises:
        InputError: wrong shapes, dtypes, devices or non-finite numbers.
        NotPositiveDefiniteError: names the batch members that failed, and their pivots. No jitter
            is ever added.
    """
    vector = check_shapes(k, rhs)
    ridge = check_ridge(k, ridge)
    k, rhs = ordinary(k), ordinary(rhs)
    m, b = k.shape[-1], rhs.unsqueeze(-1) if vector else rhs
    if m <= TRITON_SIDE and gpu.takes(k):  # it looks for NaN and inf itself
        from ..gpu.cholesky import solve

        x = solve(k, b, ridge)
        return x.squeeze(-1) if vector else x
    check_finite(k.tril(), rhs)
    added = torch.as_tensor(ridge, dtype=k.dtype, device=k.device)
    if not torch.isfinite(added).all() or (added < 0).any():
        raise InputError(BAD_RIDGE)
    lower, eye = k.tril(), torch.eye(m, dtype=k.dtype, device=k.device)
    matrix = lower + k.tril(-1).mT + added[..., None, None] * eye
    factor, info = torch.linalg.cholesky_ex(matrix)
    if info.any():
        raise NotPositiveDefiniteError(describe_failures(info, m))
    batch = torch.broadcast_shapes(factor.shape[:-2], b.shape[:-2])
    x = torch.cholesky_solve(b.expand(*batch, *b.shape[-2:]), factor.expand(*batch, m, m))
    return x.squeeze(-1) if vector else x


def check_shapes(k: Tensor, rhs: Tensor) -> bool:
    """Checks shapes, dtypes and devices of a batched system.

    Returns:
        Whether rhs is one vector for each matrix.
    """
    for name, x in (("k", k), ("rhs", rhs)):
        if not isinstance(x, Tensor):
            raise InputError(
                f"cholesky_solve: {name} must be a torch.Tensor, got {type(x).__name__}."
            )
        if not _is_plain(x):
            raise InputError(f"cholesky_solve: {name} must be a dense tensor that holds numbers.")
        if torch._C._functorch.is_functorch_wrapped_tensor(x):
            raise InputError(_transformed(name))
    if k.ndim < 2 or k.shape[-1] != k.shape[-2] or k.shape[-1] == 0:
        raise InputError(
            f"cholesky_solve: k must be (..., M, M) with M >= 1, got {tuple(k.shape)}."
        )
    if k.dtype not in (torch.float64, torch.float32) or k.dtype != rhs.dtype:
        raise InputError(
            f"cholesky_solve: k ({k.dtype}) and rhs ({rhs.dtype}) must have one dtype, float64 or "
            "float32. Convert with .to(torch.float64)."
        )
    if k.device != rhs.device:
        raise InputError(f"cholesky_solve: k is on {k.device}, rhs on {rhs.device}.")
    vector = rhs.ndim == k.ndim - 1
    if rhs.ndim < (1 if vector else 2) or rhs.shape[-1 if vector else -2] != k.shape[-1]:
        raise InputError(
            f"cholesky_solve: rhs {tuple(rhs.shape)} does not fit k {tuple(k.shape)}. Expected "
            "(..., M) with one dimension less than k, or (..., M, K). One vector b for all "
            "matrices of a batch is b.expand(k.shape[:-1])."
        )
    batch = rhs.shape[:-1] if vector else rhs.shape[:-2]
    try:
        torch.broadcast_shapes(k.shape[:-2], batch)
    except RuntimeError:
        raise InputError(
            f"cholesky_solve: the batch dimensions of rhs {tuple(rhs.shape)} and k "
            f"{tuple(k.shape)} do not broadcast."
        ) from None
    return vector


def _transformed(name: str) -> str:
    return (
        f"cholesky_solve: {name} is inside a transform of torch.func. Use leading batch dimensions "
        "and torch.autograd.grad."
    )


def _is_plain(x: Tensor) -> bool:
    """Whether a tensor is dense and holds its numbers: not sparse, nested, meta, masked or fake."""
    own = type(x).__torch_dispatch__ is Tensor.__torch_dispatch__
    return own and x.layout == torch.strided and not x.is_meta and not x.is_nested


def check_ridge(k: Tensor, ridge: float | Tensor) -> float | Tensor:
    """Checks type and shape of the ridge; its value is looked at by whoever factors.

    Returns:
        A float, or a tensor without dimensions or with one number for each matrix.
    """
    if isinstance(ridge, np.ndarray) and ridge.dtype.kind in "biufc":
        if np.ma.getmaskarray(ridge).any():
            raise InputError("cholesky_solve: ridge has masked numbers.")
        ridge = torch.from_numpy(np.array(ridge)).to(k.device)
    # numpy counts spans of time among the whole numbers.
    if isinstance(ridge, bool | np.timedelta64) or not isinstance(ridge, Tensor | Real | Decimal):
        raise InputError(
            f"cholesky_solve: ridge must be a number or a tensor, got {type(ridge).__name__}."
        )
    if not isinstance(ridge, Tensor):
        try:
            return float(ridge)
        except OverflowError:
            raise InputError(BAD_RIDGE) from None
    if not _is_plain(ridge):
        raise InputError("cholesky_solve: ridge must be a dense tensor that holds numbers.")
    if torch._C._functorch.is_functorch_wrapped_tensor(ridge):
        raise InputError(_transformed("ridge"))
    if ridge.is_complex() or ridge.dtype == torch.bool:
        raise InputError(f"cholesky_solve: ridge must be real, got {ridge.dtype}.")
    if ridge.ndim and ridge.shape != k.shape[:-2]:
        raise InputError(
            f"cholesky_solve: ridge has shape {tuple(ridge.shape)}, but k has batch shape "
            f"{tuple(k.shape[:-2])}. Pass a float or one ridge for each matrix."
        )
    return ordinary(ridge)


def check_finite(k: Tensor, rhs: Tensor) -> None:
    """Raises InputError where the system holds NaN or inf."""
    for name, tensor in (("k", k), ("rhs", rhs)):
        if not torch.isfinite(tensor).all():
            raise InputError(not_finite(name))
