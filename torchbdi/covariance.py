"""What a kernel of somebody's gives back: matrices of the right shape, and their diagonal."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor

from .kernels.errors import InputError
from .kernels.solve.operator import even_rows

SAMPLE_ROWS = 16
# A diagonal that is reckoned another way differs by less, a formula that is another one by more.
OFF = 1e-3


class Covariance(Protocol):
    """What is needed of a kernel; :class:`torchbdi.Kernel` has it."""

    def gram(self, x1: Tensor, x2: Tensor | None) -> Tensor:
        """The Gram matrix of checked designs, (..., N1, N2)."""

    def diagonal(self, x: Tensor) -> Tensor:
        """The diagonal of checked designs, (..., N)."""


def gram_of(kernel: Covariance, x1: Tensor, x2: Tensor | None) -> Tensor:
    """k(x1, x2), (..., N1, N2), as the kernel's ``gram`` gives it.

    It is called by place: what somebody calls its arguments is theirs.

    Raises:
        InputError: it gives something of another shape, or of less precision.
    """
    other = x1 if x2 is None else x2
    batch = torch.broadcast_shapes(x1.shape[:-2], other.shape[:-2])
    k = kernel.gram(x1, x2)
    _check(kernel, "gram(x1, x2)", k, (*batch, x1.shape[-2], other.shape[-2]), x1)
    return k


def gram_with(kernel: Covariance, x_l: Tensor, x: Tensor) -> Tensor:
    """:func:`gram_of` designs x (R, D) and a table x_l (N, D), (R, N)."""
    return gram_of(kernel, x, x_l)


def diagonal_of(kernel: Covariance, x: Tensor) -> Tensor:
    """k(x, x) of each design, (..., N), as the kernel's ``diagonal`` gives it.

    Raises:
        InputError: it gives something of another shape, or of less precision.
    """
    values = kernel.diagonal(x)
    _check(kernel, "diagonal(x)", values, x.shape[:-1], x)
    return values


@torch.no_grad()
def check_diagonal(kernel: Covariance, x: Tensor) -> None:
    """Raises InputError where ``diagonal`` is not that of ``gram``, by some rows of x (N, D)."""
    rows = x[even_rows(len(x), SAMPLE_ROWS).to(x.device)]
    told, there = diagonal_of(kernel, rows), gram_of(kernel, rows, None).diagonal()
    if (told - there).abs().max() > OFF * there.abs().max():
        at = int((told - there).abs().argmax())
        raise InputError(
            f"{type(kernel).__name__}: diagonal(x) gives {float(told[at]):.6g} for a design of "
            f"which gram(x, None) has {float(there[at]):.6g}. Both are k(x, x): write the one by "
            "the formula of the other."
        )


def _check(kernel: Covariance, call: str, made: Any, shape: tuple[int, ...], x: Tensor) -> None:
    real = isinstance(made, Tensor) and made.is_floating_point()
    # Parameters in float64 make more of designs in float32.
    if real and made.shape == shape and torch.promote_types(made.dtype, x.dtype) == made.dtype:
        return
    got = f"{made.dtype} {tuple(made.shape)}" if isinstance(made, Tensor) else type(made).__name__
    raise InputError(
        f"{type(kernel).__name__}: its {call} must give a tensor of {x.dtype} and shape "
        f"{tuple(shape)} here, got {got}."
    )
