"""Designs that are near others: numbers moved a little, some choices drawn anew."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...space import Choice, Space

# Numbers of a neighbour move by a share of their range, drawn between these.
REACH = (0.02, 0.3)


def neighbours(space: Space, parents: Tensor, count: int, draws: torch.Generator) -> Tensor:
    """Designs made of others: numbers moved by a normal step, some choices drawn anew, (count, D).

    Args:
        space: they lie in it.
        parents: (B, D), the features of designs.
        count: how many.
        draws: the generator.
    """
    low, high = space.box
    at = torch.randint(len(parents), (count,), generator=draws)
    share = REACH[0] + (REACH[1] - REACH[0]) * torch.rand(
        count, 1, generator=draws, dtype=torch.float64
    )
    noise = torch.randn(count, space.width, generator=draws, dtype=torch.float64)
    moved = parents[at] + share * (high - low) * noise
    raw = space.decode(parents[at]).astype(np.float64)
    choices = [
        (i, c.grid()) for i, c in enumerate(space.columns)
        if isinstance(c, Choice) and c.fixed is None
    ]  # fmt: skip
    if choices:
        # One choice at least changes where there are no numbers to move.
        rate = share.clamp_min(1 / len(choices))
        drawn = torch.rand(count, len(choices), generator=draws, dtype=torch.float64) < rate
        for j, (i, grid) in enumerate(choices):
            other = grid[torch.randint(len(grid), (count,), generator=draws).numpy()]
            raw[:, i] = np.where(drawn[:, j].numpy(), other, raw[:, i])
    encoded = space.encode(raw)
    return space.project(torch.where(space.logits, encoded, moved))
