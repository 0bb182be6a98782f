"""What every kernel of torchbdi is: an nn.Module with a Gram matrix and its diagonal."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from .coupling import Coupling, DenseCoupling
from .kernels.errors import InputError
from .kernels.solve.operator import GramOperator
from .matrix import KernelMatrix


class Kernel(nn.Module):
    """A positive semi-definite function k(x, x') of two designs.

    Subclasses write :meth:`gram` and :meth:`diagonal`; this class checks what comes in. Everything
    broadcasts over leading batch dimensions and is computed in the dtype of the input (use float64:
    the dual coefficients are large and float32 predictions are off by about 1e-2).
    """

    def forward(self, x1: Tensor, x2: Tensor | None = None) -> Tensor:
        """Gram matrix.

        Args:
            x1: designs, (..., N1, D).
            x2: designs, (..., N2, D); None means x1, with the diagonal in closed form.

        Returns:
            k(x1, x2), (..., N1, N2).

        Raises:
            InputError: an input is not floating point, not finite, or D does not match.
        """
        check_designs("x1", x1)
        if x2 is None or x2 is x1:
            return self.gram(x1, None)
        check_designs("x2", x2)
        if x1.shape[-1] != x2.shape[-1]:
            raise InputError(
                f"{type(self).__name__}: x1 has D = {x1.shape[-1]}, x2 has D = {x2.shape[-1]} "
                f"(shapes {tuple(x1.shape)} and {tuple(x2.shape)}). Both need the same features."
            )
        if x1.dtype != x2.dtype or x1.device != x2.device:
            raise InputError(
                f"{type(self).__name__}: x1 is {x1.dtype} on {x1.device}, x2 is {x2.dtype} on "
                f"{x2.device}. Convert one with .to(...)."
            )
        try:
            torch.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
        except RuntimeError:
            raise InputError(
                f"{type(self).__name__}: batch dimensions of x1 {tuple(x1.shape)} and x2 "
                f"{tuple(x2.shape)} do not broadcast."
            ) from None
        return self.gram(x1, x2)

    def diag(self, x: Tensor) -> Tensor:
        """k(x, x) of each design, in closed form.

        Args:
            x: designs, (..., N, D).

        Returns:
            (..., N).

        Raises:
            InputError: as for :meth:`forward`.
        """
        check_designs("x", x)
        return self.diagonal(x)

    def matrix(self, x: Tensor) -> GramOperator:
        """K(x, x) as an operator that a solver reads block by block.

        Args:
            x: designs, (N, D).
        """
        return KernelMatrix(self, x)

    def couple(
        self, x_l: Tensor, y_l: Tensor, weights: Tensor, coefficients: Tensor | None
    ) -> Coupling:
        """What couples designs with one table of data, see :class:`DenseCoupling`."""
        return DenseCoupling(partial(self.gram, x2=x_l), y_l, weights, coefficients)

    def gram(self, x1: Tensor, x2: Tensor | None) -> Tensor:
        """The Gram matrix of checked designs, (..., N1, N2); x2 = None means x1."""
        raise NotImplementedError

    def diagonal(self, x: Tensor) -> Tensor:
        """The diagonal of checked designs, (..., N)."""
        raise NotImplementedError


def check_designs(name: str, x: Tensor) -> None:
    """Raises InputError unless x is a finite floating-point tensor (..., N, D) with D >= 1."""
    if not isinstance(x, Tensor):
        raise InputError(f"{name} must be a torch.Tensor, got {type(x).__name__}.")
    if not x.is_floating_point():
        raise InputError(
            f"{name} has dtype {x.dtype}; kernels need floating point. Convert with "
            f"{name}.to(torch.float64)."
        )
    if x.ndim < 2 or x.shape[-1] == 0:
        raise InputError(f"{name} must have shape (..., N, D) with D >= 1, got {tuple(x.shape)}.")
    if not torch.isfinite(x).all():
        where = (~torch.isfinite(x)).nonzero()
        raise InputError(
            f"{name} contains NaN or inf at {len(where)} places, first at index "
            f"{tuple(where[0].tolist())}. Remove or impute those designs."
        )
