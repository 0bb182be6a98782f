"""The arguments that all modules which learn X_h share, checked and converted."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .inputs import as_float64, check_designs, table
from .kernels.errors import InputError
from .labels import check_columns, columns_of, features_of
from .values import number


def checked_arguments(
    owner: str,
    x_l: Any,
    y_l: Any,
    x_h: Any,
    *,
    target: Any,
    alpha: Any,
    forward_weight: Any,
    backward_weight: Any,
    lr: Any,
    bounds: Any,
) -> tuple[Tensor, Tensor, Tensor, dict[str, Any]]:
    """What a caller gives, checked and converted.

    Args:
        owner: the class whose arguments these are.
        x_l: designs of the table, (N, D).
        y_l: their scores, (N,).
        x_h: starts, (B, M, D) or (M, D).
        target: y_h.
        alpha: of the weights w_l.
        forward_weight: of the forward loss, from 0.
        backward_weight: of the backward loss, from 0.
        lr: Adam's rate, or one for each feature, (D,).
        bounds: of every feature, (2, D), or None.

    Returns:
        x_l, y_l and x_h, float64 on the table's device; and the settings by their names.

    Raises:
        InputError: a shape, dtype or value is wrong.
    """
    target, alpha = number(owner, "target", target), number(owner, "alpha", alpha)
    forward_weight = number(owner, "forward_weight", forward_weight, low=0)
    backward_weight = number(owner, "backward_weight", backward_weight, low=0)
    if forward_weight == 0 and backward_weight == 0:
        raise InputError(
            f"{owner}: forward_weight and backward_weight are both 0: nothing to learn."
        )
    columns = columns_of(x_l)
    check_columns("x_l", columns, "x_h", columns_of(x_h))
    check_columns("x_l", columns, "lr", features_of(lr))
    check_columns("x_l", columns, "bounds", columns_of(bounds))
    x_l, y_l = table(x_l, y_l)
    if y_l.ndim != 1:
        raise InputError(
            f"{owner}: y_l must have shape (N,), got {tuple(y_l.shape)}. Use y_l.squeeze(-1)."
        )
    x_h = as_float64("x_h", x_h).detach().to(x_l.device).contiguous()
    check_designs("x_h", x_h)
    d = x_l.shape[-1]
    if x_h.ndim not in (2, 3) or x_h.shape[-1] != d or x_h.numel() == 0:
        raise InputError(
            f"{owner}: x_h must have shape (B, M, D) or (M, D) with D = {d} as "
            f"x_l, got {tuple(x_h.shape)}."
        )
    settings = {
        "target": target,
        "alpha": alpha,
        "forward_weight": forward_weight,
        "backward_weight": backward_weight,
        "lr": rates(owner, lr, d),
        "bounds": box(owner, bounds, x_h),
    }
    return x_l, y_l, x_h, settings


def rates(owner: str, lr: Any, d: int) -> float | Tensor:
    """The learning rate as a float, or one for each of D features, (D,).

    Raises:
        InputError: it is neither, or a rate is negative or not finite.
    """
    if isinstance(lr, list | tuple) or getattr(lr, "ndim", False):
        lr = as_float64("lr", lr).detach().cpu()
        if lr.shape != (d,):
            raise InputError(
                f"{owner}: lr must be a number or have shape (D,) = ({d},), got {tuple(lr.shape)}."
            )
        if not (torch.isfinite(lr) & (lr >= 0)).all():
            raise InputError(f"{owner}: lr must be finite and >= 0 for every feature.")
        return lr.clone()
    return number(owner, "lr", lr, low=0)


def box(owner: str, bounds: Any, x_h: Tensor) -> Tensor | None:
    """The bounds as float64, (2, D): lower, then upper; infinite where there is none.

    Raises:
        InputError: another shape, NaN, a lower bound above the upper, or a start outside.
    """
    if bounds is None:
        return None
    bounds = as_float64("bounds", bounds).detach().cpu().clone()
    d = x_h.shape[-1]
    if bounds.shape != (2, d):
        raise InputError(
            f"{owner}: bounds must be None or have shape (2, D) = (2, {d}), lower and upper, got "
            f"{tuple(bounds.shape)}."
        )
    low, high = bounds
    if not (low <= high).all():
        feature = int((~(low <= high)).nonzero()[0])
        raise InputError(
            f"{owner}: the bounds of feature {feature} are {float(low[feature]):g} to "
            f"{float(high[feature]):g}. "
            "The lower one comes first, and NaN is none."
        )
    outside = ((x_h.cpu() < low) | (x_h.cpu() > high)).nonzero()
    if len(outside):
        at = tuple(outside[0].tolist())
        raise InputError(
            f"{owner}: {len(outside)} numbers of x_h lie outside the bounds, first at index {at}: "
            f"{float(x_h[at]):g}. Move them inside with x_h.clamp(*bounds)."
        )
    return bounds
