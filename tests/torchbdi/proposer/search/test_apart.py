"""Levels that lie near each other beside a large one are different experiments all the same."""

from __future__ import annotations

import numpy as np
import pandas
import pytest
import torch

import torchbdi
from torchbdi.proposer.search.apart import with_levels_apart
from torchbdi.space import Number, Space

DOSES = (0.0, 0.01, 0.1, 1.0, 10.0)


def encoded(levels: tuple[float, ...]) -> tuple[Space, torch.Tensor]:
    column = Number("dose", min(levels), max(levels), levels=levels)
    raw = np.array([[v, i % 3] for i, v in enumerate(levels * 6)], float)
    space = Space((column, Number("t", 0.0, 2.0))).fit(raw)
    return space, space.encode(raw[:5])


def test_doses_near_zero_are_told_apart() -> None:
    space, x = encoded(DOSES)
    assert float(x[:, 0].diff().min()) < 0.05
    (moved,) = with_levels_apart(space, 0.1, x)
    assert bool((moved[:, 0].diff() >= 0.1).all())
    assert torch.equal(moved[:, 1], x[:, 1])


@pytest.mark.parametrize("levels", [(1.0, 2.0, 3.0), (10.0, 20.0, 40.0)])
def test_usual_levels_stay_as_they_are(levels: tuple[float, ...]) -> None:
    space, x = encoded(levels)
    assert torch.equal(with_levels_apart(space, 0.1, x[:3])[0], x[:3])


def test_a_dose_that_was_not_tried_is_proposed_beside_that_of_zero() -> None:
    draws = np.random.default_rng(0)
    even = (0.0, 0.1, 0.2, 5.0, 10.0)  # over no more than two decades there are no logarithms
    grid = [(d, c, t) for d in even for c in "ab" for t in (1, 2, 3, 4)]
    seen = [(d, c, t) for d, c, t in grid if not (d == 0.1 and t >= 3) and t + ord(c) != 101]
    y = [3.0 - 3 * (d > 0.5) + 0.3 * t + 0.05 * draws.normal() for d, _, t in seen]
    x = {
        "dose": np.array([d for d, _, _ in seen]),
        "cat": np.array([c for _, c, _ in seen], dtype=object),
        "t": np.array([float(t) for _, _, t in seen]),
    }
    p = torchbdi.propose(pandas.DataFrame(x), np.array(y), n=4, progress=False)
    assert (p.columns["dose"] == 0.1).any()
