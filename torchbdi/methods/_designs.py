"""The designs that a method moves: their order, and how fast each feature moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..kernels.errors import InputError
from ..space.moments import ROUNDING

if TYPE_CHECKING:
    from ..data import OfflineData
    from ..kernel import Kernel

OFF_ZERO = 0.1  # share of the way to a row; Adam remembers the slope that it begins with


def in_order(x_h: Tensor) -> Tensor:
    """Designs in groups as they were dealt from their starts, best start first, detached.

    The inverse of :meth:`OfflineData.starts`: (B, M, D) to (n, D), or (B, M) to (n,).
    """
    return x_h.detach().transpose(0, 1).flatten(0, 1)


def starts_within(data: OfflineData, n: int, m: int = 1) -> tuple[Tensor, Tensor | None]:
    """The n best designs of the table in groups of m, moved to where the space lets them be.

    Returns:
        (n / m, m, D); and the bounds of every feature, (2, D), None where there are none.
    """
    starts, bounds = data.starts(n, m), data.space.bounds.to(data.x)
    if bounds.isinf().all():
        return starts, None
    return starts.clamp(*bounds), bounds


def off_zero(starts: Tensor, data: OfflineData, kernel: Kernel) -> Tensor:
    """Starts, groups without a backward loss moved a little towards the best row that has one.

    A kernel without biases is 0 where all features are: at the centre point of an experimental
    design, for example, where standardised features are 0 to rounding. A group of such designs
    alone has no model that could predict the data, and no direction to leave in.

    Args:
        starts: (B, M, D); groups that have a design elsewhere stay as they are.
        data: the table.
        kernel: of the models.

    Returns:
        (B, M, D); a way from 0 to a row keeps the bounds that both keep.
    """
    nothing = ROUNDING**2 * kernel.diag(data.x).mean()
    lost = (kernel.diag(starts) <= nothing).all(-1)
    if not lost.any():
        return starts
    rows = data.x[data.best(len(data))]
    rows = rows[kernel.diag(rows) > nothing]
    if not len(rows):
        return starts
    low, high = data.space.bounds.to(starts)
    moved = (OFF_ZERO * rows[0]).clamp(low, high)
    return torch.where(lost[:, None, None], moved.expand_as(starts), starts)


def own_rates(
    name: str, lr: float | tuple[float, ...] | None, data: OfflineData
) -> float | tuple[float, ...]:
    """A setting ``lr``, Adam's rate for each feature, as it is resolved for a table.

    None is what the space says, as one number where it is the same for all features.

    Args:
        name: of the method, for the message.
        lr: as it was given.
        data: the table, of which nothing but the features counts.

    Raises:
        InputError: it is a list with more or fewer rates than there are features.
    """
    if lr is None:
        every = data.space.lr.tolist()
        return every[0] if len(set(every)) == 1 else tuple(every)
    width = data.x.shape[1]
    if isinstance(lr, tuple) and len(lr) != width:
        raise InputError(
            f"{name}: lr is a list of {len(lr)}; the table has {width} features. Give one number "
            f"for all features, or a list of {width}."
        )
    return lr


def as_module_takes(lr: float | tuple[float, ...] | None) -> float | Tensor:
    """A resolved ``lr`` as :class:`torchbdi.BDI` takes it: a number or (D,)."""
    assert lr is not None
    return torch.tensor(lr, dtype=torch.float64) if isinstance(lr, tuple) else lr
