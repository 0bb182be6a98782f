"""A search that is killed, that has a budget, or that cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from search_problems import NO_ENUMERATION, StopError, rough, sequences

from torchbdi import InputError, Space
from torchbdi.search import FewDesignsError, Found, Reach, SearchOptions, maximise
from torchbdi.search.state import SearchState
from torchbdi.space import Choice, Number


@pytest.mark.parametrize("way", ["enumeration", "beam", "ascent", "alternation"])
def test_a_killed_search_ends_at_the_same_designs(way: str, tmp_path: Path) -> None:
    options = SearchOptions(
        enumerate=0, width=8, starts=200, steps=30, rounds=6, pairs=16, pair_rounds=2
    )
    space = sequences(6 if way == "beam" else 9)
    if way == "enumeration":
        options = SearchOptions()
    elif way != "beam":
        numbers = tuple(Number(f"x{i}", -3, 3) for i in range(3))
        choices = tuple(
            Choice(n, ("a", "b", "d")) for n in ("cdefgh" if way == "alternation" else "")
        )
        rng = np.random.default_rng(0)
        table = np.c_[rng.normal(size=(40, 3)), rng.integers(0, 3, (40, len(choices)))]
        space = Space(numbers + choices).fit(table)
    f = rough(space, 1)
    told: list[int] = []

    def search(folder: Path | None, last: int) -> Found:
        def tell(rounds: int, best: float) -> None:
            told.append(rounds)
            if rounds == last:
                raise StopError

        return maximise(f, space, 6, options=options, seed=4, folder=folder, after=tell)

    whole = search(None, 0)
    assert whole.way == way
    rounds = told.copy()
    assert len(rounds) >= 2
    for last in rounds:
        told.clear()
        folder = tmp_path / str(last)
        folder.mkdir()
        with pytest.raises(StopError):
            search(folder, last)
        again = search(folder, 0)
        assert torch.equal(again.x, whole.x)
        assert torch.equal(again.value, whole.value)
        assert again.evaluations == whole.evaluations
        assert told == [*rounds[:last], *rounds[last - 1 :]]  # a state is never ahead of the log


@pytest.mark.parametrize("options", [SearchOptions(), NO_ENUMERATION])
def test_a_kill_behind_the_write_of_a_state_loses_no_round(
    options: SearchOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, save = 0, SearchState.save

    def killed(state: SearchState, **values: Any) -> None:
        nonlocal written
        save(state, **values)
        written += 1
        if written == 2:
            raise StopError

    def search(folder: Path | None) -> list[int]:
        f = rough(space, 1)
        maximise(f, space, 6, options=options, folder=folder, after=lambda i, _: told.append(i))
        return told.copy()

    space = sequences(9)
    told: list[int] = []
    rounds = search(None)
    told.clear()
    monkeypatch.setattr(SearchState, "save", killed)
    with pytest.raises(StopError):
        search(tmp_path)
    assert search(tmp_path) == rounds


def test_a_budget_ends_a_search() -> None:
    space = sequences(10)
    options = SearchOptions(enumerate=0, budget=2000)
    found = maximise(rough(space, 0), space, 5, options=options)
    assert len(found.x) == 5
    assert found.evaluations < 2000 + 128 * 40


def test_a_budget_that_is_spent_too_soon_is_named() -> None:
    space, options = sequences(10), SearchOptions(enumerate=0, budget=1, width=8)
    with pytest.raises(FewDesignsError, match="within the budget of 1 evaluations"):
        maximise(rough(space, 0), space, 20, options=options)


def test_refusals() -> None:
    space = sequences(1)
    with pytest.raises(InputError, match="has 4 designs"):
        maximise(rough(space, 0), space, 5)
    with pytest.raises(InputError, match="finite at 0"):
        maximise(lambda x: x[:, 0] * float("nan"), space, 2)
    with pytest.raises(InputError, match="width must be an integer >= 1"):
        SearchOptions(width=0)
    with pytest.raises(InputError, match="n must be an integer >= 1"):
        maximise(rough(space, 0), space, 0)
    for rows, distance, told in (
        (torch.zeros(0, 4), 1.0, "rows must be finite"),
        (torch.tensor([[torch.nan]]), 1.0, "rows must be finite"),
        (torch.zeros(2, 4), 0.0, "distance must be above 0"),
        (torch.zeros(2, 4), float("nan"), "distance must be above 0"),
    ):
        with pytest.raises(InputError, match=told):
            Reach(rows, distance)
    with pytest.raises(InputError, match="D = 5 features, the space has 3"):
        maximise(rough(space, 0), space, 2, reach=Reach(torch.zeros(2, 5), 1.0))
