"""Which candidates to try: one by one, each chosen with the others taken for measured."""

from __future__ import annotations

import pytest
import torch

import torchbdi
from torchbdi import NNGP
from torchbdi.batch import Posterior
from torchbdi.proposer.search.acquire import ABOVE, fill, worth


def test_the_batch_is_filled_as_by_conditioning_anew() -> None:
    """The upper bound of a posterior to which what was picked was added as data."""
    rng = torch.Generator().manual_seed(0)
    x, pool = (torch.randn(n, 3, generator=rng, dtype=torch.float64) for n in (25, 60))
    y = x[:, 0].sin() + x[:, 1]
    kernel, ridge = NNGP(3), 0.02
    posterior = Posterior(kernel, x, y, ridge)
    mean = kernel(pool, x) @ torch.linalg.solve(kernel(x) + ridge * torch.eye(25).double(), y)
    value = worth("ucb", mean, lambda: mean)
    picked = fill(posterior, pool, pool, mean, 6, value, float(y.max())).tolist()
    data = x
    for i, pick in enumerate(picked):
        k = kernel(data) + ridge * torch.eye(len(data), dtype=torch.float64)
        cross = kernel(data, pool)
        variance = kernel.diag(pool) - (cross * torch.linalg.solve(k, cross)).sum(0)
        upper = mean + ABOVE * (posterior.scale * variance.clamp_min(0)).sqrt()
        if i:
            apart = torch.cdist(pool, pool[picked[:i]]).amin(1)
            upper[apart < 0.1] = -torch.inf
        assert upper[pick] == pytest.approx(float(upper.max()), rel=1e-9)
        data = torch.cat([data, pool[pick : pick + 1]])


def test_picks_lie_apart_while_that_leaves_enough() -> None:
    x = torch.tensor([[0.0], [0.01], [0.05], [1.0], [1.02]], dtype=torch.float64)
    kernel = torchbdi.RBF(1.0)
    posterior = Posterior(kernel, torch.tensor([[5.0]]).double(), torch.ones(1).double(), 0.1)
    mean = torch.tensor([5.0, 4, 3, 2, 1], dtype=torch.float64)
    value = worth("mean", mean, lambda: mean)
    assert fill(posterior, x, x, mean, 2, value, 0.0).tolist() == [0, 3]
    assert fill(posterior, x, x, mean, 4, value, 0.0).tolist() == [0, 3, 1, 2]
