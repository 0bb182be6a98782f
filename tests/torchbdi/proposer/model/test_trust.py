"""How far a model can be trusted: errors, verdicts, and the nearest known designs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from proposer_problems import hill, left_out, problem_of, propose

import torchbdi
from torchbdi.proposer.model.nearest import nearest
from torchbdi.proposer.model.trust import Quality


def test_the_quality_is_told_in_the_score_s_units(quick: None) -> None:
    x, y = hill()
    p = propose(x, 50 + 1000 * y)
    made = problem_of(x, 50 + 1000 * y)
    m = p.model.model
    inputs = p.model.inputs(made.x_l)
    errors = left_out(inputs, made.y_l, m.ridge, m.covariance()).numpy() * (1000 * y).std()
    q = p.quality
    np.testing.assert_allclose(q.true, 50 + 1000 * y, rtol=1e-12)
    np.testing.assert_allclose(q.true - q.predicted, errors, rtol=1e-4)
    assert q.rmse == pytest.approx(float(np.sqrt((errors**2).mean())), rel=1e-5)
    assert q.r2 == pytest.approx(1 - (errors**2).mean() / (1000 * y).var(), rel=1e-5)
    assert q.exact


def test_errors_are_those_of_designs_as_isolated() -> None:
    gaps = np.arange(100.0)
    q = Quality(
        rows=np.arange(100), true=np.zeros(100), predicted=gaps, gaps=gaps[::-1].copy(), far=98,
        exact=True, rmse=1, r2=0, rank_correlation=0,
    )  # fmt: skip
    # The 20 designs with gaps 40 .. 59 have errors 59 .. 40.
    expected = np.sqrt(np.mean(np.arange(40, 60) ** 2.0))
    assert q.error_at(np.array([50.0]))[0] == pytest.approx(expected)
    ends = q.error_at(np.array([-1.0, 1e9]))
    assert ends[0] == pytest.approx(np.sqrt(np.mean(np.arange(80, 100) ** 2.0)))
    assert ends[1] == pytest.approx(np.sqrt(np.mean(np.arange(0, 20) ** 2.0)))


def test_verdicts_follow_the_figures() -> None:
    def verdict(r2: float, rank: float) -> str:
        empty = np.zeros(1)
        return Quality(empty, empty, empty, empty, 0, True, 0, r2, rank).verdict().split(":")[0]

    assert verdict(0.9, 0.9) == "Good"
    assert verdict(0.9, 0.7) == verdict(0.5, 0.9) == "Usable"
    assert verdict(0.1, 0.9) == verdict(0.5, 0.3) == "Weak"
    assert verdict(0.1, 0.1) == verdict(-2, -0.5) == "Poor"


@pytest.mark.parametrize(("count", "few"), [(40, True), (60, False)])
def test_a_verdict_says_by_how_few_designs(count: int, few: bool) -> None:
    x = np.random.default_rng(0).uniform(size=(count, 2))
    verdict = torchbdi.propose(x, x.sum(1), n=2).quality.verdict()
    assert verdict.startswith("Good: ")
    assert (f"{count} designs are few to judge it by" in verdict) == few


def test_neighbours_are_the_nearest() -> None:
    made = problem_of(*hill())
    x = made.x_l[:5] + 0.1
    distance, place = nearest(x, made.x_l)
    brute = (x[:, None] - made.x_l).norm(dim=2)
    torch.testing.assert_close(distance, brute.min(1).values, rtol=1e-12, atol=0)
    assert torch.equal(place, brute.argmin(1))
    distance, place = nearest(made.x_l, made.x_l, itself=True)
    brute = (made.x_l[:, None] - made.x_l).norm(dim=2)
    brute.fill_diagonal_(torch.inf)
    torch.testing.assert_close(distance, brute.min(1).values, rtol=1e-12, atol=0)
    assert torch.equal(place, brute.argmin(1))
