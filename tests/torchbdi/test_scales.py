"""Scales of columns, tuned by the error of leaving rows out."""

from __future__ import annotations

import numpy as np
import torch

from torchbdi import NNGP
from torchbdi.leave_one_out import RidgePath, mean_of_others
from torchbdi.scales import error_and_slope, tuned_scales
from torchbdi.selection import Model


def test_the_slope_of_the_leave_one_out_error_is_autograd_s() -> None:
    rng = torch.Generator().manual_seed(0)
    x, y = (torch.randn(*s, generator=rng, dtype=torch.float64) for s in ((20, 3), (20,)))
    eye, others = torch.eye(20, dtype=torch.float64), mean_of_others(y)
    both = []
    for fast in (True, False):
        scales = torch.tensor([1.0, 0.5, 2.0], dtype=torch.float64, requires_grad=True)
        k = NNGP(3)(x * scales)
        if fast:
            error, slope = error_and_slope(k.detach(), y, 0.01, others)
            k.backward(slope + 0.01 * slope.diagonal().sum() / 20 * eye)
        else:
            inverse = torch.linalg.inv(k + 0.01 * k.diagonal().mean() * eye)
            d = inverse @ y - others * inverse.sum(1)
            loss = (d / inverse.diagonal()).square().mean().log()
            loss.backward()
            error = float(loss)
        both.append(torch.cat([scales.grad, torch.tensor([error]).double()]))
    torch.testing.assert_close(both[0], both[1], rtol=1e-8, atol=1e-10)


def test_scales_shrink_a_column_that_says_nothing() -> None:
    x = torch.randn(80, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    y = (2 * x[:, 0]).sin() + 0.3 * x[:, 1]
    y = (y - y.mean()) / y.std(correction=0)
    model = Model("nngp", 3, 1.0, 1e-3)
    scale, ridge = tuned_scales(model, x, y, torch.arange(3), mean_of_others(y))
    assert scale[2] < 0.5 * scale[0]
    assert ridge >= 1e-3
    constant = x.new_full((80, 1), 3**0.5)
    before, after = (
        RidgePath(NNGP(3)(torch.cat([x * s, constant], 1))).judged(y, (r,))[0].error
        for s, r in ((torch.ones(3).double(), 1e-3), (scale, ridge))
    )
    assert after < 0.7 * before


def test_repeated_designs_bound_the_ridge_from_below() -> None:
    x = torch.randn(60, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    y = x[:, 0].sin()
    k, ridges = NNGP(3)(x), (1e-6, 1e-4, 1e-2, 1.0)
    free, bound, all_bound = (
        [own.error for own in RidgePath(k).judged(y, ridges, noise)] for noise in (0.0, 0.01, 1e9)
    )
    size = float(k.diagonal().mean())
    for ridge, a, b in zip(ridges, free, bound, strict=True):
        inverse = torch.linalg.inv(k + ridge * size * torch.eye(60, dtype=torch.float64))
        stands_for = ridge * size * float(y @ inverse @ y) / 60
        assert b == (a if stands_for >= 0.01 or ridge == 1.0 else np.inf)
    assert np.isinf(bound[0])
    assert all_bound[-1] == free[-1]
