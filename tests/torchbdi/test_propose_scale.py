"""Scores or their logarithms: which is modelled, and that all is told in the score's unit."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from pathlib import Path
from typing import Any

import asked as tables
import numpy as np
import pytest
import torch
from propose_children import be_quick

import torchbdi
from torchbdi import NNGP, InputError
from torchbdi.kernels.tensors import from_bytes, to_bytes
from torchbdi.leave_one_out import mean_of_others
from torchbdi.proposer.assemble import says_nothing
from torchbdi.proposer.frames import table_of
from torchbdi.proposer.model.calibration import Calibration
from torchbdi.proposer.model.choice import RIDGES, choose
from torchbdi.proposer.model.kept import model_of, packed
from torchbdi.proposer.model.left_out import LeftOut, best_ridge
from torchbdi.proposer.model.problem import Problem, make_problem
from torchbdi.proposer.model.scale import can_be_log, log_densities
from torchbdi.proposer.report.page import html_report
from torchbdi.proposer.report.writing import proposals_csv
from torchbdi.proposer.settings import Settings


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    be_quick(monkeypatch.setattr)


def growth(n: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores over decades whose noise is a share of them."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (n, 3))
    return x, np.exp(2 * np.sin(2 * x[:, 0]) + x[:, 1] + 0.2 * rng.normal(size=n))


def level(n: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Positive scores whose noise is the same everywhere."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (n, 3))
    return x, np.maximum(10 + 6 * x[:, 0] + 3 * x[:, 1] + rng.normal(size=n), 0.3)


def problem_of(x: Any, y: Any, **settings: Any) -> Problem:
    table, score, scores = table_of(x, y)
    return make_problem(table, score, scores, Settings(**settings))


def test_the_scale_is_that_of_the_noise() -> None:
    chosen = choose(problem_of(*growth()))
    assert chosen.log
    assert chosen.densities is not None
    assert chosen.densities[1] > chosen.densities[0] + 0.1
    chosen = choose(problem_of(*level()))
    assert chosen.densities is not None  # both were looked at
    assert not chosen.log


def test_only_positive_scores_of_some_span_are_asked_about() -> None:
    x, y = level()
    assert can_be_log(problem_of(x, y))
    assert not can_be_log(problem_of(x, y - y.min()))
    assert not can_be_log(problem_of(x, y + 100))
    assert not can_be_log(problem_of(x, np.where(y > 10, 10.0, 1.0)))
    assert choose(problem_of(x, y + 100)).densities is None


def test_densities_are_of_the_score_on_both_scales() -> None:
    """Over all that the score of one design could be, they add up to 1."""
    problem = problem_of(*growth())
    rows = torch.arange(len(problem.y_l))
    for log in (False, True):
        own = problem.on_scale(log)
        left = choose(own, "log" if log else "plain").left_out(own, rows)
        assert left is not None
        scores = np.linspace(1e-3, 300, 100_000) if log else np.linspace(-200, 300, 100_000)
        values = torch.from_numpy(np.log(scores) if log else scores)
        place = (values - own.y_mean) / own.y_scale
        # The prediction stays, the score runs.
        predicted, variance = (own.y_l - left.miss)[7], left.variance[7]
        one = LeftOut(place - predicted, variance.expand(len(place)), 0.0)
        many = dataclasses.replace(own, taken=scores, y_l=place)
        density = log_densities(many, one, torch.arange(len(scores))).exp().numpy()
        assert np.trapezoid(density, scores) == pytest.approx(1, abs=1e-3)
        exact = log_densities(own, left, rows)
        near = np.interp(own.taken[7], scores, density)
        assert math.exp(float(exact[7])) == pytest.approx(near, rel=1e-3)


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


def test_a_model_of_logarithms_is_one_of_scores_that_are_logarithms(quick: None) -> None:
    x, y = growth()
    for minimize in (False, True):
        told = {"n": 6, "minimize": minimize, "progress": False}
        log = torchbdi.propose(x, y, score_scale="log", **told)
        plain = torchbdi.propose(x, np.log(y), score_scale="plain", **told)
        assert log.model.log and not plain.model.log
        np.testing.assert_allclose(log.x, plain.x)
        np.testing.assert_allclose(log.predicted, np.exp(plain.predicted))
        np.testing.assert_allclose(log.low, np.exp(plain.predicted - plain.error))
        np.testing.assert_allclose(log.high, np.exp(plain.predicted + plain.error))
        np.testing.assert_allclose(log.error, (log.high - log.low) / 2)
        np.testing.assert_allclose(plain.high - plain.predicted, plain.error)
        order = np.argsort(log.predicted if minimize else -log.predicted, kind="stable")
        np.testing.assert_array_equal(order, np.arange(6))
        q, other = log.quality, plain.quality
        np.testing.assert_allclose(q.true, y)
        np.testing.assert_allclose(q.predicted, np.exp(other.predicted))
        assert q.rmse == pytest.approx(np.sqrt(np.mean((y - q.predicted) ** 2)))
        assert q.r2 == pytest.approx(other.r2)
        assert q.factor == pytest.approx(np.exp(other.rmse))
        assert other.factor is None


def test_the_logarithm_is_told(quick: None) -> None:
    x, y = growth()
    p = torchbdi.propose(x, y, n=3, progress=False)
    assert p.model.log
    sentence = p.scale_told()
    assert "logarithm of y is modelled" in sentence
    assert "score_scale='plain'" in sentence
    report = html_report(p)
    assert "logarithm of y is modelled" in report
    assert f"{p.predicted[0]:.3g} ({p.low[0]:.3g} to {p.high[0]:.3g})" in report
    rows = list(csv.DictReader(io.StringIO(proposals_csv(p))))
    assert [float(row["low"]) for row in rows] == pytest.approx(p.low.tolist(), rel=1e-5)
    assert [float(row["high"]) for row in rows] == pytest.approx(p.high.tolist(), rel=1e-5)
    plain = torchbdi.propose(x, y, n=3, progress=False, score_scale="plain")
    assert plain.scale_told() == ""
    assert "low" not in csv.DictReader(io.StringIO(proposals_csv(plain))).__next__()
    assert "logarithm" not in html_report(plain)


def test_the_scale_survives_a_state() -> None:
    chosen = choose(problem_of(*growth()))
    again = model_of(to_bytes(packed(chosen)))
    assert again.log and again.densities == chosen.densities and again.model == chosen.model
    assert from_bytes(to_bytes(packed(chosen)))["log"] is True


def test_noise_of_repetitions_is_known_on_both_scales() -> None:
    x = np.repeat(np.random.default_rng(0).uniform(0, 12, (12, 1)), 2, axis=0)
    y = np.exp(x[:, 0] / 3) * np.where(np.arange(24) % 2, 1.1, 1 / 1.1)
    problem = problem_of(x, y)
    assert problem.noise_log == pytest.approx(math.log(1.1) * 2**0.5)
    log = problem.on_scale(True)
    assert log.noise_l == pytest.approx((problem.noise_log / log.y_scale) ** 2 / 2)
    assert problem.noise_l == pytest.approx((problem.noise / problem.y_scale) ** 2 / 2)
    assert problem_of(x, y - y.min()).noise_log is None


def test_logarithms_need_positive_scores(tmp_path: Path) -> None:
    x, y = level()
    with pytest.raises(InputError, match="positive, and row"):
        torchbdi.propose(x, y - 5, score_scale="log", progress=False)
    with pytest.raises(InputError, match="score_scale is one of auto, plain, log"):
        torchbdi.propose(x, y, score_scale="ln", progress=False)
    rows = tables.plain()
    rows[3][-1] = "0"
    said = tables.refused(tmp_path, tables.text(rows), "--score-scale", "log")
    assert "row 4" in said and "--score-scale" in said
    _, settings = tables.asked(tmp_path, tables.text(tables.plain()), "--score-scale", "log")
    assert settings.score_scale == "log"


def test_what_cannot_be_believed_is_unknown_and_last(
    quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = torch.tensor([-1.0, 0.0, 2.0]).double()
    mean = torch.tensor([0.0, 0.5, 3.0, 4.0, 0.5]).double()
    error = torch.tensor([0.5, 2.0, 1.5, 2.0, 1.4]).double()
    assert says_nothing(known, mean, error).tolist() == [False, True, False, True, False]
    x, y = growth()
    stated = Calibration.error

    def partly_vast(self: Calibration, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        error = stated(self, mean, variance)
        return np.where(mean >= np.sort(mean)[-2], 30, np.minimum(error, 1))

    monkeypatch.setattr(Calibration, "error", partly_vast)
    p = torchbdi.propose(x, y, n=6, progress=False, score_scale="log")
    assert p.unknown.tolist() == [False] * 4 + [True] * 2
    assert (np.diff(p.predicted[:4]) <= 0).all() and (p.predicted[4:] > p.predicted[0]).all()
    assert [p.told(i) == "unknown" for i in range(6)] == p.unknown.tolist()
    rows = list(csv.DictReader(io.StringIO(proposals_csv(p))))
    assert [row["high"] == "" for row in rows] == p.unknown.tolist()
    assert "nothing is known of its y" in rows[-1]["note"] and not rows[0]["note"]
    html = html_report(p)
    assert ">unknown<" in html and "e+1" not in html


def test_an_error_at_the_end_of_float64_is_a_number() -> None:
    known = Calibration(np.linspace(-1, 1, 30), np.full(30, 4.0), 9.0, 0.5, 1.0)
    errors = known.error(np.array([0.0, 2.0, 0.0, 2.0]), np.array([1.0, 1.0, 1e308, 1e308]))
    assert errors[:2] == pytest.approx([2.0, 9.5**0.5])
    assert np.isfinite(errors).all() and errors[2] > 1e90
