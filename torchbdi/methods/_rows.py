"""The rows of a table that networks are trained on, and those that are left out."""

from __future__ import annotations

import torch
from torch import Tensor

from ..kernels.errors import InputError
from ..network import seeded


def held_out(n: int, val: int) -> int:
    """Rows left out of training: ``val``, and a tenth of n at the most.

    Raises:
        InputError: there are fewer than two rows.
    """
    if n < 2:
        raise InputError(f"a table of {n} rows trains no network. It needs two or more.")
    return min(val, n // 10)


def train_rows(count: int, left_out: int, seed: int, place: int) -> tuple[Tensor, Tensor]:
    """A random split of row numbers into those trained on and those left out, both int64."""
    order = torch.randperm(count, generator=seeded(seed, place))
    return order[left_out:], order[:left_out]
