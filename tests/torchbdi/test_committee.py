"""Regressions that are asked together, and the searches that judge them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from torchbdi import NNGP, NTK, OfflineData, Space, fit_ridge
from torchbdi.committee import Fitted
from torchbdi.methods._backtest import backtest, split
from torchbdi.methods.base import Run
from torchbdi.methods.kernel_search import KernelSearch
from torchbdi.posterior import Posterior
from torchbdi.search import maximise
from torchbdi.selection import Model, with_constant

MODELS = (Model("nngp", 3, 1.0, 0.1, least=1e-3), Model("ntk", 2, 0.0, 0.01))


def ridges(model: Model) -> tuple[float, ...]:
    return (model.ridge,) if model.least is None else (model.ridge, model.least)


def letters(rows: int = 120) -> OfflineData:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (rows, 6))
    score = (codes == [0, 1, 2, 3, 0, 1]).sum(1) ** 1.5 + rng.normal(0, 0.1, rows)
    return OfflineData.from_raw(codes, score, Space.sequence(6, "ACGT"))


def test_they_say_the_mean_of_what_each_says() -> None:
    data = letters()
    x = data.space.sample(20, torch.Generator().manual_seed(1))
    wanted = torch.zeros(20, dtype=torch.float64)
    feature = MODELS[0].feature(data.x.shape[1])
    for kernel, ridge, weight, constant in (
        (NNGP(3), 0.1, 0.25, feature),
        (NNGP(3), 1e-3, 0.25, feature),
        (NTK(2), 0.01, 0.5, 0.0),
    ):
        fit = fit_ridge(kernel, with_constant(data.x, constant), data.y, ridge, "trace")
        wanted += weight * fit.predict(with_constant(x, constant))
    fitted = Fitted.of(MODELS, ridges, data.x, data.y)
    torch.testing.assert_close(fitted.mean()(x), wanted, rtol=1e-7, atol=1e-9)
    posterior = fitted.posterior(torch.arange(len(data.x)))
    whole = with_constant(data.x, feature)
    added = 0.1 * float(NNGP(3)(whole).diagonal().mean())
    own = Posterior(NNGP(3), whole, data.y, added).deviation(with_constant(x, feature))
    torch.testing.assert_close(posterior.deviation(with_constant(x, feature)), own)
    caution = fitted.cautious(torch.arange(len(data.x)))(x)
    torch.testing.assert_close(caution, wanted - own, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", ["mean", "loss"])
def test_changes_of_one_letter_have_the_values_of_whole_designs(name: str) -> None:
    """A beam that asks for parts ends where one that is given whole designs does."""
    data = letters()
    fitted = Fitted.of(MODELS, ridges, data.x, data.y)
    goal = fitted.mean() if name == "mean" else fitted.loss(10.0, 0.0)
    assert goal.pairs is not None
    found = maximise(goal, data.space, 10)
    slow = maximise(lambda x: goal(x), data.space, 10)  # a function without pairs
    assert torch.equal(found.x, slow.x)
    torch.testing.assert_close(found.value, slow.value, rtol=1e-8, atol=1e-8)


def test_caution_goes_uphill_by_its_own_slope() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 3)), rng.normal(size=40)
    data = OfflineData.from_raw(x, y, Space.numbers(3))
    goal = Fitted.of(MODELS, ridges, data.x, data.y).cautious(torch.arange(40))
    at = torch.randn(5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert torch.autograd.gradcheck(goal, (at.requires_grad_(),))


def test_the_hidden_rows_have_no_part_in_what_looks_for_them() -> None:
    data = letters(200)
    calls: list[tuple[torch.Tensor, torch.Tensor]] = []

    def choose(x: torch.Tensor, y: torch.Tensor) -> list[Model]:
        calls.append((x, y))
        return list(MODELS)

    ways = {"mean": lambda fitted: fitted.mean(), "bdi": lambda fitted: fitted.loss(10.0, 0.0)}
    parts = split(data)
    assert parts is not None
    found = backtest(data, parts, choose, ridges, ways, None, Run())
    (blind_x, blind_y), (all_x, _) = calls
    assert (len(blind_x), len(all_x)) == (120, 200)
    best = data.x[torch.argsort(data.y, descending=True, stable=True)[:40]]
    assert float(torch.cdist(blind_x, best).min()) > 0.1
    assert float(blind_y.mean()) == pytest.approx(0, abs=1e-9)
    assert found.found > 0.7  # half by chance
    assert found.chosen == max(found.judged, key=found.judged.__getitem__)
    assert set(found.promised) == {"mean", "bdi"}
    # The designs of the blind search are better than the rows that it knew, and judged so.
    assert found.judged["mean"] > float(data.y.quantile(0.8))


def test_the_choice_is_the_same_for_every_seed() -> None:
    data = letters(700)
    method = KernelSearch(kernel="nngp", constant=0.0, rows=300, committee=2)
    first, second = method.choose(data.x, data.y), method.choose(data.x, data.y)
    assert first == second
    assert first[0].rows == 300
    facts = method.solve(data, 4).facts
    assert facts["committee_size"] == len(first)
    assert facts["chosen_acquisition"] in ("mean", "bdi")
    assert {"backtest_found", "backtest_promised_mean", "backtest_judged_bdi"} <= set(facts)
    alone = dataclasses.replace(method, committee=1, acquisition="mean").solve(data, 4).facts
    assert alone["committee_size"] == 1
    assert alone["chosen_acquisition"] == "mean"
