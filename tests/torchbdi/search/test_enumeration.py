"""Small spaces are searched whole: what is found is the best."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from search_problems import NO_ENUMERATION, KilledOnce, StopError, everything, rough, sequences

from torchbdi import Space
from torchbdi.search import Reach, SearchOptions, maximise
from torchbdi.search.sites import Sites
from torchbdi.space import Choice, Linear, Number


def test_enumeration_finds_the_best() -> None:
    space = sequences()
    f = rough(space, 0)
    every = everything(space)
    value, at = f(every).sort(descending=True, stable=True)
    found = maximise(f, space, 20)
    assert found.complete
    assert found.evaluations == 4096
    torch.testing.assert_close(found.value, value[:20])
    torch.testing.assert_close(found.x, every[at[:20]])


def test_a_killed_enumeration_tells_of_its_rounds_as_another(tmp_path: Path) -> None:
    space = sequences(9)
    tell = KilledOnce()
    with pytest.raises(StopError):
        maximise(lambda x: x.sum(1), space, 5, folder=tmp_path, after=tell)
    maximise(lambda x: x.sum(1), space, 5, folder=tmp_path, after=tell)
    assert tell.told == [1, 2, *range(2, len(tell.told))]
    assert len(tell.told) > 2


@pytest.mark.parametrize("way", ["enumeration", "beam", "reach", "alternation", "listed"])
def test_choices_of_some_classes_are_searched_alone(way: str) -> None:
    levels = [None, (1, 2), (0, 1, 3), (3,), None, (0, 2)]
    columns = [Choice(f"s{i}", tuple("ACGT"), "s", levels=own) for i, own in enumerate(levels)]
    table = np.random.default_rng(0).integers(0, 4, (50, 6))
    rules = ()
    if way in ("alternation", "listed"):
        ends = {} if way == "alternation" else {"step": 1}
        columns = [*columns[:5], Number("t", 0, 3, **ends), Number("u", 0, 3, **ends)]
        table = np.c_[table[:, :5], np.repeat([[0, 3], [3, 0]], 25, 0)]
        rules = (Linear({"t": 1, "u": 1}, 3, 3),)
    space = Space(tuple(columns), rules).fit(table)
    f = rough(space, 1)
    reach = Reach(space.project(space.encode(table[:5])), sites=(99, 6)) if way == "reach" else None
    options = NO_ENUMERATION if way in ("beam", "reach", "alternation") else None
    found = maximise(f, space, 5, options=options, reach=reach)
    assert found.way == {"reach": "beam", "listed": "enumeration"}.get(way, way)
    assert bool(space.allowed(found.x).all())
    if way != "alternation":
        every = everything(space)
        every = every[space.allowed(every)]
        torch.testing.assert_close(found.value, f(every).sort(descending=True).values[:5])
    if way == "enumeration":
        assert found.evaluations == Sites(space).count == 4 * 2 * 3 * 1 * 4 * 2


@pytest.mark.parametrize("seed", range(4))
def test_a_mixed_space_comes_to_what_enumeration_finds(seed: int) -> None:
    """Two numbers on fine levels and three choices: 64 x 64 x 24 designs."""
    columns = (
        Number("t", 0, 63, step=1),
        Number("u", 0, 63, step=1),
        *(Choice(f"c{i}", tuple("abcd"[:k])) for i, k in enumerate((2, 3, 4))),
    )
    rng = np.random.default_rng(0)
    table = np.c_[rng.integers(0, 64, (80, 2)), *(rng.integers(0, k, 80) for k in (2, 3, 4))]
    space = Space(columns).fit(table)
    f = rough(space, seed)
    every = everything(space)
    found = maximise(f, space, 1, options=NO_ENUMERATION, seed=seed)
    assert found.value[0] == pytest.approx(float(f(every).max()), abs=1e-9)
    free = Space((Number("t", 0, 63), Number("u", 0, 63), *columns[2:])).fit(table)
    wider = maximise(f, free, 3, options=SearchOptions(starts=16), seed=seed)
    assert wider.way == "alternation"
    assert wider.value[0] >= found.value[0] - 1e-9
    assert free.allowed(wider.x).all()
