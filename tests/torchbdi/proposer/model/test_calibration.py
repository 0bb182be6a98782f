"""The errors that are stated of proposals."""

from __future__ import annotations

import numpy as np
import pytest
from proposer_problems import propose
from proposer_tables import Frame

import torchbdi
from torchbdi.proposer.model.calibration import Calibration


@pytest.mark.usefixtures("quick")
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


def test_errors_stay_finite_where_most_scores_are_the_same() -> None:
    """Without the best two fifths all scores are 0, which says nothing of a scale."""
    draws = np.random.default_rng(0)
    x = draws.uniform(size=(60, 3))
    y = np.where(x[:, 0] > 0.7, 60 + 30 * x[:, 1], 0.0)
    found = torchbdi.propose(Frame({f"x{i}": x[:, i] for i in range(3)}), y, n=8, progress=False)
    assert (found.error < 10 * y.std()).all()
    assert not found.unknown.all()


def test_an_error_at_the_end_of_float64_is_a_number() -> None:
    known = Calibration(np.linspace(-1, 1, 30), np.full(30, 4.0), 9.0, 0.5, 1.0)
    errors = known.error(np.array([0.0, 2.0, 0.0, 2.0]), np.array([1.0, 1.0, 1e308, 1e308]))
    assert errors[:2] == pytest.approx([2.0, 9.5**0.5])
    assert np.isfinite(errors).all() and errors[2] > 1e90
