"""Free numbers uphill, with the levels that rules couple with them held."""

from __future__ import annotations

import torch
from torch import Tensor

from .ascent import ASCENTS_AT_ONCE, ascend
from .context import Search


def ascend_held(
    s: Search, x: Tensor, value: Tensor, free: Tensor, held: Tensor, steps: int
) -> tuple[Tensor, Tensor]:
    """Designs whose free numbers have gone uphill, where that is better and within the space.

    Args:
        s: the search.
        x: designs, (n, D).
        value: theirs, (n,).
        free: which features move, (D,) bool.
        held: features of the numbers that stay on their levels, (D,) bool.
        steps: at most so many.

    Returns:
        Designs (n, D), and their values (n,).
    """
    x, value = x.clone(), value.clone()
    for at in torch.arange(len(x)).split(ASCENTS_AT_ONCE):
        box = s.space.holding(x[at], held)
        moved, new = ascend(s.f, s.space, x[at], free, steps, reach=s.reach, box=box)
        better = (new > value[at]) & s.space.allowed(moved)
        x[at[better]], value[at[better]] = moved[better], new[better]
    return x, value
