"""What propose searches and how it chooses, against slow obvious versions."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from propose_children import be_quick

import torchbdi
from torchbdi import NNGP
from torchbdi.batch import Posterior
from torchbdi.leave_one_out import RidgePath, mean_of_others
from torchbdi.proposer.frames import table_of
from torchbdi.proposer.model.problem import make_problem
from torchbdi.proposer.report.page import html_report
from torchbdi.proposer.result import Proposals
from torchbdi.proposer.search.acquire import ABOVE, fill, worth
from torchbdi.proposer.search.backtest import _own, backtest
from torchbdi.proposer.search.candidates import neighbours, new
from torchbdi.proposer.settings import Settings
from torchbdi.scales import error_and_slope, tuned_scales
from torchbdi.selection import Model


class Frame(dict):
    columns = property(list)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    be_quick(monkeypatch.setattr)


def propose(x: Any, y: Any, **settings: Any) -> Proposals:
    return torchbdi.propose(x, y, **{"n": 6, "progress": False, **settings})


def grid(known: int, seed: int = 0) -> tuple[Frame, np.ndarray, list[tuple[str, ...]]]:
    """A table of some of 4 x 3 x 5 combinations, and all of them."""
    every = list(itertools.product("abcd", "xyz", "12345"))
    rng = np.random.default_rng(seed)
    effect = {letter: rng.normal() for letter in "abcdxyz12345"}
    rows = rng.permutation(len(every))[:known]
    cells = np.array([every[i] for i in rows], dtype=object)
    frame = Frame({name: np.array([f"_{v}" for v in cells[:, j]], dtype=object)
                   for j, name in enumerate(("base", "acid", "salt"))})  # fmt: skip
    y = np.array([sum(effect[c] for c in row) + 0.3 * effect[row[0]] * effect[row[1]]
                  for row in cells])  # fmt: skip
    return frame, y, [tuple(f"_{c}" for c in row) for row in every]


def designs(columns: Any) -> list[tuple[str, ...]]:
    return list(zip(*(columns[name].tolist() for name in ("base", "acid", "salt")), strict=True))


def test_of_a_grid_the_best_predicted_of_all_that_is_new_come_back() -> None:
    frame, y, every = grid(36)
    p = propose(frame, y, n=8, acquisition="mean")
    known = set(designs(frame))
    rest = [design for design in every if design not in known]
    columns = np.array(rest, dtype=object)
    x = p.problem.space.encode(dict(zip(frame, columns.T, strict=True)))
    m = p.model
    fit = torchbdi.fit_ridge(
        m.model.covariance(), m.inputs(p.problem.x_l), p.problem.y_l, m.model.ridge, verbose=False
    )
    predicted = fit.predict(m.inputs(x)).numpy()
    best = np.argsort(-predicted)[:8]
    assert set(designs(p.columns)) == {rest[i] for i in best}
    np.testing.assert_allclose(
        p.predicted, p.problem.in_units(torch.from_numpy(predicted[best])), rtol=1e-6
    )
    assert p.unseen == len(rest)


@pytest.mark.parametrize("acquisition", ["ucb", "ei", "mean", "bdi"])
def test_as_many_as_asked_for_while_there_are_new_ones(acquisition: str) -> None:
    frame, y, every = grid(50)
    p = propose(frame, y, n=9, acquisition=acquisition)
    assert len(set(designs(p.columns))) == len(p) == 9
    assert not set(designs(p.columns)) & set(designs(frame))
    p = propose(frame, y, n=40, acquisition=acquisition)
    assert set(designs(p.columns)) == set(every) - set(designs(frame))
    x = np.random.default_rng(0).uniform(size=(30, 1))
    p = propose(x, -((x[:, 0] - 0.7) ** 2), n=60, acquisition=acquisition)
    assert len(np.unique(p.x)) == 60
    assert not np.isin(p.x, x).any()


def test_a_column_that_is_fixed_keeps_the_value_of_a_known_design() -> None:
    frame, y, _ = grid(30)
    p = propose(frame, y, n=10, fix=["acid"])
    assert (p.columns["acid"] == frame["acid"][p.start]).all()
    p = propose(frame, y, n=5, fix={"acid": "_y"})
    assert set(p.columns["acid"]) == {"_y"}


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


def test_nearly_known_designs_are_new_only_where_nothing_else_is() -> None:
    known = torch.tensor([[0.0, 0.0]], dtype=torch.float64)
    x = torch.tensor([[0.0, 0.05], [0.0, 1.0], [0.0, 1.0], [0.0, 0.0]], dtype=torch.float64)
    assert new(x, known, 1).tolist() == [[0.0, 1.0]]
    assert new(x, known, 2).tolist() == [[0.0, 0.05], [0.0, 1.0]]
    assert new(x, known, 5).tolist() == [[0.0, 0.05], [0.0, 1.0]]


def test_neighbours_lie_in_the_space() -> None:
    frame, y, _ = grid(30)
    frame["t"] = np.random.default_rng(0).uniform(20, 80, 30)
    table, score, scores = table_of(frame, y)
    made = make_problem(table, score, scores, Settings(bounds={"t": (30, 60)}))
    space = made.space.space.boxed()
    draws = torch.Generator().manual_seed(0)
    x = neighbours(space, space.project(made.x_l[:3]), 200, draws)
    assert bool(space.allowed(x).all())
    t = made.space.decode(space.decode(x))["t"]
    assert t.min() >= 30
    assert t.max() <= 60
    assert len(np.unique(t)) > 100


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


def test_stated_errors_are_those_that_are_made() -> None:
    """On a table that is not cut off, of a smooth function with noise."""
    rng = np.random.default_rng(1)

    def truth(x: np.ndarray) -> np.ndarray:
        return np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2]

    x = rng.uniform(-1, 1, (120, 3))
    p = propose(x, truth(x) + rng.normal(0, 0.1, 120), n=20)
    ratio = np.sqrt((((truth(p.x) - p.predicted) / p.error) ** 2).mean())
    assert 0.1 < ratio < 1.5  # stated too large rather than too small
    assert (p.error > 0.05).all()


def test_the_backtest_counts_picks_of_the_hidden_fifth() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (60, 2))
    table, score, scores = table_of(x, -((x - 0.3) ** 2).sum(1))
    made = make_problem(table, score, scores, Settings())
    found = backtest(made, Settings(), draws=2)
    assert found is not None
    assert (found.hidden, found.candidates, found.draws) == (12, 36, 2)
    assert found.shares["torchbdi"].shape == (12,)
    assert found.shares["torchbdi"][-1] > 0.8
    np.testing.assert_allclose(found.shares["random order"], 1 / 3)
    assert len(found.lines()) == 3
    assert "12 designs" in found.lines()[0]
    table, score, scores = table_of(x[:30], scores[:30])
    assert backtest(make_problem(table, score, scores, Settings()), Settings()) is None


def test_the_report_tells_the_backtest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torchbdi.proposer.search.backtest._methods", _only_torchbdi)
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (60, 2))
    y = -((x - 0.3) ** 2).sum(1)
    question = "Would this have found my best designs?"
    told = propose(x, y, n=2, backtest=True)
    assert told.backtest is not None
    report = html_report(told)
    assert question in report
    assert all(line in report for line in told.backtest.lines())
    assert report.count("<img") == 1 + html_report(propose(x, y, n=2)).count("<img")
    assert question not in html_report(propose(x, y, n=2))
    few = html_report(propose(x[:30], y[:30], n=2, backtest=True))
    assert question in few
    assert "fewer than 40 designs" in few


def _only_torchbdi(settings: Settings) -> dict[str, Any]:
    return {"torchbdi": lambda *args: _own(settings, *args)}


def test_a_limit_of_all_columns_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers of few digits are sites; where all of them may differ there is nothing to say."""
    be_quick(monkeypatch.setattr)
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 9, (40, 4)).round(1)
    p = torchbdi.propose(x, -((x - 4) ** 2).sum(1), n=2, progress=False)
    assert p.sites is None and p.sites_told() == ""
    assert "at 2 of its free columns at most" in replace(p, sites=2).sites_told()
