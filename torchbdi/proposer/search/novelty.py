"""Which designs are new: not known, and none of them twice."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...space import Space
from ..model.nearest import nearest
from .apart import with_levels_apart

# Standard deviations. What is nearer to a known design, or to another proposal, is the same
# experiment; where that leaves too few designs the smaller distance decides.
APART = (0.1, 0.01, 1e-6)


def new(x: Tensor, known: Tensor, n: int, space: Space | None = None) -> Tensor:
    """Which designs are not known, each once; nearly known ones too where there are not n others.

    Args:
        x: designs, (P, D).
        known: known designs, (N, D).
        n: how many are needed.
        space: of the designs; of its levels any two are far enough from each other.

    Returns:
        Their positions, ascending.
    """
    first = _first(x)
    x = x[first]
    own, others = (x, known) if space is None else with_levels_apart(space, APART[0], x, known)
    gap = nearest(own, others)[0]
    for apart in APART:
        kept = first[gap >= apart]
        if len(kept) >= n:
            break
    return kept


def _first(x: Tensor) -> Tensor:
    """Rows that are the first of their kind to six digits, ascending."""
    _, first = np.unique(np.round(x.numpy(), 6), axis=0, return_index=True)
    return torch.from_numpy(np.sort(first))
