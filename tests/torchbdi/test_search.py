"""The search finds what enumeration and algebra say is there."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from torchbdi import InputError, Space
from torchbdi.search import Found, Reach, SearchOptions, maximise
from torchbdi.search.context import Search
from torchbdi.search.onto_levels import onto_levels
from torchbdi.space import Choice, Linear, Number

NO_ENUMERATION = SearchOptions(enumerate=0)


def sequences(length: int = 6, letters: str = "ACGT") -> Space:
    rng = np.random.default_rng(0)
    return Space.sequence(length, letters).fit(rng.integers(0, len(letters), (50, length)))


def rough(space: Space, seed: int) -> Callable[[Tensor], Tensor]:
    """A function of neighbouring features, with many local maxima."""
    rng = torch.Generator().manual_seed(seed)
    a = torch.randn(space.width, space.width, generator=rng, dtype=torch.float64)
    b = torch.randn(space.width, generator=rng, dtype=torch.float64)
    return lambda x: ((x @ a) * x).sum(1) / space.width + x @ b


def everything(space: Space) -> Tensor:
    levels = [
        range(len(c.classes)) if isinstance(c, Choice) else c.grid().tolist() for c in space.columns
    ]
    return space.encode(np.array(list(itertools.product(*levels)), dtype=float))


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


class StopError(Exception):
    """Stands for a kill."""


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
        assert told == rounds


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
    assert at == [1, 2, 3, 4, 5, 6]


def test_a_killed_enumeration_tells_of_its_rounds_as_another(tmp_path: Path) -> None:
    space = sequences(9)
    told: list[int] = []

    def tell(rounds: int, best: float) -> None:
        told.append(rounds)
        if len(told) == 2:
            raise StopError

    with pytest.raises(StopError):
        maximise(lambda x: x.sum(1), space, 5, folder=tmp_path, after=tell)
    maximise(lambda x: x.sum(1), space, 5, folder=tmp_path, after=tell)
    assert told == list(range(1, len(told) + 1))
    assert len(told) > 2


def test_a_budget_ends_a_search() -> None:
    space = sequences(10)
    options = SearchOptions(enumerate=0, budget=2000)
    found = maximise(rough(space, 0), space, 5, options=options)
    assert len(found.x) == 5
    assert found.evaluations < 2000 + 128 * 40


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
