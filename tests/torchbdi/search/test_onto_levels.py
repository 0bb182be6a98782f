"""Designs climb their levels, and stay on equations."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from search_problems import KilledOnce, StopError, rough
from torch import Tensor

from torchbdi import Space
from torchbdi.search import Reach, SearchOptions, maximise
from torchbdi.search.context import Search
from torchbdi.search.onto_levels import onto_levels
from torchbdi.search.reach import nearest_of
from torchbdi.space import AtMost, Linear, Number


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
    free = torch.zeros(3, dtype=torch.bool)
    found, value = onto_levels(search, x.clone(), f(x), x, free, together)
    order = torch.argsort(f(x), descending=True, stable=True)
    expected = torch.stack([climbed(f, space, one, np.arange(0, 101, 5.0)) for one in x[order]])
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(value, f(expected))
    assert bool((value > f(x[order])).any())


def raw_of(space: Space, x: Tensor) -> Tensor:
    """The raw values of numbers, differentiable, (n, C)."""
    assert space.mean is not None
    assert space.std is not None
    return x * torch.from_numpy(space.std) + torch.from_numpy(space.mean)


@pytest.mark.parametrize("given", [False, True])
def test_a_free_number_goes_uphill_once_more_beside_the_levels(given: bool) -> None:
    """What is best between levels is rounded to b = 0.5, where a can be 0.88 at most."""
    columns = (Number("a", 0, 1), Number("b", 0, 6, step=0.5))
    table = np.random.default_rng(0).uniform(0, 1, (30, 2)) * [1, 6]
    space = Space(columns, (Linear({"a": 1.0, "b": 1.0}, 0.68, 1.38),)).fit(table)

    def f(x: Tensor) -> Tensor:
        a, b = raw_of(space, x).T
        return a - (b - 0.3) ** 2

    starts = space.encode(np.array([[1.0, 0.0]])) if given else None
    found = maximise(f, space, 2, starts=starts)
    np.testing.assert_allclose(space.decode(found.x)[0], [1, 0], atol=1e-9)
    assert found.value[0] == pytest.approx(0.91)
    assert space.allowed(found.x).all()
    assert len(space.distinct(found.x)) == 2


@pytest.mark.parametrize("free", [False, True])
def test_no_design_is_worse_than_a_start(free: bool) -> None:
    """All ascents leave it along a ridge, between whose other designs no step leads back."""
    columns = (Number("a", 0, 5, step=1), Number("b", 0, 5, step=1))
    columns += (Number("c", 0, 1),) if free else ()
    table = np.random.default_rng(0).integers(0, 6, (30, 3)) / [1, 1, 5]
    rule = Linear({"a": 1.0, "b": 1.0}, -1, 20)
    space = Space(columns, (rule,)).fit(table[:, : len(columns)])

    def f(x: Tensor) -> Tensor:
        raw = raw_of(space, x)
        return 0.1 * raw[:, 0] - 10 * (raw[:, 1] - 0.9 * raw[:, 0]) ** 2 + raw[:, 2:].sum(1)

    start = space.encode(np.array([[0.0, 0.0, 1.0][: len(columns)]]))
    options = SearchOptions(enumerate=0, starts=2)
    found = maximise(f, space, 2, starts=start, options=options)
    assert found.value[0] >= f(start)[0] - 1e-9


def test_free_numbers_keep_to_parts_and_reach() -> None:
    """At most two of three parts, near the rows of a table."""
    columns = (Number("a", 0, 1), Number("b", 0, 1), Number("c", 0, 2, step=0.5))
    rng = np.random.default_rng(1)
    table = rng.uniform(0, 1, (40, 3)) * [1, 1, 2]
    table[np.arange(40), rng.integers(0, 3, 40)] = 0
    rule = Linear(dict.fromkeys("abc", 1.0), 0.3, 1.7)
    space = Space(columns, (rule,), (AtMost(("a", "b", "c"), 2, 0.2),)).fit(table)
    known = space.project(space.encode(table))
    for seed in range(3):
        f = rough(space, seed)
        best = maximise(f, space, 6, options=SearchOptions(starts=32))
        assert space.allowed(best.x).all()
        assert len(space.distinct(best.x)) == 6
        starts = known[f(known).argsort(descending=True)]
        near = maximise(f, space, 6, starts=starts, reach=Reach(known, distance=0.2))
        assert space.allowed(near.x).all()
        assert near.value[0] >= f(known).max()
        step = 0.5 / float(space.std[2])
        assert nearest_of(near.x, known, space)[0].max() <= 0.2 + step


def test_a_killed_search_goes_on_to_the_same_levels_and_free_numbers(tmp_path: Path) -> None:
    columns = (Number("a", 0, 1), Number("b", 0, 1, step=0.25), Number("c", 0, 1))
    table = np.random.default_rng(0).dirichlet(np.ones(3), 40)
    space = Space(columns, (Linear(dict.fromkeys("abc", 1.0), 1, 1),)).fit(table)
    f, killed = rough(space, 1), KilledOnce()
    whole = maximise(f, space, 5)
    with pytest.raises(StopError):
        maximise(f, space, 5, folder=tmp_path, after=killed)
    again = maximise(f, space, 5, folder=tmp_path, after=killed)
    assert killed.told == [1, 2, 2, 3, 4]  # the round is told before its state is written
    torch.testing.assert_close(again.x, whole.x, rtol=0, atol=0)


def test_ways_go_as_far_as_the_reach() -> None:
    space = Space((Number("a", 0, 9), Number("b", 0, 9))).fit(np.array([[0.0, 0.0], [9.0, 9.0]]))
    row = space.encode(np.array([[4.0, 4.0]]))
    near = Reach(row, distance=1.0)  # the root of a mean: 4.5 times the root of 2 away
    ways = [([4.0, 4.0], [9.0, 9.0]), ([4.0, 4.0], [5.0, 4.0]), ([9.0, 9.0], [9.0, 8.0])]
    begin, to = (space.encode(np.array(ends)) for ends in zip(*ways, strict=True))
    made = space.decode(near.shortened(to, begin, space))
    np.testing.assert_allclose(made, [[8.5, 8.5], [5, 4], [9, 8]])
