"""Designs whose columns are the same are changed, or left out."""

from __future__ import annotations

import itertools

import numpy as np
import torch

from torchbdi.proposer.columns.different import Different
from torchbdi.proposer.search.different import with_different
from torchbdi.space import Choice, Column, Number, Space

NAMES = ("none", "A", "B", "C")
PAIRS = tuple(itertools.combinations(range(3), 2))


def space_of(*columns: Column) -> Space:
    rng = np.random.default_rng(0)
    every = [rng.choice(column.grid(), 12) for column in columns]
    return Space(columns).fit(np.stack(every, axis=1).astype(float))


def test_names_are_changed_to_others_and_nothing_may_stand_twice() -> None:
    space = space_of(*(Choice(name, NAMES) for name in "abc"))
    every = torch.tensor([*itertools.product(range(4), repeat=3)], dtype=torch.float64)
    own = Different(("a", "b", "c"), PAIRS, ("none",))
    found = space.decode(with_different(space.encode(every.numpy()), space, [own]))
    assert len(found) == len(every)
    for before, after in zip(every.tolist(), found.tolist(), strict=True):
        there = [v for v in after if v]
        assert len(there) == len({*there})
        if len({*before}) == 3:
            assert after == before
        assert after[0] == before[0]


def test_names_are_sorted_where_those_of_all_designs_are() -> None:
    space = space_of(*(Choice(name, ("A", "B", "C", "none")) for name in "ab"))
    own = Different(("a", "b"), ((0, 1),), ("none",), sorted=True)
    raw = np.array([[1.0, 0], [2, 2], [3, 0], [0, 3]])
    found = space.decode(with_different(space.encode(raw), space, [own])).tolist()
    assert found[0] == [0, 1] and found[2:] == [[3, 0], [0, 3]]
    assert found[1][0] < found[1][1]


def test_what_cannot_be_changed_is_left_out() -> None:
    space = space_of(Choice("a", ("A", "B")), Choice("b", ("A", "B"), fixed=1))
    raw = np.array([[0.0, 1], [1, 1]])
    own = Different(("a", "b"), ((0, 1),))
    assert space.decode(with_different(space.encode(raw), space, [own])).tolist() == [[0, 1]] * 2
    space = space_of(Choice("a", ("A", "B"), fixed=1), Choice("b", ("A", "B"), fixed=1))
    assert not len(with_different(space.encode(raw[1:]), space, [own]))


def test_places_become_an_order() -> None:
    levels = (1.0, 2.0, 3.0)
    space = space_of(*(Number(name, 1, 3, levels=levels) for name in "abc"))
    own = Different(("a", "b", "c"), PAIRS)
    raw = np.array([[1.0, 1, 3], [3, 1, 2], [2, 2, 2], [3, 1, 1]])
    found = space.decode(with_different(space.encode(raw), space, [own]))
    assert found.round(9).tolist() == [[1, 2, 3], [3, 1, 2], [1, 2, 3], [3, 1, 2]]


def test_other_places_become_an_order_beside_those_that_are_fixed() -> None:
    levels = (1.0, 2.0, 3.0, 4.0)
    fixed = {"b": 3.0, "c": 1.0}
    space = space_of(*(Number(n, 1, 4, levels=levels, fixed=fixed.get(n)) for n in "abcd"))
    own = Different(tuple("abcd"), tuple(itertools.combinations(range(4), 2)))
    raw = np.array([[1.0, 3, 1, 1], [3, 3, 1, 2], [4, 3, 1, 2]])
    found = space.decode(with_different(space.encode(raw), space, [own]))
    assert found.round(9).tolist() == [[2, 3, 1, 4], [4, 3, 1, 2], [4, 3, 1, 2]]
