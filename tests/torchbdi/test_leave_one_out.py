"""Noise is not predicted, however many columns a table has: leaving rows out must not know them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor

import torchbdi
from torchbdi import NNGP, NTK
from torchbdi.leave_one_out import RidgePath, mean_of_others
from torchbdi.proposer.result import Proposals
from torchbdi.scales import held_out_errors, tuned_scales
from torchbdi.selection import Model, choose_models

WIDE = [(30, 40), (60, 100), (60, 50), (40, 20)]


def noise(n: int, d: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Designs and scores that have nothing to do with one another, standardised."""
    rng = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, generator=rng, dtype=torch.float64)
    y = torch.randn(n, generator=rng, dtype=torch.float64)
    return (x - x.mean(0)) / x.std(0, correction=0), (y - y.mean()) / y.std(correction=0)


def quality(x: np.ndarray, y: np.ndarray) -> Proposals:
    return torchbdi.propose(x, y, n=4, progress=False, backtest=False)


def test_the_mean_of_the_others_is_that() -> None:
    y = torch.tensor([[1.0, 5.0], [2.0, 7.0], [6.0, 0.0]])
    expected = torch.tensor([[4.0, 3.5], [3.5, 2.5], [1.5, 6.0]])
    torch.testing.assert_close(mean_of_others(y), expected)
    assert mean_of_others(y[:1]).tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize(("n", "d"), WIDE)
def test_a_model_of_noise_has_the_error_of_noise(n: int, d: int) -> None:
    x, y = noise(n, d)
    (found,) = choose_models(x, y, 1, generator=torch.Generator().manual_seed(0))
    assert found.error > 0.85


@pytest.mark.parametrize(("n", "d"), WIDE)
def test_a_fit_of_noise_does_not_know_what_it_left_out(n: int, d: int) -> None:
    x, y = noise(n, d)
    for kernel in (NTK(1), NNGP(2), NTK(6)):
        for scores in (y, y.float()):
            fit = torchbdi.fit_ridge(kernel, x, scores, 1e-6, verbose=False)
            found = fit.leave_one_out(verbose=False)
            assert spearmanr(found, y).statistic < 0.4
            assert float((found - y).square().mean()) > 0.8


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("n", "d"), WIDE)
def test_nothing_good_is_said_of_noise(n: int, d: int, seed: int) -> None:
    x, y = noise(n, d, seed)
    found = quality(x.numpy(), y.numpy()).quality
    assert found.verdict().startswith("Poor") or found.r2 < 0.15
    assert found.r2 < 0.3


def test_scales_of_noise_are_worth_nothing_to_rows_that_had_no_part_in_them() -> None:
    x, y = noise(60, 100)
    model, column = Model("ntk", 1, 0.0, 3e-4), torch.arange(100)
    scale, ridge = tuned_scales(model, x, y, column, mean_of_others(y))
    k = (x * scale) @ (x * scale).mT / 100
    inverse = torch.linalg.inv(k + ridge * k.diagonal().mean() * torch.eye(60))
    miss = (inverse @ y - mean_of_others(y) * inverse.sum(1)) / inverse.diagonal()
    assert float(miss.square().mean()) < 0.2  # what leaving out one by one promises
    held, plain = held_out_errors(model, x, y, column)
    assert held > 0.9 * plain > 0.8


def test_held_out_errors_are_those_of_fits_without_the_fold() -> None:
    x, y = noise(23, 3, 1)
    y = x[:, 0] + 0.1 * y
    model, column = Model("nngp", 2, 1.0, 1e-2), torch.arange(3)
    tuned, plain = 0.0, 0.0
    order = torch.randperm(23, generator=torch.Generator().manual_seed(0))
    for held in order.tensor_split(5):
        rest = torch.tensor([i for i in order.tolist() if i not in held.tolist()])
        scores = y[rest] - y[rest].mean()
        scale, ridge = tuned_scales(model, x[rest], scores, column, mean_of_others(scores))
        for own, of in ((scale, ridge), (torch.ones(3), 1e-2)):
            full = torch.cat([x * own, x.new_full((23, 1), 3**0.5)], 1)
            fit = torchbdi.fit_ridge(NNGP(2), full[rest], scores, of, verbose=False)
            square = float((fit.predict(full[held]) + y[rest].mean() - y[held]).square().sum()) / 23
            tuned, plain = (tuned + square, plain) if own is scale else (tuned, plain + square)
    assert held_out_errors(model, x, y, column) == pytest.approx((tuned, plain), rel=1e-6)
    assert tuned < plain


def test_few_columns_of_many_that_matter_are_found_and_told_honestly() -> None:
    rng = np.random.default_rng(0)
    x, unseen = rng.normal(size=(60, 100)), rng.normal(size=(500, 100))
    truth = [2 * a[:, 0] + a[:, 1] + 0.3 * rng.normal(size=len(a)) for a in (x, unseen)]
    p = quality(x, truth[0])
    assert bool((p.model.scale != 1).any())
    assert p.model.optimism > 4  # leaving out one by one promises next to no error
    inputs, at = (p.model.inputs(torch.from_numpy((a - x.mean(0)) / x.std(0))) for a in (x, unseen))
    y = torch.from_numpy(truth[0])
    fit = torchbdi.fit_ridge(
        p.model.model.covariance(), inputs, y - y.mean(), p.model.model.ridge, verbose=False
    )
    miss = fit.predict(at).numpy() + float(y.mean()) - truth[1]
    true = 1 - (miss**2).mean() / truth[1].var()
    assert true > 0.8
    assert p.quality.r2 == pytest.approx(true, abs=0.1)


def test_surprises_are_densities_of_scores_left_out_one_by_one() -> None:
    x, y = noise(12, 3)
    k = NNGP(3)(x)
    for own in RidgePath(k).judged(y, (1e-2, 0.3)):
        full = k + own.ridge * k.diagonal().mean() * torch.eye(12).double()
        misses, variances = [], []
        for i in range(12):
            rest = torch.arange(12) != i
            weights = torch.linalg.solve(full[rest][:, rest], full[rest, i])
            middle = y[rest].mean()
            misses.append(y[i] - middle - weights @ (y[rest] - middle))
            variances.append(full[i, i] - weights @ full[rest, i])
        miss, variance = torch.stack(misses), torch.stack(variances)
        scale = (miss.square() / variance).mean()
        density = torch.distributions.Normal(0, (scale * variance).sqrt()).log_prob(miss).mean()
        assert own.error == pytest.approx(float(miss.square().mean()), rel=1e-9)
        assert own.surprise == pytest.approx(float(-2 * density) - 1 - np.log(2 * np.pi), rel=1e-9)
