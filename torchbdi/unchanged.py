"""Tables are not copied, so nobody may change them in place: that is found by torch's own count."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .kernels.errors import InputError


class Unchanged:
    """What some float64 tensors were when a fit or a module was made of them.

    torch counts the changes of a tensor. Where the count or the memory is another, as in copies and
    in broadcasts too, a sum of the numbers' bits tells whether they are others; so it does where
    torch does not count, as in memory that numpy has too.

    Args:
        tensors: by name, of one or two dimensions.
    """

    def __init__(self, **tensors: Tensor):
        self._known = {name: (_place(x), _sum(x)) for name, x in tensors.items()}

    def check(self, owner: str, **tensors: Tensor) -> None:
        """Raises InputError where a tensor is another than it was."""
        for name, x in tensors.items():
            place, known = self._known[name]
            now = _place(x)
            if now == place and now is not None:
                continue
            if x.dtype != torch.float64 or _sum(x) != known:
                raise InputError(
                    f"{owner}: {name} was changed in place or exchanged after this was made of "
                    f"it, so that what was worked out no longer fits. Make it anew, or of "
                    f"{name}.clone()."
                )
            self._known[name] = now, known


def counted(x: Tensor) -> bool:
    """Whether torch counts all changes of a tensor: not where numpy can write into its memory."""
    # torch may not resize memory that numpy has, whichever of the two it came from.
    return not x.is_inference() and x.untyped_storage().resizable()


def _place(x: Tensor) -> tuple[Any, ...] | None:
    """Where a tensor lies and how often it was changed; None where torch does not count."""
    return (x.data_ptr(), x.shape, x.stride(), x._version) if counted(x) else None


@torch.no_grad()
def _sum(x: Tensor) -> int:
    """A sum of the bits, by rows and by columns with odd weights: an exchange changes it too."""
    bits = x.detach().reshape(len(x), -1).contiguous().view(torch.int64)
    total = torch.zeros((), dtype=torch.int64, device=x.device)
    for part in (bits.sum(0), bits.sum(1)):
        weights = 2 * torch.arange(len(part), device=x.device) + 1
        total = 31 * total + (weights * part).sum()
    return int(total)
