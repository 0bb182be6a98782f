"""The covariance of an infinitely wide network whose hidden units are error functions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from .kernel import Kernel
from .values import number


class Erf(Kernel):
    """Covariance (NNGP) of an infinitely wide MLP with one hidden layer of error functions.

    With s(x, x') = w x.x' / D (Williams 1998, Computing with Infinite Networks, Eq. 11)

        k(x, x') = 2 / pi asin(2 s(x, x') / sqrt((1 + 2 s(x, x)) (1 + 2 s(x', x')))) .

    Its functions have derivatives of all orders, where those of a network of ReLUs have a kink at
    each unit. A bias of the hidden units is a constant feature of the designs.

    Args:
        weight: w, the variance of the first layer's weights: the larger it is, the faster the
            functions change.

    Raises:
        InputError: weight is not finite and > 0.
    """

    def __init__(self, weight: float = 1.0):
        super().__init__()
        self.weight = number("Erf", "weight", weight, above=0)

    def gram(self, x1: Tensor, x2: Tensor | None) -> Tensor:
        """See :meth:`Kernel.forward`."""
        a = self._mapped(x1)
        cosine = a @ (a if x2 is None else self._mapped(x2)).mT
        return _arcsine(cosine)

    def diagonal(self, x: Tensor) -> Tensor:
        """See :meth:`Kernel.diag`."""
        size = 2 * self.weight / int(x.shape[-1]) * (x * x).sum(-1)
        return _arcsine(size / (1 + size))

    def settings(self) -> Mapping[str, Any]:
        """The argument of the constructor."""
        return {"weight": self.weight}

    def _mapped(self, x: Tensor) -> Tensor:
        """Designs (..., D), of which products are what the arcsine is taken of."""
        scaled = math.sqrt(2 * self.weight / int(x.shape[-1])) * x
        return scaled / (1 + (scaled * scaled).sum(-1, keepdim=True)).sqrt()


def _arcsine(cosine: Tensor) -> Tensor:
    """2 / pi asin(c); short of 1, where it has no slope, and which rounding alone can reach."""
    most = 1 - torch.finfo(cosine.dtype).eps
    return 2 / math.pi * torch.asin(cosine.clamp(-most, most))
