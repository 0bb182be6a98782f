"""Designs changed at one site, at two, and in long sequences at several at once."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from search_problems import NO_ENUMERATION, StopError, everything, rough, sequences
from torch import Tensor

import torchbdi
from torchbdi import OfflineData, Space
from torchbdi.search import Objective, SearchOptions, beam, maximise
from torchbdi.search.beam import _change_several, _of_two
from torchbdi.search.objective import Counted
from torchbdi.search.pool import Pool
from torchbdi.search.sites import Sites
from torchbdi.solved import SingleLoss
from torchbdi.space import Choice

FEW_ROUNDS = SearchOptions(rounds=4, width=8, restarts=0, pairs=0)


@pytest.mark.parametrize("seed", range(5))
def test_a_beam_finds_the_best_of_all(seed: int) -> None:
    space = sequences()
    f = rough(space, seed)
    found = maximise(f, space, 10, options=NO_ENUMERATION, seed=seed)
    assert found.way == "beam"
    assert not found.complete
    torch.testing.assert_close(found.value, f(everything(space)).sort(descending=True)[0][:10])
    torch.testing.assert_close(found.value, f(found.x))
    assert len(space.distinct(found.x)) == 10


def test_two_changes_leave_a_place_that_one_does_not() -> None:
    """All A but for a prize for GG at the first two sites, of which one G alone is worse."""
    space = sequences(4)

    def f(x: Tensor) -> Tensor:
        codes = torch.from_numpy(space.decode(x))
        g = (codes[:, :2] == 2).sum(1)
        return (codes == 0).sum(1) + torch.tensor([0.0, -3, 10], dtype=torch.float64)[g]

    start = space.encode(np.zeros((1, 4)))
    few = SearchOptions(enumerate=0, width=1, restarts=0, pair_rounds=0)
    sampled = maximise(f, space, 1, starts=start, options=few)
    assert sampled.value[0] == 4
    found = maximise(
        f, space, 1, starts=start, options=SearchOptions(enumerate=0, width=1, restarts=0)
    )
    assert found.value[0] == 12


def test_fixed_columns_stay() -> None:
    columns = (Choice("a", ("x", "y", "z"), fixed=1), *sequences(4).columns)
    rng = np.random.default_rng(0)
    space = Space(columns).fit(np.c_[rng.integers(0, 3, 50), rng.integers(0, 4, (50, 4))])
    for options in (SearchOptions(), NO_ENUMERATION):
        found = maximise(rough(space, 0), space, 5, options=options)
        assert (space.decode(found.x)[:, 0] == 1).all()


def test_a_killed_beam_makes_no_more_rounds_than_another(tmp_path: Path) -> None:
    space = sequences(24, "AC")
    options = SearchOptions(enumerate=0, width=1, rounds=3, pairs=0, restarts=1)
    # A round betters one site of the one design, so that the rounds are over before the sites are.
    whole = maximise(lambda x: x.sum(1), space, 1, options=options, seed=0)
    at: list[int] = []

    def kill(rounds: int, best: float) -> None:
        at.append(rounds)
        if len(at) in (1, 3):
            raise StopError

    for _ in range(2):
        with pytest.raises(StopError):
            maximise(
                lambda x: x.sum(1), space, 1, options=options, seed=0, folder=tmp_path, after=kill
            )
    again = maximise(
        lambda x: x.sum(1), space, 1, options=options, seed=0, folder=tmp_path, after=kill
    )
    assert torch.equal(again.x, whole.x)
    assert at == [1, 1, 2, 2, 3, 4, 5, 6]  # killed before the states of 1 and 2 were written


class Wanted:
    """Letters that match a target, and a prize for neighbours that both do."""

    def __init__(self, space: Space):
        self.space = space
        self.target = np.random.default_rng(1).integers(0, 4, len(space.columns))

    def __call__(self, x: Tensor) -> Tensor:
        match = torch.from_numpy(self.space.decode(x) == self.target).double()
        return match.sum(1) + 0.5 * (match[:, 1:] * match[:, :-1]).sum(1)


def table(length: int = 40) -> OfflineData:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (60, length))
    return OfflineData.from_raw(
        codes, (codes == 1).sum(1) + rng.normal(0, 0.1, 60), Space.sequence(length, "ACGT")
    )


def test_a_long_sequence_takes_fewer_rounds_than_it_has_letters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    space = table().space
    f = Wanted(space)
    found = maximise(f, space, 4, options=FEW_ROUNDS)
    assert found.value[0] == 40 + 0.5 * 39
    monkeypatch.setattr(beam, "MANY", 10_000)
    assert maximise(f, space, 4, options=FEW_ROUNDS).value[0] < 45


def test_what_is_changed_at_once_are_the_best_changes_of_as_many_sites() -> None:
    """Against loops: for 2, 4, ... sites that are better, the best level of each."""
    space = table(20).space
    sites = Sites(space)
    weights = torch.from_numpy(np.random.default_rng(2).normal(size=(20, 4)))

    def f(x: Tensor) -> Tensor:
        codes = torch.from_numpy(space.decode(x)).long()
        return weights[torch.arange(20), codes].sum(1)

    x = space.sample(3, torch.Generator().manual_seed(0))
    codes, counted, pool = sites.codes(x), Counted(f, None), Pool(1000, space.width)
    value = counted.changes(x, codes, sites)
    own = f(x)
    old = (codes + sites.offset)[:, sites.site]
    value[old == torch.arange(sites.levels)] = -torch.inf
    _change_several(counted, sites, pool, x, codes, value, own)

    wanted = set()
    for row in codes.tolist():
        gain = weights - weights[torch.arange(20), row][:, None]
        level, most = gain.argmax(1), gain.amax(1)
        order = most.argsort(descending=True).tolist()
        better = int((most > 0).sum())
        for count in (2, 4, 8, 16):
            if count <= better:
                made = list(row)
                for site in order[:count]:
                    made[site] = int(level[site])
                wanted.add(tuple(made))
    assert len(wanted) >= 9
    assert {tuple(c) for c in sites.codes(pool.x).tolist()} == wanted
    torch.testing.assert_close(pool.value, f(pool.x))


def loss_of(data: OfflineData) -> SingleLoss:
    fit = torchbdi.fit_ridge(torchbdi.NTK(), data.x, data.y, 1e-3)
    return SingleLoss(torchbdi.NTK(), data.x, data.y, fit.coefficients, target=10.0)


@pytest.mark.parametrize("by_parts", [True, False])
def test_changes_of_two_have_the_values_of_the_designs(by_parts: bool) -> None:
    data = table(20)
    loss, sites = loss_of(data), Sites(data.space)
    objective: Objective = loss if by_parts else loss.__call__
    row = data.x[3]
    codes, f = sites.codes(row[None])[0], Counted(objective, None)
    best = torch.tensor([5, 42, 7, 79, 41, 0])  # two of them at one site, some the design's own
    value, numbers = _of_two(f, sites, row, codes, best)
    assert set(best.tolist()) <= set(numbers.tolist())
    assert torch.equal(numbers, numbers.sort().values)
    for (i, first), (j, second) in itertools.product(
        enumerate(best.tolist()), enumerate(numbers.tolist())
    ):
        many = codes.clone()
        for number in (first, second):
            many[sites.site[number]] = sites.level[number]
        wanted = loss(sites.put(row, many[None]))[0]
        torch.testing.assert_close(value[i, j], wanted, rtol=1e-7, atol=1e-7)


def test_levels_that_are_left_keep_their_features() -> None:
    sites = Sites(table(5).space)
    few = sites.some(torch.tensor([1, 2, 9, 18, 19]))
    assert few.sizes.tolist() == [2, 1, 2]
    assert few.level.tolist() == [0, 1, 0, 0, 1]
    whole = torch.cat([t for _, t in sites.parts])
    assert torch.equal(torch.cat([t for _, t in few.parts]), whole[[1, 2, 9, 18, 19]])
    assert [part for part, _ in few.parts] == [sites.parts[s][0] for s in (0, 2, 4)]
