"""Scores or their logarithms: which is modelled, and that all is told in the score's unit."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from pathlib import Path

import numpy as np
import proposer_tables as tables
import pytest
import torch
from proposer_problems import growth, level, problem_of

import torchbdi
from torchbdi import InputError
from torchbdi.proposer.model.choice import choose
from torchbdi.proposer.model.left_out import LeftOut
from torchbdi.proposer.model.scale import can_be_log, log_densities
from torchbdi.proposer.report.page import html_report
from torchbdi.proposer.report.writing import proposals_csv


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
    assert "logarithm of" not in html_report(plain)


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
