"""The designs that a method moves: their order, and how fast each feature moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from ..data import OfflineData


def in_order(x_h: Tensor) -> Tensor:
    """Designs in groups as they were dealt from their starts, best start first, detached.

    The inverse of :meth:`OfflineData.starts`: (B, M, D) to (n, D), or (B, M) to (n,).
    """
    return x_h.detach().transpose(0, 1).flatten(0, 1)


def rates(data: OfflineData) -> float | tuple[float, ...]:
    """Adam's rate for each feature, as one number where it is the same for all."""
    lr = data.space.lr.tolist()
    return lr[0] if len(set(lr)) == 1 else tuple(lr)


def as_module_takes(lr: float | tuple[float, ...] | None) -> float | Tensor:
    """A resolved ``lr`` as :class:`torchbdi.BDI` takes it: a number or (D,)."""
    assert lr is not None
    return torch.tensor(lr, dtype=torch.float64) if isinstance(lr, tuple) else lr
