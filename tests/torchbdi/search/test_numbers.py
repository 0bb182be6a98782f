"""Numbers come to the optimum, within bounds, equations and reach."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from search_problems import rough, sequences
from torch import Tensor

from torchbdi import Space
from torchbdi.search import Reach, SearchOptions, maximise
from torchbdi.space import AtMost, Choice, Linear, Number


def test_numbers_come_to_the_optimum() -> None:
    """A concave quadratic under bounds and an equation; its optimum solves a small system."""
    rng = np.random.default_rng(0)
    table = rng.dirichlet(np.ones(4), 60)
    columns = tuple(Number(f"p{i}", 0, 1) for i in range(4))
    whole = Linear({f"p{i}": 1.0 for i in range(4)}, 1, 1)
    space = Space(columns, (whole,)).fit(table)
    center = np.array(
        [0.6, 0.5, 0.3, -0.4]
    )  # projected onto the simplex: (0.4667, .3667, .1667, 0)
    weights = torch.tensor(space.std) ** 2
    target = torch.from_numpy((center - space.mean) / space.std)

    def f(x: Tensor) -> Tensor:
        return -((x - target) ** 2 * weights).sum(1)

    found = maximise(f, space, 1, options=SearchOptions(starts=8))
    raw = space.decode(found.x)[0]
    np.testing.assert_allclose(raw, [0.7 - 7 / 30, 0.6 - 7 / 30, 0.4 - 7 / 30, 0], atol=1e-6)
    assert found.way == "ascent"


def test_numbers_stay_within_reach() -> None:
    """A slope: the best is as far as may be from the row that lies furthest up, bounds apart."""
    rng = np.random.default_rng(0)
    table = rng.uniform(-1, 1, (40, 3))
    space = Space(tuple(Number(n, -3, 3) for n in "abc")).fit(table)
    rows, slope = space.encode(table), torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    reach = Reach(rows, 0.2)
    options = SearchOptions(starts=16)
    found = maximise(lambda x: x @ slope, space, 4, starts=rows[:8], reach=reach, options=options)
    apart = torch.cdist(found.x, rows).amin(1) / 3**0.5
    assert (apart <= 0.2 + 1e-12).all()
    best = (rows @ slope).max() + 0.2 * 3**0.5 * slope.norm()
    assert found.value[0] == pytest.approx(float(best), abs=1e-6)
    inner = Space(tuple(Number(n, -0.5, 0.5) for n in "abc")).fit(table)  # rows lie outside
    found = maximise(lambda x: x @ slope, inner, 4, reach=reach, options=options)
    assert inner.allowed(found.x).all()
    # Without numbers a reach says nothing, and of a mixed space it holds the numbers alone.
    mixed = Space((Number("t", -3, 3), Choice("c", ("x", "y", "z")))).fit(
        np.c_[table[:, 0], rng.integers(0, 2, 40)]
    )
    own = mixed.encode(np.c_[table[:, 0], np.zeros(40)])
    found = maximise(lambda x: x.sum(1), mixed, 2, reach=Reach(own, 0.1), options=options)
    gap = (found.x[:, :1] - own[:, 0]).abs().amin(1)
    assert (gap <= 0.1 + 1e-12).all()
    letters = sequences(4)
    free, held = (
        maximise(rough(letters, 0), letters, 3, reach=r)
        for r in (None, Reach(torch.zeros(2, 12), 0.1))
    )
    assert torch.equal(free.x, held.x)


@pytest.mark.parametrize("sum_to", [None, 100.0])
def test_no_design_has_more_parts_than_may_be_present(sum_to: float | None) -> None:
    """Between designs of other parts lie designs of all of them, which line searches took."""
    rng = np.random.default_rng(1)
    table = np.zeros((60, 5))
    for row in table:
        row[rng.choice(5, 2, replace=False)] = rng.dirichlet(np.ones(2)) * 100
    columns = tuple(Number(n, 0, 100) for n in "abcde")
    whole = Linear(dict.fromkeys("abcde", 1.0), sum_to or 0, sum_to or 0)
    rules = (AtMost(tuple("abcde"), 2),)
    space = Space(columns, (whole,) if sum_to else (), rules).fit(table)
    for target in rng.dirichlet(np.full(5, 50.0), 4) * 100:  # nearly equal amounts
        wanted = space.encode(target[None])

        def f(x: Tensor, wanted: Tensor = wanted) -> Tensor:
            return -(x - wanted).square().sum(1)

        found = maximise(f, space, 3, options=SearchOptions(starts=64))
        assert space.allowed(found.x).all()
        assert ((space.decode(found.x) > 1e-9).sum(1) <= 2).all()
        if sum_to is None:  # of the parts that are there each has what is best for it
            best = space.decode(found.x)[0]
            np.testing.assert_allclose(best[best > 1e-9], target[best > 1e-9], rtol=1e-6)


def test_sets_of_levels_are_found_where_a_rule_leaves_the_numbers_few_places() -> None:
    """a follows from b, so that there are seven designs a class, 21 in all; only seven were met."""
    columns = (Number("a", 0, 8), Number("b", 0, 4, step=0.5), Choice("d", ("p", "q", "r")))
    raw = np.array([[4.0, 1, 0], [1, 4, 1], [2, 3, 2], [3, 2, 0]])
    space = Space(columns, (Linear({"a": 1, "b": 1}, 5, 5), Linear({"b": 1}, 1, 4))).fit(raw)
    options = SearchOptions(starts=8, steps=5, rounds=3)
    found = maximise(lambda x: -(x - 0.3).square().sum(1), space, 21, options=options)
    assert len(space.distinct(found.x)) == 21
    assert space.allowed(found.x).all()
