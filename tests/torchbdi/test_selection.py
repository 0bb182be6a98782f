"""The choice of a model, and of a batch, against what is computed row by row."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from torchbdi import NNGP, NTK, InputError, fit_ridge
from torchbdi.batch import fill_by_distance, fill_by_improvement, improvement
from torchbdi.erf import Erf
from torchbdi.leave_one_out import RidgePath, mean_of_others
from torchbdi.posterior import Posterior
from torchbdi.selection import (
    KERNELS,
    RIDGES,
    candidates,
    choose_models,
    ranked,
    smooth_candidates,
    with_constant,
)


def table(n: int = 60) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(n, 4, generator=rng, dtype=torch.float64)
    y = x[:, 0].sin() * x[:, 1] + 0.1 * torch.randn(n, generator=rng, dtype=torch.float64)
    return x, (y - y.mean()) / y.std(correction=0)


def test_the_error_is_that_of_leaving_each_row_out() -> None:
    x, y = table(25)
    kernel = NNGP(3)
    k = kernel(x)
    found = RidgePath(k).judged(y, (1e-3, 0.1))
    for own in found:
        added = own.ridge * float(k.diagonal().mean())
        misses = []
        for i in range(25):
            rest = torch.arange(25) != i
            mean = y[rest].mean()  # the scores of the others are centred anew
            fit = fit_ridge(kernel, x[rest], y[rest] - mean, added, "absolute")
            misses.append(float(y[i] - mean - fit.predict(x[i : i + 1])))
        assert own.error == pytest.approx(np.square(misses).mean(), rel=1e-8)


def test_the_model_is_the_best_of_all() -> None:
    x, y = table()
    (found,) = choose_models(x, y, 1, depths=(2, 3), generator=torch.Generator().manual_seed(0))
    tried = []
    for kernel in ("ntk", "nngp"):
        for depth in (2, 3):
            for constant in (0.0, 1.0):
                (only,) = choose_models(
                    x,
                    y,
                    1,
                    kernels=(kernel,),  # type: ignore[arg-type]
                    depths=(depth,),
                    constants=(constant,),
                    generator=torch.Generator().manual_seed(0),
                )
                tried.append(only)
    assert found == min(tried, key=lambda m: m.error)
    assert found.rows == 60
    assert found.error < 0.9
    (few,) = choose_models(x, y, 1, rows=40, generator=torch.Generator().manual_seed(0))
    assert few.rows == 40
    with pytest.raises(InputError, match="2 rows"):
        choose_models(x[:1], y[:1], 1, generator=torch.Generator())


@pytest.mark.parametrize("ridges", [(0.0,), (0.0, 1e-3)])
def test_a_matrix_without_an_inverse_says_nothing_of_other_kernels(ridges: tuple[float]) -> None:
    """The linear kernel of 4 features has none at 60 rows; the others were refused with it."""
    x, y = table(60)
    linear = ranked(candidates(KERNELS, (1,), (0.0,)), x, [y], ridges, [0.0], [mean_of_others(y)])
    assert linear[0][0].errors[0] == math.inf
    assert linear[0][0].ridge == max(ridges)
    found = choose_models(x, y, 1, ridges=ridges, generator=torch.Generator().manual_seed(0))
    assert found[0].depth > 1 and found[0].error < 2
    with pytest.raises(InputError, match="cannot be inverted"):
        choose_models(x, y, 1, ridges=(0.0,), depths=(1,), generator=torch.Generator())


def test_those_that_cannot_be_told_apart_are_chosen_together() -> None:
    """Errors, their standard error and the least ridge against rows left out one by one."""
    x, y = table(60)
    y = y + torch.randn(60, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    y = (y - y.mean()) / y.std(correction=0)
    seed = torch.Generator().manual_seed(0)
    found = choose_models(x, y, 9, depths=(1, 2, 3), constants=(1.0,), generator=seed)
    size = {}
    misses = {}
    others = (y.sum() - y) / 59
    for kernel in (NNGP(2), NNGP(3), NTK(2), NTK(3), NTK(1)):
        k = kernel(with_constant(x, 2.0))
        size[repr(kernel)] = float(k.diagonal().mean())
        for ridge in RIDGES:
            inverse = torch.linalg.inv(k + ridge * size[repr(kernel)] * torch.eye(60).double())
            d = inverse @ y - others * inverse.sum(1)
            misses[repr(kernel), ridge] = d / inverse.diagonal()
    error = {key: float(miss.square().mean()) for key, miss in misses.items()}
    best = min(error, key=error.__getitem__)
    limit = error[best] + float(misses[best].square().std(correction=0)) / 60**0.5
    first = found[0]
    assert (repr(first.covariance()), first.ridge) == best
    assert first.error + first.uncertainty == pytest.approx(limit, rel=1e-6)
    good = {name for (name, _), e in error.items() if e <= limit}
    assert {repr(m.covariance()) for m in found} == good
    assert 1 < len(good) < 5  # some are told apart, some are not
    for model in found:
        own = [r for r in RIDGES if error[repr(model.covariance()), r] <= limit]
        assert model.least == min(own)
    few = choose_models(x, y, 1, depths=(1, 2, 3), constants=(1.0,), generator=seed.manual_seed(0))
    assert few == found[:1]


def test_one_row_alone_does_not_tell_models_apart() -> None:
    """A sphere and its centre, far above it: all miss the centre, and some claim to know it."""
    x = torch.cat([torch.eye(3).double(), -torch.eye(3).double(), torch.zeros(1, 3).double()])
    y = torch.tensor([0.1, -0.2, 0.1, 0.2, -0.1, 0.0, 5.0]).double()
    y = (y - y.mean()) / y.std(correction=0)
    models = candidates(KERNELS, (2, 3), (0.0, 1.0))
    others = (y.sum() - y) / 6
    (plain,) = ranked(models, x, [y], RIDGES, [0.0], [others])
    (found,) = ranked(models, x, [y], RIDGES, [0.0], [others], 0.5)
    assert [m.error for m in plain] == sorted(m.error for m in plain)
    assert plain[0].largest > 0.5
    assert [m.surprise for m in found] == sorted(m.surprise for m in found)
    assert found[0].constant == 1.0
    assert found[0].surprise < min(m.surprise for m in plain if m.constant == 0.0)
    (again,) = ranked(models, x, [y], RIDGES, [0.0], [others], 1.0)
    assert again == plain


def test_the_batch_conditions_on_what_is_picked() -> None:
    """Each pick is the best of a posterior computed anew with the picks added as data."""
    x, y = table(30)
    kernel, ridge = NNGP(3), 0.01
    fit = fit_ridge(kernel, x, y, ridge, "absolute")
    posterior = Posterior(kernel, x, y, ridge)
    pool = torch.randn(40, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    mean = fit.predict(pool)
    best = float(y.quantile(0.8))
    picks = fill_by_improvement(posterior, pool, mean, best, 6).tolist()
    assert len(set(picks)) == 6
    seen_x, seen_y = x, y
    for pick in picks:
        k = kernel(seen_x) + ridge * torch.eye(len(seen_x), dtype=torch.float64)
        cross = kernel(seen_x, pool)
        solved = torch.linalg.solve(k, cross)
        torch.testing.assert_close(solved.mT @ seen_y, mean, rtol=1e-6, atol=1e-6)
        variance = kernel.diag(pool) - (cross * solved).sum(0)
        value = improvement(mean, (posterior.scale * variance).clamp_min(0).sqrt(), best)
        value[[p for p in picks[: len(seen_x) - 30]]] = -1.0
        assert value[pick] == pytest.approx(float(value.max()), rel=1e-6)
        seen_x = torch.cat([seen_x, pool[pick : pick + 1]])
        seen_y = torch.cat([seen_y, mean[pick : pick + 1]])
        best = max(best, float(mean[pick]))
    wanted = (
        posterior.scale
        * (
            kernel.diag(x)
            - (
                kernel(x)
                * torch.linalg.solve(
                    kernel(x) + ridge * torch.eye(30, dtype=torch.float64), kernel(x)
                )
            ).sum(0)
        )
    ).sqrt()
    torch.testing.assert_close(posterior.deviation(x), wanted, rtol=1e-6, atol=1e-8)


def test_improvement_is_the_integral() -> None:
    rng = np.random.default_rng(0)
    draws = 0.3 + 0.5 * rng.normal(size=400_000)
    exact = improvement(torch.tensor([0.3, 2.0]), torch.tensor([0.5, 0.0]), 0.6)
    assert float(exact[0]) == pytest.approx(np.maximum(draws - 0.6, 0).mean(), rel=0.02)
    assert float(exact[1]) == pytest.approx(1.4)


def test_a_least_distance_is_kept_while_it_can_be() -> None:
    x = torch.tensor([[0.0], [0.1], [1.0], [1.1], [2.0]], dtype=torch.float64)
    assert fill_by_distance(x, 3, 0.5)[0].tolist() == [0, 2, 4]
    picked, kept = fill_by_distance(x, 4, 0.5)
    assert (picked.tolist(), kept) == ([0, 1, 2, 4], 3)


def test_networks_of_error_functions_are_the_kernels_that_they_name() -> None:
    models = smooth_candidates((0.5, 2.0), (0.0, 1.0))
    assert {(m.weight, m.constant) for m in models} == {(0.5, 0), (0.5, 1), (2, 0), (2, 1)}
    x, y = table(20)
    (found,) = ranked(models, x, [y], (1e-3, 0.1), [0.0], [mean_of_others(y)])
    best = found[0]
    k = Erf(best.weight)(with_constant(x, best.feature(4)))
    errors = [own.error for own in RidgePath(k).judged(y, (1e-3, 0.1), 0.0, mean_of_others(y))]
    assert best.error == pytest.approx(min(errors) / float(y.var(correction=0)))
    assert best.error == min(m.error for m in found)
