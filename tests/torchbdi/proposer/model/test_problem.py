"""From a table that was understood to designs and scores, standardised and in order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from proposer_problems import problem
from scipy.stats import chi2

from torchbdi.proposer.model.problem import chi_squared_limit, make_problem
from torchbdi.proposer.reading.file import read_table
from torchbdi.proposer.settings import Settings

NUMBERS = np.linspace(0, 1, 20) ** 2


def test_low_scores_can_be_good() -> None:
    y = np.arange(20.0) ** 2
    high, low = problem({"x": NUMBERS}, y), problem({"x": NUMBERS}, y, minimize=True)
    assert high.best()[0] == 19
    assert low.best()[0] == 0
    torch.testing.assert_close(low.y_l, -high.y_l)
    np.testing.assert_allclose(low.in_units(low.y_l), y, rtol=1e-12, atol=1e-10)
    assert float(high.y_l.std(correction=0)) == pytest.approx(1)


def test_scores_beside_a_vast_one_keep_their_order() -> None:
    """Standardised, all of them are the same."""
    y = np.array([*np.arange(19.0)[::-1], 1e30])
    low = problem({"x": NUMBERS}, y, minimize=True, score_scale="plain")
    assert low.best().tolist() == [*range(18, -1, -1), 19]


def test_ties_stay_in_the_order_of_the_table(tmp_path: Path) -> None:
    """Large enough that a sort which is not stable mixes them."""
    n = 2000
    y = np.arange(n) % 3 * 1.0
    rows = "".join(f"{i * i},{v:.0f}\n" for i, v in enumerate(y))
    (tmp_path / "a.csv").write_text("x,y\n" + rows)
    table = read_table(tmp_path / "a.csv")
    score = table.columns.pop("y")  # type: ignore[attr-defined]
    problem = make_problem(table, "y", score, Settings())
    expected = sorted(range(n), key=lambda i: -y[i])
    assert problem.best().tolist() == expected
    mixed = torch.argsort(problem.y_l, descending=True, stable=False).tolist()
    assert mixed != expected, "this size would not tell"


@pytest.mark.parametrize("freedom", [1, 2, 3, 10, 100, 10_000])
def test_the_limit_of_chi_squared(freedom: int) -> None:
    assert chi_squared_limit(freedom) == pytest.approx(chi2.ppf(0.95, freedom), rel=0.03 / freedom)


def test_few_repetitions_prove_little_noise() -> None:
    """Once in twenty times the scatter is as large by chance alone."""
    draws = np.random.default_rng(0)
    for designs, times in ((12, 2), (40, 3)):
        x = np.repeat(draws.uniform(size=designs), times)
        proved, known = [], []
        for _ in range(300):
            made = problem({"x": x}, 3 * x + draws.normal(size=len(x)))
            unit = made.y_scale**2 * times
            proved.append(made.least_noise_l * unit)
            known.append(made.noise_l * unit)
        assert made.repetitions == designs * (times - 1)
        assert np.mean(known) == pytest.approx(1, abs=0.1)
        assert 0.02 < np.mean(np.array(proved) > 1) < 0.09
    assert problem({"x": NUMBERS}).least_noise_l == 0
