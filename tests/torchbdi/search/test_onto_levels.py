"""Designs climb their levels, and stay on equations."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch
from search_problems import rough
from torch import Tensor

from torchbdi import Space
from torchbdi.search import SearchOptions, maximise
from torchbdi.search.context import Search
from torchbdi.search.onto_levels import onto_levels
from torchbdi.space import Linear, Number


def test_levels_under_an_equation_stay_on_it() -> None:
    columns = tuple(Number(n, 0, 100, step=5) for n in "abc")
    whole = Linear(dict.fromkeys("abc", 1.0), 100, 100)
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 11, 60) * 5, rng.integers(0, 10, 60) * 5
    space = Space(columns, (whole,)).fit(np.c_[a, b, 100 - a - b])
    every = np.array([r for r in itertools.product(range(0, 101, 5), repeat=3) if sum(r) == 100])
    f = rough(space, 3)
    found = maximise(f, space, 5, options=SearchOptions(starts=16))
    raw = space.decode(found.x)
    assert (raw.sum(1) == 100).all()
    assert len(np.unique(raw, axis=0)) == 5
    assert found.value[0] == pytest.approx(float(f(space.encode(every)).max()), abs=1e-9)


def climbed(f: Callable[[Tensor], Tensor], space: Space, x: Tensor, grid: np.ndarray) -> Tensor:
    """Slow and obvious: one design, to its best neighbour until none is better."""
    while True:
        raw, made = space.decode(x[None])[0], []
        for i in range(len(raw)):
            for up in (-1, 1):
                one = raw.copy()
                at = int(np.abs(grid - raw[i]).argmin()) + up
                if not 0 <= at < len(grid):
                    continue
                one[i] = grid[at]
                made.append(one)
                for j in range(len(raw)):
                    two = one.copy()
                    at = int(np.abs(grid - raw[j]).argmin()) - up
                    if j != i and 0 <= at < len(grid):
                        two[j] = grid[at]
                        made.append(two)
        moves = space.project(space.encode(np.array(made)))
        value = f(moves)
        if not value.max() > f(x[None])[0]:
            return x
        x = moves[value.argmax()]


@pytest.mark.parametrize("together", [1, 1 << 14])
def test_all_designs_climb_their_levels_at_once(together: int) -> None:
    """As each would by itself; in one batch, and one design at a time."""
    columns = tuple(Number(n, 0, 100, step=5) for n in "abc")
    rule = Linear(dict.fromkeys("abc", 1.0), 100, 100)
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 11, 60) * 5, rng.integers(0, 10, 60) * 5
    space = Space(columns, (rule,)).fit(np.c_[a, b, 100 - a - b]).boxed()
    f = rough(space, 3)
    search = Search(f, space, 5, None, SearchOptions(rounds=99), 0, None, None)
    x = space.project(space.sample(9, torch.Generator().manual_seed(0)))
    found, value = onto_levels(search, x.clone(), f(x), together)
    order = torch.argsort(f(x), descending=True, stable=True)
    expected = torch.stack([climbed(f, space, one, np.arange(0, 101, 5.0)) for one in x[order]])
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(value, f(expected))
    assert bool((value > f(x[order])).any())
