"""The nearest known design of each of some designs."""

from __future__ import annotations

import torch
from torch import Tensor

# Entries of a block of distances.
BLOCK_ENTRIES = 1 << 24


def nearest(x: Tensor, x_l: Tensor, itself: bool = False) -> tuple[Tensor, Tensor]:
    """The nearest known design of each of some designs.

    Args:
        x: (n, D), maybe none.
        x_l: (N, D).
        itself: x is x_l, and a design is not its own neighbour.

    Returns:
        Euclidean distances (n,), and positions in x_l (n,); the first where two are as near.
    """
    distances, places = [], []
    square = x_l.square().sum(1)
    rows = max(1, BLOCK_ENTRIES // len(x_l))
    for start in range(0, max(1, len(x)), rows):  # of no designs there is one block, without rows
        block = x[start : start + rows]
        # |x - x_l|^2 less |x|^2, which does not change the order.
        score = torch.addmm(square, block, x_l.mT, alpha=-2)
        if itself:
            own = torch.arange(len(block))
            score[own, start + own] = torch.inf
        place = score.argmin(1)
        # Once more from the difference: the expanded square loses small distances.
        distances.append((block - x_l[place]).norm(dim=1))
        places.append(place)
    return torch.cat(distances), torch.cat(places)
