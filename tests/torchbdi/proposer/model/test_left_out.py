"""What a regression makes of each design, had it not seen it, against as many fits."""

from __future__ import annotations

import pytest
import torch
from proposer_problems import growth, level, problem_of

from torchbdi import NNGP
from torchbdi.leave_one_out import mean_of_others
from torchbdi.proposer.model.choice import RIDGES
from torchbdi.proposer.model.left_out import LeftOut, best_ridge


def test_left_out_equals_as_many_fits() -> None:
    problem = problem_of(*growth(20))
    x, y, ridge = problem.x_l, problem.y_l, 0.03
    k = NNGP(3)(x)
    left = LeftOut.of(k, y, ridge, mean_of_others(y))
    assert left is not None
    whole = k + ridge * k.diagonal().mean() * torch.eye(len(x), dtype=k.dtype)
    miss, variance = [], []
    for i in range(len(x)):
        keep = torch.arange(len(x)) != i
        weights = torch.linalg.solve(whole[keep][:, keep], whole[keep, i])
        mean = y[keep].mean()
        miss.append(y[i] - mean - weights @ (y[keep] - mean))
        variance.append(whole[i, i] - weights @ whole[keep, i])
    torch.testing.assert_close(left.miss, torch.stack(miss), rtol=1e-8, atol=1e-10)
    ratio = left.variance / torch.stack(variance)
    torch.testing.assert_close(ratio, ratio[0].expand(len(x)), rtol=1e-8, atol=0)
    # The scale of the process is the one that makes these variances true.
    assert float((left.miss.square() / left.variance).mean()) == pytest.approx(1)
    assert LeftOut.of(-k, y, ridge, mean_of_others(y)) is None


def test_the_best_ridge_is_that_of_the_whole_row() -> None:
    problem = problem_of(*level())
    k, y = NNGP(2)(problem.x_l), problem.y_l
    others = mean_of_others(y)
    errors = [left.error for r in RIDGES if (left := LeftOut.of(k, y, r, others)) is not None]
    least = min(range(len(RIDGES)), key=errors.__getitem__)
    assert 0 < least < len(RIDGES) - 1
    for start in (RIDGES[0], RIDGES[least], RIDGES[-1]):
        found = best_ridge(k, y, RIDGES, start, 0.0, others)
        assert found == (RIDGES[least], errors[least])
    # Noise passes over the ridges that stand for less; the largest one is always allowed.
    noises = [left.noise for r in RIDGES if (left := LeftOut.of(k, y, r, others)) is not None]
    assert best_ridge(k, y, RIDGES, RIDGES[0], noises[least + 1], others)[0] == RIDGES[least + 1]
    assert best_ridge(k, y, RIDGES, RIDGES[0], 1e9, others)[0] == RIDGES[-1]
