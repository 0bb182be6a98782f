"""Which candidates to try: one by one, each chosen with the others taken for measured."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from proposer_problems import problem
from proposer_tables import Frame

import torchbdi
from torchbdi import NNGP
from torchbdi.posterior import Posterior
from torchbdi.proposer.model.part import fitted_part
from torchbdi.proposer.search.acquire import ABOVE, explained, fill, worth
from torchbdi.proposer.settings import Settings


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


def test_a_share_of_the_picks_may_be_some_candidates() -> None:
    x = torch.arange(40, dtype=torch.float64)[:, None]
    posterior = Posterior(torchbdi.RBF(1.0), x[:1] - 9, torch.ones(1).double(), 0.1)
    mean = torch.arange(40, 0, -1).double()
    some = torch.arange(40) < 20  # the best ones
    value = worth("mean", mean, lambda: mean)

    def of_some(n: int, share: float) -> list[bool]:
        return some[fill(posterior, x, x, mean, n, value, 0.0, (0.1,), some, share)].tolist()

    assert sum(of_some(8, 0.0)) == 0 and sum(of_some(8, 1.0)) == 8
    assert of_some(8, 0.5) == [False, True] * 4
    assert sum(of_some(10, 0.8)) in (7, 8)
    # Where there are no others they fill the batch.
    assert sum(of_some(40, 0.0)) == 20


def test_the_better_the_regression_the_more_lies_around_its_best() -> None:
    """On a smooth hill without noise nearly all; where scores are noise alone nothing."""
    x = np.random.default_rng(0).uniform(size=(60, 2))
    hill = -((x - 0.4) ** 2).sum(1)
    noise = np.random.default_rng(1).normal(size=60)
    shares = []
    for y in (hill, hill + 0.2 * hill.std() * noise, noise):
        made = problem({"a": x[:, 0], "b": x[:, 1]}, y)
        part, _, solved = fitted_part(made, np.arange(60), Settings())
        shares.append(explained(part, solved))
    assert shares[0] > 0.98 and 0.5 < shares[1] < 0.97 and shares[2] < 0.3


def test_proposals_around_a_hill_are_different_experiments() -> None:
    x = np.random.default_rng(0).uniform(size=(80, 6))
    table = Frame({f"x{i}": x[:, i] for i in range(6)})
    found = torchbdi.propose(table, -((x - 0.4) ** 2).sum(1), n=8, progress=False)
    assert float(found.apart.min()) >= 0.1 * 6**0.5
    assert (found.predicted > -0.05).all()
