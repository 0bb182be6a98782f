"""RaM, COMs, NEMO, MIN, Grad, GradDB, RoMA: a hill, kills, and the defects of their sources."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from told_runs import StoppedError, Told
from torch import Tensor

from torchbdi import InputError
from torchbdi.data import OfflineData
from torchbdi.methods import registry
from torchbdi.methods._moved import move, nll_gradients
from torchbdi.methods.base import Method, Run
from torchbdi.methods.grad_db import GradDB, own_rows
from torchbdi.methods.min import MIN
from torchbdi.methods.ram import RaM
from torchbdi.methods.roma import RoMA
from torchbdi.space import Space

QUICK: dict[str, dict[str, Any]] = {
    "ram": {"width": 32, "net_epochs": 20, "lists": 40, "list_batch": 4, "list_size": 20},
    "coms": {"width": 32, "net_epochs": 30, "net_batch": 32, "inner_steps": 10},
    "nemo": {"width": 16, "net_epochs": 30, "net_batch": 32, "steps": 50},
    "min": {"width": 32, "net_epochs": 160, "net_batch": 36, "net_lr": 2e-3, "critic_steps": 5},
    "grad": {"width": 32, "net_epochs": 15, "net_batch": 32, "net_lr": 3e-3},
    "grad_db": {"width": 32, "net_epochs": 15, "net_batch": 32, "net_lr": 3e-3, "members": 2},
    "roma": {"width": 16, "net_epochs": 8, "net_batch": 32, "net_lr": 3e-3, "attacks": 2,
             "adaptations": 3, "steps": 60, "vae_epochs": 3, "vae_hidden": 16},
}  # fmt: skip
TINY = {"width": 8, "net_epochs": 3, "lists": 20, "list_batch": 2, "list_size": 5, "vae_epochs": 3}


def quick(name: str, **changes: Any) -> Method:
    fields = {field.name for field in registry.fields(name)}
    wanted = {**QUICK[name], **changes}
    return registry.method(name, **{k: v for k, v in wanted.items() if k in fields})


def height(raw: np.ndarray) -> np.ndarray:
    """A hill whose top, 0, is at (1, -1)."""
    return np.asarray(-((raw - np.array([1.0, -1.0])) ** 2).sum(1))


@pytest.fixture(scope="module")
def hill() -> OfflineData:
    """Points around the foot of the hill, none of which is near its top."""
    raw = np.random.default_rng(0).uniform(-2, 2, (400, 2))
    raw = raw[height(raw) < -2.0][:200]
    return OfflineData.from_raw(raw, height(raw), Space.numbers(2))


@pytest.fixture(scope="module")
def letters() -> OfflineData:
    raw = np.random.default_rng(0).integers(0, 4, (60, 5))
    return OfflineData.from_raw(raw, (raw == 2).sum(1) + raw[:, 0] / 5, Space.sequence(5, "ACGT"))


told_of = partial(Told, seed=3, checkpoint_every=2)


def test_roma_tells_how_much_of_its_starts_the_codes_bring_back(letters: OfflineData) -> None:
    result = quick("roma", steps=1, lr=1e-12, vae_epochs=40).solve(letters, 12)  # nothing moves
    rows = letters.space.decode(letters.x[letters.best(12)])
    same = [
        found == known
        for design, row in zip(letters.space.decode(result.x), rows, strict=True)
        for found, known in zip(design, row, strict=True)
    ]
    assert 0 < sum(same) < len(same)
    assert result.facts["starts_recovered"] == sum(same) / len(same)


def test_roma_makes_codes_of_tables_without_classes_where_it_is_told_to(hill: OfflineData) -> None:
    result = quick("roma", latent=2, vae_epochs=30, steps=1, lr=1e-12).solve(hill, 12)
    found, known = hill.space.decode(result.x), hill.space.decode(hill.x[hill.best(12)])
    assert np.isfinite(found).all()
    assert np.corrcoef(found[:, 0], known[:, 0])[0, 1] > 0.5  # the codes bring back where it was
    assert result.facts == {}  # there are no classes


@pytest.mark.parametrize("name", QUICK)
def test_designs_are_higher_up_the_hill_than_the_table(name: str, hill: OfflineData) -> None:
    n = 200 if name == "min" else 20
    result = quick(name).solve(hill, n, Run(seed=1))
    found = height(hill.space.decode(result.x))
    there = height(hill.space.decode(hill.x[hill.best(n)]))
    assert found.max() > there.max()
    assert np.median(found) > np.median(there)  # for MIN, whose designs are draws, of all rows
    assert (result.starts is None) == (name == "min")
    if result.starts is not None:
        assert torch.equal(result.starts, hill.best(20))


@pytest.mark.parametrize("name", QUICK)
def test_a_killed_run_goes_on_to_the_same_designs(
    name: str, letters: OfflineData, tmp_path: Path
) -> None:
    method = quick(name, **TINY, **({} if name == "min" else {"steps": 5}))
    whole = told_of()
    expected = method.solve(letters, 4, whole)
    last = max(whole.logs)
    assert sorted(whole.logs) == list(range(1, last + 1))
    for die_at in (3, last):  # within the first stage, and within the last one
        with pytest.raises(StoppedError):
            method.solve(letters, 4, told_of(tmp_path, die_at))
    again = told_of(tmp_path)
    result = method.solve(letters, 4, again)
    assert again.logs == {step: whole.logs[step] for step in again.logs}
    assert min(again.logs) > last - 3
    assert torch.equal(result.x, expected.x)
    once_more = method.solve(letters, 4, told_of(tmp_path, die_at=1))  # nothing is left to do
    assert torch.equal(once_more.x, expected.x)
    if name != "min":
        assert torch.equal(whole.kept[5], expected.x)
        with pytest.raises(InputError, match="of 4 designs, not of 3"):
            method.solve(letters, 3, told_of(tmp_path))
    with pytest.raises(InputError, match="another run"):
        quick(name, **{**TINY, "width": 9}).solve(letters, 4, told_of(tmp_path))


def test_designs_stay_within_the_bounds_of_the_space(hill: OfflineData) -> None:
    from torchbdi.space import Number

    raw = hill.space.decode(hill.x)
    space = Space((Number("a", -2, 0.25), Number("b", -0.5, 2)))
    inside = raw[(raw[:, 0] <= 0.25) & (raw[:, 1] >= -0.5)]
    data = OfflineData.from_raw(inside, height(inside), space)
    for name in QUICK:
        changes: dict[str, Any] = {"net_epochs": 4}
        if name in ("ram", "grad", "nemo", "roma"):
            changes["lr"] = 0.05
        x = quick(name, **changes).solve(data, 10).x
        low, high = data.space.bounds
        assert bool(((x >= low) & (x <= high)).all()), name


@pytest.mark.parametrize("name", QUICK)
def test_gradients_that_are_switched_off_outside_play_no_part(
    name: str, letters: OfflineData
) -> None:
    method = quick(name, **TINY, **({} if name == "min" else {"steps": 2}))
    expected = method.solve(letters, 4)
    with torch.no_grad():
        result = method.solve(letters, 4)
    assert torch.equal(result.x, expected.x)


def test_ram_takes_the_last_epoch_only_as_published(hill: OfflineData) -> None:
    """A rate that is far too high makes the last epoch the best one of neither."""
    for as_published in (False, True):
        told = told_of()
        method = quick("ram", net_lr=0.05, as_published=as_published, steps=1)
        facts = method.solve(hill, 4, told).facts
        seen = [told.logs[i]["loss/validation"] for i in range(1, 21)]
        best = int(np.argmin(seen)) + 1
        assert best < 20
        assert facts["epoch"] == (20 if as_published else best)
        assert facts["loss_validation"] == seen[19 if as_published else best - 1]


def test_rams_validation_lists_are_of_rows_trained_on_only_as_published(hill: OfflineData) -> None:
    for as_published in (False, True):
        train, held = RaM(as_published=as_published)._rows(hill, 0)
        common = set(train.tolist()) & set(held.tolist())
        assert len(common) == (200 if as_published else 0)
        assert len(held) == (200 if as_published else 40)
    few = OfflineData.from_raw(np.arange(10.0).reshape(5, 2), np.arange(5.0), Space.numbers(2))
    with pytest.raises(InputError, match="of the 5 rows 1 are held out"):
        RaM().solve(few, 2)
    with pytest.raises(InputError, match="list_size=50 different rows are more than the 40"):
        quick("ram", list_size=50).solve(hill, 4)
    with pytest.raises(InputError, match="must fill a batch of list_batch=9"):
        RaM(lists=40, list_batch=9)


def test_min_goes_through_the_rows_in_one_order_only_as_published() -> None:
    rows = torch.arange(30)
    for as_published in (False, True):
        method = MIN(as_published=as_published)
        one, two = (method.order(rows, 0, epoch) for epoch in (1, 2))
        assert torch.equal(one, two) == as_published
        assert torch.equal(two.sort()[0], rows)
    assert MIN().heat(1) == 5.0
    assert MIN().heat(200) == 1.0
    assert MIN(net_epochs=1).heat(1) == 5.0


def test_grad_mean_is_grad_min_only_as_published(hill: OfflineData) -> None:
    def solved(**settings: Any) -> Tensor:
        return quick("grad_db", **settings).solve(hill, 5).x

    mean, least = solved(aggregate="mean"), solved(aggregate="min")
    assert not torch.allclose(mean, least)
    assert torch.equal(solved(aggregate="mean", as_published=True), least)
    assert torch.equal(solved(aggregate="min", as_published=True), least)
    means = torch.tensor([[1.0, 5.0], [3.0, 1.0]])
    assert GradDB().together(means).tolist() == [2.0, 3.0]
    assert GradDB(aggregate="min").together(means).tolist() == [1.0, 1.0]
    rows, counts = own_rows(3, 20, 4, seed=0)
    for own, count in zip(rows, counts, strict=True):
        assert len(set(own.tolist())) == 16 and int(count.sum()) == 16
        assert set(count.nonzero().flatten().tolist()) <= set(own.tolist())
    assert not torch.equal(rows[0], rows[1])


def test_romas_biases_stand_still_at_first_only_as_published(hill: OfflineData) -> None:
    from torchbdi.methods._ensemble import Ensemble
    from torchbdi.network import seeded

    for as_published in (False, True):
        net = Ensemble(1, 2, [8], generator=seeded(0), activation=torch.nn.functional.softplus)
        gradients = nll_gradients(net, hill.x[:9].float(), hill.y[:9].float())
        move(net, gradients, 0.1, together=not RoMA(as_published=as_published).as_published)
        moved = [bool(bias.abs().sum() > 0) for bias in net.body.biases]
        assert moved == [not as_published] * 2
