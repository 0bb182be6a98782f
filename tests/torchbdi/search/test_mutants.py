"""Designs of sites alone that stay near what is known."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

import torchbdi
from torchbdi import InputError, OfflineData, Space
from torchbdi.kernels.zonal.sums import Part
from torchbdi.methods.kernel_search import KernelSearch
from torchbdi.proposer.report.page import html_report
from torchbdi.proposer.report.summary import summary
from torchbdi.search import Reach, SearchOptions, maximise, mutants
from torchbdi.search.mutants import Mutants
from torchbdi.search.objective import Counted
from torchbdi.search.sites import Sites
from torchbdi.space import Choice, Number

AMINO = "ACDEFGHIKLMNPQRSTVWY"


def table(length: int, rows: int = 12) -> OfflineData:
    """Few letters are common: features differ by more where a letter is rare."""
    rng = np.random.default_rng(0)
    codes = rng.choice(4, (rows, length), p=[0.6, 0.2, 0.1, 0.1])
    codes[:4] = np.arange(4)[:, None]  # every letter stands somewhere at every site
    return OfflineData.from_raw(codes, rng.normal(size=rows), Space.sequence(length, "ACGT"))


def slowly(x: Tensor, data: OfflineData) -> tuple[np.ndarray, np.ndarray]:
    """Distances and numbers of different sites from every row, (n, N) each."""
    codes, known = data.space.decode(x), data.space.decode(data.x)
    distance = torch.cdist(x, data.x).numpy()
    return distance, (codes[:, None] != known).sum(2)


@pytest.mark.parametrize(("distance", "count"), [(5.0, 9), (99.0, 2), (6.5, 3), (0.1, 0)])
def test_who_is_near_is_who_loops_say(distance: float, count: int) -> None:
    data = table(6)
    sites = Sites(data.space)
    near = Mutants(sites, data.x, distance, count)
    x = torch.cat([data.space.sample(40, torch.Generator().manual_seed(1)), data.x])
    far, differ = slowly(x, data)
    expected = (far.min(1) <= distance) & (differ.min(1) <= count)
    assert near.allow(x).tolist() == expected.tolist()
    assert near.allow(x[:0]).shape == (0,)
    assert 0 < expected.sum() < 52
    some = sites.some(torch.tensor([0, 1, 5, 6, 13, 20, 23]))
    for levels in (sites, some):
        found = near.allow_changes(x, levels)
        for b, a in itertools.product(range(len(x)), range(levels.levels)):
            codes = sites.codes(x[b : b + 1])
            number = int(levels.numbers[a])
            codes[0, sites.site[number]] = sites.level[number]
            assert found[b, a] == near.allow(sites.put(x[b], codes))[0]


class Weighted:
    """A sum of weights, which is asked for designs or for the parts that they share."""

    def __init__(self, weights: Tensor, shared: bool):
        self.weights = weights
        self.pairs = self._pairs if shared else None

    def __call__(self, x: Tensor) -> Tensor:
        return x @ self.weights

    def _pairs(self, left: Tensor, right: Sequence[Part], old: Tensor, norm: Tensor) -> Tensor:
        own = torch.cat([levels @ self.weights[at] for at, levels in right])
        return (left @ self.weights)[:, None] + own - own[old]


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("limit", [(5.0, 9), (99.0, 2), (99.0, 0)])
def test_changes_are_those_that_may_be(limit: tuple[float, int], shared: bool) -> None:
    """The design itself has its value at each of its levels, whatever else may be put in."""
    data = table(6)
    sites = Sites(data.space)
    near = Mutants(sites, data.x, *limit)
    f = Weighted(torch.from_numpy(np.random.default_rng(1).normal(size=data.space.width)), shared)
    counted = Counted(f, None, near)
    x, codes = data.x, sites.codes(data.x)
    found = counted.changes(x, codes, sites)
    for b, a in itertools.product(range(len(x)), range(sites.levels)):
        moved = codes[b].clone()
        moved[sites.site[a]] = sites.level[a]
        design = sites.put(x[b], moved[None])
        expected = f(design)[0] if near.allow(design)[0] else torch.tensor(-torch.inf).double()
        torch.testing.assert_close(found[b, a], expected)
    assert counted.evaluations <= len(x) * sites.levels


def test_how_far_rows_are_from_the_nearest_other_one() -> None:
    data = table(6)
    near = Mutants(Sites(data.space), data.x, 1.0, 1)
    rows = torch.tensor([3, 0, 11])
    far, differ = (np.sort(m.astype(float), 1) for m in slowly(data.x, data))
    for share, nearest in ((0.0, 1), (0.1, 2), (0.5, 6)):
        apart, count = near.apart(data.x[rows], share)
        np.testing.assert_allclose(apart, far[rows, nearest], rtol=1e-5)
        assert count.tolist() == differ[rows, nearest].tolist()
    twice = Mutants(Sites(data.space), torch.cat([data.x, data.x]))
    assert torch.equal(twice.apart(data.x, 0.1)[1], near.apart(data.x, 0.1)[1])
    assert Mutants(Sites(data.space), data.x[:1]).apart(data.x[:1], 0.1)[1].tolist() == [0.0]


def test_sites_of_many_levels_are_told_apart_exactly() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 40, (200, 5))
    space = Space(tuple(Choice(f"c{i}", tuple(f"l{j}" for j in range(40))) for i in range(5)))
    data = OfflineData.from_raw(codes, rng.normal(size=200), space)
    near = Mutants(Sites(data.space), data.x, 1.0, 0)
    assert near.allow(data.x).all()
    moved = codes.copy()
    moved[:, 2] = (moved[:, 2] + 1) % 40
    assert near.within(99.0, 1).allow(data.space.encode(moved)).all()


def test_a_search_without_starts_begins_at_the_rows_of_its_reach() -> None:
    data = table(30)
    found = maximise(
        lambda x: -x.square().sum(1), data.space, 4, reach=Reach(data.x, sites=(99.0, 2))
    )
    assert (slowly(found.x, data)[1].min(1) <= 2).all()
    mixed = Space((Number("t", 0.0, 1.0), *table(30).space.columns))
    raw = np.concatenate([np.linspace(0, 1, 12)[:, None], data.space.decode(data.x)], 1)
    both = OfflineData.from_raw(raw, np.arange(12.0), mixed)
    found = maximise(lambda x: x.sum(1), both.space, 4, reach=Reach(both.x, sites=(99.0, 2)))
    differ = (both.space.decode(found.x)[:, None, 1:] != raw[:, 1:]).sum(2)
    assert (differ.min(1) <= 2).all()
    free = OfflineData.from_raw(raw[:, :1], np.arange(12.0), Space.numbers(1))
    found = maximise(lambda x: x.sum(1), free.space, 4, reach=Reach(free.x, 0.1, (99.0, 2)))
    assert free.x.max() < found.x.max() + 1e-9  # where there are no sites nothing limits them


def test_variants_in_one_column_do_not_shut_in_the_others() -> None:
    """Each sequence stands at three temperatures: the nearest design differs in that alone."""
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(25):
        row = np.array(list("ACGT" * 6))
        row[rng.choice(24, 3, replace=False)] = rng.choice(list("ACGT"), 3)
        rows += [("".join(row), t) for t in ("cold", "warm", "hot")]
    frame = pd.DataFrame(rows, columns=["site", "T"])
    score = pd.Series(rng.normal(size=75), name="y")
    for fix in ({}, {"T": "hot"}):
        p = torchbdi.propose(frame, score, n=300, fix=fix, progress=False, backtest=False)
        assert len(p) == 300
        assert p.sites is not None and p.sites >= 3


def test_a_search_finds_the_best_of_what_is_near() -> None:
    data = table(6)
    weights = torch.from_numpy(np.random.default_rng(3).normal(size=data.space.width))
    reach = Reach(data.x, sites=(6.0, 2))
    options = SearchOptions(width=64, restarts=0)
    found = maximise(lambda x: x @ weights, data.space, 10, reach=reach, options=options,
                     starts=data.x)  # fmt: skip
    assert found.way == "beam"
    every = torch.cartesian_prod(*[torch.arange(4)] * 6)
    x = torch.from_numpy(data.space.encode(every.numpy()).numpy())
    far, differ = slowly(x, data)
    allowed = x[(far.min(1) <= 6.0) & (differ.min(1) <= 2)]
    assert 100 < len(allowed) < 3000
    best = (allowed @ weights).sort(descending=True).values[:10]
    torch.testing.assert_close(found.value, best)


def test_what_a_reach_brings_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutants are large; the search, wider ones too, and a method's solve make them once."""
    data = table(30)
    weights = torch.from_numpy(np.random.default_rng(3).normal(size=data.space.width))
    reach = Reach(data.x, sites=(6.0, 2))
    expected = [
        maximise(lambda x: x @ weights, data.space, 4, reach=own) for own in (reach, reach.wider())
    ]
    monkeypatch.setattr("torchbdi.search.context.Mutants", None)
    brought = replace(reach, mutants=Mutants(Sites(data.space), data.x))
    for own, before in zip((brought, brought.wider()), expected, strict=True):
        found = maximise(lambda x: x @ weights, data.space, 4, reach=own)
        assert torch.equal(found.x, before.x)
    KernelSearch(kernel="ntk", depth=2, acquisition="mean", width=8, rounds=2).solve(data, 4)


