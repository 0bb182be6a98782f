"""From a fitted regression to n new designs, as many as there are and were asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from proposer_problems import grid, propose

import torchbdi


def designs(columns: Any) -> list[tuple[str, ...]]:
    return list(zip(*(columns[name].tolist() for name in ("base", "acid", "salt")), strict=True))


@pytest.mark.usefixtures("quick")
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


@pytest.mark.usefixtures("quick")
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


@pytest.mark.usefixtures("quick")
def test_of_a_mixture_in_steps_what_is_missing_comes_back_and_then_it_is_complete() -> None:
    steps = [(a, b, 100 - a - b) for a in range(0, 101, 20) for b in range(0, 101 - a, 20)]
    x = np.array(steps, dtype=float)
    y = -((x[:, 0] - 30) ** 2) + x[:, 1]
    missing = [3, 8, 15]
    known = np.setdiff1d(np.arange(len(x)), missing)
    p = propose(x[known], y[known], n=8, sums=["x0+x1+x2=100"])
    assert set(map(tuple, p.x)) == {steps[i] for i in missing}
    assert p.unseen == 3
    with pytest.raises(torchbdi.InputError, match="all 21 combinations"):
        propose(x, y, n=8, sums=["x0+x1+x2=100"])


@pytest.mark.usefixtures("quick")
def test_a_column_that_is_fixed_keeps_the_value_of_a_known_design() -> None:
    frame, y, _ = grid(30)
    p = propose(frame, y, n=10, fix=["acid"])
    assert (p.columns["acid"] == frame["acid"][p.start]).all()
    p = propose(frame, y, n=5, fix={"acid": "_y"})
    assert set(p.columns["acid"]) == {"_y"}
