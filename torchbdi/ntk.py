"""Neural tangent kernel and covariance of an infinitely wide ReLU MLP."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from .coupling import Coupling, DenseCoupling
from .kernel import Kernel
from .kernels.errors import InputError
from .kernels.relu.biased import BiasedGram, input_covariance
from .kernels.relu.recursion import ReLUStack, diagonal_recursion
from .kernels.solve.operator import GramOperator
from .kernels.zonal.coupling import ZonalCoupling
from .kernels.zonal.gram import ZonalGram, unit_rows
from .kernels.zonal.matrix import ZonalMatrix
from .values import number, whole

# The sweep keeps no matrix, and pays with one product more: up to this many features that is less.
SWEEP_WIDTH = 256


class ReLUKernel(Kernel):
    """What NTK and NNGP share: the network, and the choice between its two recursions."""

    tangent: bool

    def __init__(self, depth: int = 6, w_std: float = 1.0, b_std: float = 0.0):
        super().__init__()
        name = type(self).__name__
        self.stack = ReLUStack(
            whole(name, "depth", depth, low=1, high=1_000_000),
            number(name, "w_std", w_std, above=0),
            number(name, "b_std", b_std, low=0),
            self.tangent,
        )
        one = torch.ones((), dtype=torch.float64, device="cpu")
        self._growth = float(diagonal_recursion(self.stack, one)[0])  # k(x, x) over w |x|^2 / D

    def gram(self, x1: Tensor, x2: Tensor | None) -> Tensor:
        """See :meth:`Kernel.forward`."""
        if self.stack.depth == 1:  # linear: nothing to gain from the angle, and digits to lose
            product = x1 @ (x1 if x2 is None else x2).mT
            # A whole number: torch.jit.trace makes a float32 tensor of a number by a size.
            return self.stack.w / int(x1.shape[-1]) * product + self.stack.b
        if x2 is None and x1.shape[-2] == 1:  # a design and itself, as always where M = 1
            # Not self.diagonal: a subclass that scales what it hands to this gram scales there too.
            return ReLUKernel.diagonal(self, x1).unsqueeze(-1)
        function = ZonalGram if self.stack.zonal else BiasedGram
        return function.apply(self.stack, x1, x2)

    def diagonal(self, x: Tensor) -> Tensor:
        """See :meth:`Kernel.diag`."""
        return diagonal_recursion(self.stack, input_covariance(self.stack, x))[0]

    def matrix(self, x: Tensor) -> GramOperator:
        """See :meth:`Kernel.matrix`; without biases the directions of x are computed once."""
        if self.goes_by_angles():
            return ZonalMatrix(self.stack, x)
        return super().matrix(x)

    def couple(
        self, x_l: Tensor, y_l: Tensor, squared_weights: Tensor, coefficients: Tensor | None
    ) -> Coupling:
        """See :meth:`Kernel.couple`; without biases the directions of x_l are computed once."""
        if not self.goes_by_angles():
            return super().couple(x_l, y_l, squared_weights, coefficients)
        if x_l.shape[1] <= SWEEP_WIDTH:
            return ZonalCoupling(self.stack, x_l, y_l, squared_weights, coefficients)
        gram = partial(_zonal_gram, self.stack, x_l, unit_rows(x_l))
        return DenseCoupling(gram, y_l, squared_weights, coefficients)

    def goes_by_angles(self) -> bool:
        """Whether k is a function of lengths and the angle, for which there are faster ways.

        They take the directions of a table once. A subclass with values of its own has none.
        """
        return self.stack.zonal and self.stack.depth > 1 and self.computes_as(ReLUKernel)

    def settings(self) -> Mapping[str, Any]:
        """The arguments of the constructor."""
        return {"depth": self.stack.depth, "w_std": self.stack.w_std, "b_std": self.stack.b_std}

    def check_range(self, name: str, x: Tensor) -> None:
        """See :meth:`Kernel.check_range`; says it of the network where that is what is wrong."""
        limits = torch.finfo(x.dtype)
        if not limits.tiny <= self._growth <= limits.max:
            size = "large" if self._growth > 1 else "small"
            raise InputError(
                f"{type(self).__name__}: with depth={self.stack.depth} and w_std="
                f"{self.stack.w_std:g} the kernel is too {size} for {x.dtype}: k(x, x) grows by "
                "w_std^2 / 2 a layer. w_std near sqrt(2) = 1.41 keeps its size."
            )
        super().check_range(name, x)


def _zonal_gram(stack: ReLUStack, x_l: Tensor, unit: tuple[Tensor, Tensor], x_h: Tensor) -> Tensor:
    """k(x_h, x_l), given the directions of x_l. Not a closure: it can be pickled."""
    k: Tensor = ZonalGram.apply(stack, x_h, x_l, unit)
    return k


class NTK(ReLUKernel):
    """Neural tangent kernel of an infinitely wide ReLU MLP (Jacot et al. 2018).

    NTK parametrisation, inputs scaled by 1/D, all layers trained:
    stax.serial(Dense(1), Relu(), ..., Dense(1)) with ``depth`` dense layers in neural-tangents.
    With the default depth 6 and no biases k(x, x) = 6/32 |x|^2 / D.

    The gradient is written by hand; there are no second derivatives. Where two designs point the
    same or the opposite way the kernel has a kink, and the tangential part of its gradient is
    taken as 0; the gradient at a zero vector is 0 (without biases).

    Args:
        depth: number of dense layers, >= 1.
        w_std: standard deviation of the weights, > 0.
        b_std: standard deviation of the biases, >= 0. Without biases the kernel is zonal and a
            Gram matrix costs one matrix product and one short polynomial; with biases the
            full recursion is run.

    Raises:
        InputError: an argument is out of range.
    """

    tangent = True
    settings = ReLUKernel.settings


class NNGP(ReLUKernel):
    """Covariance of an infinitely wide ReLU MLP at initialisation (Lee et al. 2018).

    Arguments, shapes and gradients as for :class:`NTK`. With the default depth 6 and no biases
    k(x, x) = 1/32 |x|^2 / D.
    """

    tangent = False
    settings = ReLUKernel.settings