def test_too_few_near_designs_name_the_limit() -> None:
    data = table(6)
    with pytest.raises(InputError, match=r"largest number of sites, and n = 50\. Ask"):
        maximise(lambda x: x[:, 0], data.space, 50, reach=Reach(data.x[:1], sites=(99.0, 1)))


def test_what_a_reach_cannot_be() -> None:
    for sites in ((0.0, 2), (1.0, 0)):
        with pytest.raises(InputError, match="sites must be above 0"):
            Reach(torch.zeros(1, 2), sites=sites)


def test_proposals_of_a_protein_are_mutants_of_what_was_measured() -> None:
    """Of a long sequence a few sites are varied; a far design was never tested."""
    rng = np.random.default_rng(0)
    wild = rng.choice(list(AMINO), 60)
    rows, worth = [], rng.normal(size=(60, 20))
    for _ in range(90):
        row = wild.copy()
        at = rng.choice(60, rng.integers(1, 6), replace=False)
        row[at] = rng.choice(list(AMINO), len(at))
        rows.append("".join(row))
    known = np.array([list(row) for row in rows])
    score = np.array([
        sum(worth[i, AMINO.index(c)] for i, c in enumerate(row) if c != wild[i]) for row in rows
    ]) + rng.normal(0, 0.1, 90)  # fmt: skip
    p = torchbdi.propose(
        pd.DataFrame({"protein": rows}), pd.Series(score, name="activity"), n=16,
        progress=False, backtest=False,
    )  # fmt: skip
    own = np.sort((known[:, None] != known).sum(2), 1)
    most = np.ceil(np.quantile(own[:, 9], 0.99))
    assert most < 10
    made = np.array([list(row) for row in p.columns["protein"]])
    assert len({"".join(row) for row in made}) == 16
    assert (made[:, None] != known).sum(2).min(1).max() <= most
    assert p.sites == most
    told = f"differs from a known design at {int(most)} of its free letters and levels"
    assert told in html_report(p)
    assert told in summary(p, Path("run"))


def test_of_many_rows_the_nearest_ones_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is allowed then is near, and hardly anything is missed."""
    data = table(8, 300)
    sites = Sites(data.space)
    near = Mutants(sites, data.x, 5.0, 2)
    x = data.space.sample(30, torch.Generator().manual_seed(2))
    every = near.allow_changes(x, sites)
    monkeypatch.setattr(mutants, "NEAREST", 20)
    some = near.allow_changes(x, sites)
    assert not (some & ~every).any()
    assert 0.9 * every.sum() < some.sum() < some.numel()


def test_an_objective_is_not_asked_for_no_designs() -> None:
    data = table(6)
    near = Mutants(Sites(data.space), data.x[:1], 0.0, 0)
    far = data.x[(data.x != data.x[0]).any(1)]

    def objective(x: Tensor) -> Tensor:
        assert len(x)
        return x[:, 0]

    counted = Counted(objective, None, near)
    assert (counted(far) == -torch.inf).all() and counted.evaluations == 0
