"""Designs that are near others lie in the space."""

from __future__ import annotations

import numpy as np
import torch
from proposer_problems import grid

from torchbdi.proposer.frames import table_of
from torchbdi.proposer.model.problem import make_problem
from torchbdi.proposer.search.neighbours import neighbours
from torchbdi.proposer.settings import Settings


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
