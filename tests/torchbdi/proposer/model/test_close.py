"""Groups of nearly equal designs, and errors of single measurements."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import torchbdi
from torchbdi.proposer.frames import table_of
from torchbdi.proposer.model.close import close_groups, left_out
from torchbdi.proposer.model.problem import make_problem
from torchbdi.proposer.settings import Settings

RANDOM = 20 * np.random.default_rng(1).uniform(size=(40, 4))


def groups_of(x: Any) -> Tensor | None:
    """The groups that a table of designs has, whose scores are drawn."""
    y = np.random.default_rng(1).normal(size=len(x))
    table, score, scores = table_of(x, y)
    return close_groups(make_problem(table, score, scores, Settings()))


def jittered(rng: np.random.Generator, groups: int = 12, each: int = 5) -> np.ndarray:
    centres = rng.uniform(3, 10, (groups, 4))
    return np.repeat(centres, each, 0) + 0.03 * rng.normal(size=(groups * each, 4))


def test_groups_are_designs_that_are_nearly_equal() -> None:
    rng = np.random.default_rng(0)
    groups = groups_of(jittered(rng))
    assert groups is not None
    assert groups.tolist() == np.repeat(groups[::5].numpy(), 5).tolist()
    assert len(groups.unique()) == 12


def doses() -> dict[str, Any]:
    """Most doses lie together on a plain scale."""
    drug, dose = np.repeat(list("abcdefgh"), 6), np.tile([0, 0.1, 1, 10, 100, 1000], 8)
    return {"drug": drug[:-3], "dose": dose[:-3]}


def peptides() -> dict[str, Any]:
    """Sequences at three temperatures: far apart, and temperatures are chosen."""
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), 16)) for _ in range(20)]
    return {"seq": np.repeat(texts, 3), "t": np.tile([20.0, 37.0, 60.0], 20)}


@pytest.mark.parametrize(
    "x",
    [
        np.random.default_rng(0).uniform(size=(60, 4)),
        np.linspace(0, 1, 300)[:, None],  # each leads to the next
        np.unique(np.random.default_rng(0).integers(0, 3, (60, 6)).astype(float), axis=0),
        np.r_[jittered(np.random.default_rng(0), 2, 5), RANDOM],
        peptides(),
        doses(),
    ],
    ids=["uniform", "scan", "levels", "few repeats", "peptides", "doses"],
)  # fmt: skip
def test_ordinary_tables_have_no_groups(x: Any) -> None:
    if isinstance(x, dict):
        pandas = pytest.importorskip("pandas")
        x = pandas.DataFrame(x)
    assert groups_of(x) is None


def test_a_control_that_was_measured_often_counts_once() -> None:
    """Eighteen designs of a smooth score, two by chance alike, and 32 of one that was measured."""
    rng = np.random.default_rng(0)
    x = np.r_[rng.uniform(3, 10, (18, 2)), 3 + 0.01 * rng.normal(size=(32, 2))]
    found = torchbdi.propose(x, x.sum(1) + 0.1 * rng.normal(size=50), n=3)
    assert found.quality.groups == 18 and found.quality.r2 > 0.8
    assert "50 designs count as 18" in found.quality.verdict()
    assert np.isfinite(found.error).all() and (found.error > 0).all()


def test_few_groups_have_errors_too() -> None:
    rng = np.random.default_rng(0)
    x = np.repeat([[3, 3, 3], [6, 9, 4], [9, 5, 8]], 10, 0) + 0.01 * rng.normal(size=(30, 3))
    found = torchbdi.propose(x, np.repeat([1.0, 5.0, 2.0], 10) + 0.1 * rng.normal(size=30), n=3)
    assert found.quality.groups == 3
    assert (np.isfinite(found.error) | found.unknown).all()


def standard(x: np.ndarray) -> Tensor:
    return torch.from_numpy((x - x.mean(0)) / x.std(0))


def test_the_closed_form_is_what_refits_give() -> None:
    rng = np.random.default_rng(0)
    x = standard(jittered(rng, 6, 3))
    y = torch.from_numpy(rng.normal(size=18))
    y = y - y.mean()
    k = torchbdi.NTK(3)(x) + 0.1 * torch.eye(18, dtype=torch.float64)
    groups = torch.arange(6).repeat_interleave(3)[torch.randperm(18)]
    miss, variance = left_out(torch.linalg.inv(k), y, groups)
    for group in range(6):
        own = groups == group
        rest = y[~own].mean()
        solved = torch.linalg.solve(k[~own][:, ~own], y[~own] - rest)
        predicted = k[own][:, ~own] @ solved + rest
        torch.testing.assert_close(miss[own], y[own] - predicted)
        given = k[own][:, own] - k[own][:, ~own] @ torch.linalg.solve(
            k[~own][:, ~own], k[~own][:, own]
        )
        torch.testing.assert_close(variance[own], given.diagonal())


def test_repetitions_whose_settings_were_measured_are_no_evidence() -> None:
    """A random number for each of 12 settings, measured five times: nothing can be learnt."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        y = np.repeat(10 * rng.normal(size=12), 5) + rng.normal(size=60)
        found = torchbdi.propose(jittered(rng), y, n=3)
        assert found.quality.verdict().startswith(("Poor", "Weak"))
        assert found.quality.r2 < 0.2
        assert (found.unknown | (found.error > 5)).all()


def test_an_error_is_that_of_one_measurement() -> None:
    """Twelve designs, each measured eight times with a deviation of 3."""
    rng = np.random.default_rng(0)
    x = np.repeat(rng.uniform(0, 10, (14, 2)), 8, 0)
    y = 5 * x.sum(1) + 3 * rng.normal(size=112)
    found = torchbdi.propose(x, y, n=4)
    assert found.problem.noise == pytest.approx(3, rel=0.2)
    assert (found.error >= found.problem.noise * (1 - 1 / 8) ** 0.5).all()
    single = torchbdi.propose(x[::8], y[::8], n=4)
    assert single.problem.single_l == 0
