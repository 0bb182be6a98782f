"""A small table with starts, for the tests of BDI and of the finite branch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

FINITE: dict[str, Any] = {
    "width": 16, "depth": 4, "net_epochs": 3, "net_batch": 16, "lr": 0.05, "seed": 3,
}  # fmt: skip


def table(n: int = 60, d: int = 4, m: int = 1, groups: int = 5) -> tuple[Tensor, Tensor, Tensor]:
    """Designs (n, d), their standardised scores (n,), and the best as starts (groups, m, d)."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n, d, dtype=torch.float64, generator=generator)
    y = x[:, 0] - x.square().sum(1) / 4
    y = (y - y.mean()) / y.std(correction=0)
    best = y.argsort(descending=True)[: m * groups]
    return x, y, x[best].reshape(groups, m, d)
