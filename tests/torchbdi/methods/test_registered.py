"""The methods of the folder on small tables: what they compute, seeds, kills, presets."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small_methods import UNDRAWN, letters, numbers, small
from told_runs import StoppedError, Told
from torch import Tensor

import torchbdi
from torchbdi import InputError
from torchbdi.data import OfflineData
from torchbdi.methods import registry
from torchbdi.methods.base import Run
from torchbdi.space import Choice, Linear, Number, Space

__all__ = ["letters", "numbers"]  # tables that tests ask for
# Methods with states of another kind are killed in tests of their own.
STEPPING = [
    name
    for name in registry.names()
    if registry.file_of(registry.method(name)) in ("bdi", "finite_ntk2nn", "ntk_ascent")
]


def by_hand(module: Any, steps: int) -> list[Tensor]:
    """The designs after every step of Adam, the starts first."""
    adam, seen = torch.optim.Adam([module.x_h], lr=module.hparams["lr"]), []
    for _ in range(steps + 1):
        seen.append(module.x_h.detach().clone())
        adam.zero_grad()
        module.loss()["total"].sum().backward()
        adam.step()
    return seen


@pytest.mark.parametrize("name", ["bdi", "backward_only", "forward_only", "rbf", "ntk_ascent"])
def test_a_method_is_its_module_and_adam(name: str, letters: OfflineData) -> None:
    told = Told()
    result = small(name).solve(letters, 6, told)
    kernel = torchbdi.RBF() if name == "rbf" else torchbdi.NTK()
    weights = {
        "backward_only": {"forward_weight": 0.0},
        "forward_only": {"backward_weight": 0.0},
    }.get(name, {})
    kind: Any = torchbdi.Ascent if name == "ntk_ascent" else torchbdi.BDI
    starts = letters.x[letters.best(6)].unsqueeze(1)
    module = kind(letters.x, letters.y, starts, kernel=kernel, lr=0.1, **weights)
    seen = by_hand(module, 10)
    assert torch.equal(result.x, seen[10][:, 0])
    assert result.starts is not None and torch.equal(result.starts, letters.best(6))
    assert sorted(told.kept) == list(range(11))
    assert all(torch.equal(told.kept[i], seen[i][:, 0]) for i in told.kept)
    assert sorted(told.logs) == list(range(1, 11))
    assert told.logs[10]["loss/total"] == result.facts["loss_total"]
    assert result.facts["loss_of"] == "designs as they learn"
    if name == "backward_only":
        assert result.predicted is None and "solver" not in result.facts
    else:
        fit = torchbdi.fit_ridge(kernel, letters.x, letters.y)
        torch.testing.assert_close(result.predicted, fit.predict(result.x), rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(small(name).score(letters, result.x), fit.predict(result.x))


def test_groups_keep_the_order_of_the_starts(letters: OfflineData) -> None:
    still = torchbdi.methods.BDI(steps=1, lr=0, designs_per_group=3).solve(letters, 6)
    assert torch.equal(still.x, letters.x[letters.best(6)])
    grouped = torchbdi.methods.BDI(steps=5, designs_per_group=3).solve(letters, 6)
    fit = torchbdi.fit_ridge(torchbdi.NTK(), letters.x, letters.y)
    torch.testing.assert_close(grouped.predicted, fit.predict(grouped.x), rtol=1e-9, atol=1e-9)
    with pytest.raises(InputError, match="designs_per_group=4 does not divide"):
        torchbdi.methods.BDI(designs_per_group=4).solve(letters, 6)


@pytest.mark.parametrize("m", [1, 2])
def test_centre_points_are_starts_too(m: int) -> None:
    """Where all features are 0, to rounding, the kernel is 0: a start has no model and no way."""
    levels = np.array([-1.0, 0.0, 1.0]) * 0.1 + 0.7
    raw = np.stack([a.ravel() for a in np.meshgrid(*[levels] * 3)], 1)
    raw = np.concatenate([raw, raw[13:14]])  # the centre, once more
    score = -(((raw - 0.7) / 0.1) ** 2).sum(1)  # which is the best design
    data = OfflineData.from_raw(raw, score, Space.numbers(3))
    assert float(data.x[data.best(2)].abs().max()) < 1e-12
    method = torchbdi.methods.BDI(steps=3, designs_per_group=m)
    found, again = (method.solve(data, 2).x for _ in range(2))
    assert torch.equal(found, again)
    assert found.isfinite().all()
    assert float(found.abs().amax()) > 0.01
    ahead = dataclasses.replace(method, backward_weight=0.0).solve(data, 2).x
    assert float(ahead.abs().amax()) < 0.01  # it has a loss there, and stays as it is


def test_settings_go_by_the_columns(letters: OfflineData, numbers: OfflineData) -> None:
    """repr: 0.1 in float32 would not be the paper's."""
    for data, lr, alpha in ((letters, "0.1", "0.0"), (numbers, "0.001", "0.001")):
        own = registry.method("bdi").settings_for(data)
        assert (repr(own["lr"]), repr(own["alpha"])) == (lr, alpha)
        assert own["tolerance"] == 1e-8
        assert repr(registry.method("nn").settings_for(data)["lr"]) == lr
        assert repr(registry.method("ntk_ascent").settings_for(data)["lr"]) == lr
    assert registry.method("bdi", lr=3, alpha=0.5).settings_for(letters)["lr"] == 3.0
    many = dataclasses.replace(letters)
    object.__setattr__(many, "x", torch.zeros(1, 1).expand(100_001, 1))
    assert registry.method("bdi").settings_for(many)["tolerance"] == 1e-6
    raw = np.stack([np.arange(9) % 3, np.linspace(0, 1, 9)], 1)
    space = Space((Choice("a", ("x", "y", "z")), Number("b")))
    mixed = OfflineData.from_raw(raw, raw[:, 1] ** 2, space)
    assert registry.method("bdi").settings_for(mixed)["lr"] == (0.1, 0.1, 0.001)
    assert registry.method("bdi").settings_for(mixed)["alpha"] == 0.0


@pytest.mark.parametrize("name", registry.names())
def test_once_more_gives_the_same_and_resolved_settings_are_settings(
    name: str, letters: OfflineData, numbers: OfflineData
) -> None:
    for data in (letters, numbers):
        method = small(name)
        one = method.solve(data, 4, Run(seed=7))
        assert one.x.dtype == torch.float64 and one.x.shape == (4, data.x.shape[1])
        resolved = type(method)(**method.settings_for(data))
        assert resolved.settings_for(data) == method.settings_for(data)
        assert torch.equal(resolved.solve(data, 4, Run(seed=7)).x, one.x)


SEARCHING = ("bdi_search", "kernel_search", "random")
MOVED_AS_A_WHOLE = ("autofocused_cbas", "bo_qei", "cbas", "cma_es", "min", "reinforce")


@pytest.mark.parametrize("name", registry.file_names())
def test_designs_keep_what_result_says(name: str) -> None:
    """In a space that forbids most rows of the table."""
    draw = np.random.default_rng(0)
    raw = np.c_[
        draw.uniform(-1, 1, (40, 3)), draw.integers(0, 11, 40), draw.integers(0, 3, (40, 2))
    ]
    columns = (
        Number("a", -0.5, 0.3), Number("b", -1, 1), Number("c", -1, 1, fixed=0.25),
        Number("d", 0, 10, step=1), Choice("e", tuple("xyz"), fixed=2), Choice("f", tuple("xyz")),
    )  # fmt: skip
    space = Space(columns, (Linear({"a": 1.0, "b": 1.0}, -0.2, 0.2),))
    data = OfflineData.from_raw(raw, raw[:, 0] + raw[:, 3] / 10 + (raw[:, 5] == 1), space)
    method = small(name)
    if name == "bo_qei":
        method = dataclasses.replace(method, gp_rows=20)  # type: ignore[call-arg]
    x = method.solve(data, 6, Run(seed=2)).x
    if name == "best_rows":
        assert torch.equal(x, data.x[data.best(6)])
        return
    low, high = data.space.bounds
    assert ((x >= low - 1e-12) & (x <= high + 1e-12)).all()
    if name in SEARCHING:
        assert data.space.allowed(x).all()
    elif name in MOVED_AS_A_WHOLE:
        torch.testing.assert_close(data.space.project(x, relax=True), x)
    assert data.space.allowed(data.space.project(x)).all()


@pytest.mark.parametrize("name", STEPPING)
def test_a_killed_run_goes_on_to_the_same_designs(
    name: str, letters: OfflineData, tmp_path: Path
) -> None:
    whole = Told()
    expected = small(name).solve(letters, 4, whole)
    with pytest.raises(StoppedError):
        small(name).solve(letters, 4, Told(tmp_path, die_at=8))
    again = Told(tmp_path)
    result = small(name).solve(letters, 4, again)
    assert sorted(again.logs) == list(range(6, 11))  # the state was that of step 5
    assert again.logs == {step: whole.logs[step] for step in again.logs}
    assert torch.equal(result.x, expected.x)
    done = small(name).solve(letters, 4, Told(tmp_path, die_at=10))  # its state is that of step 10
    assert torch.equal(done.x, expected.x)
    assert done.facts["loss_total"] == expected.facts["loss_total"]


def test_a_state_of_other_settings_is_refused(letters: OfflineData, tmp_path: Path) -> None:
    small("bdi").solve(letters, 4, Told(tmp_path))
    with pytest.raises(InputError, match=r"another run: target"):
        dataclasses.replace(small("bdi"), target=3.0).solve(letters, 4, Told(tmp_path))  # type: ignore[call-arg]


@pytest.mark.parametrize("name", registry.names())
def test_the_seed_alone_decides_and_nothing_global_is_drawn_changed_or_said(
    name: str, letters: OfflineData, capfd: pytest.CaptureFixture[str]
) -> None:
    torch.manual_seed(5)
    before, there = torch.random.get_rng_state(), np.random.get_state()[1].copy()
    one, two = (small(name).solve(letters, 4, run).x for run in (None, Run(seed=1)))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert np.array_equal(np.random.get_state()[1], there)
    assert capfd.readouterr() == ("", "")
    file = registry.file_of(registry.method(name))
    assert torch.equal(one, two) != (file not in UNDRAWN), (
        f"{file}: give other designs for another seed, or, where nothing is drawn, name the file "
        "in UNDRAWN of tests/torchbdi/methods/small_methods.py"
    )


def test_presets_are_what_table_3_says() -> None:
    found = registry.presets()
    assert set(found) >= {"backward_only", "forward_only", "rbf", "nn", "nn_small"}
    assert found["backward_only"] == torchbdi.methods.BDI(forward_weight=0)
    assert registry.label(torchbdi.methods.BDI(backward_weight=0)) == "forward_only"
    assert registry.label(torchbdi.methods.BDI()) == "bdi"
    assert registry.label(torchbdi.methods.FiniteNTK2NN()) == "nn"
    with pytest.raises(InputError, match="nothing to learn"):
        torchbdi.methods.BDI(forward_weight=0, backward_weight=0)


def test_the_best_rows_are_the_best_rows(numbers: OfflineData) -> None:
    result = torchbdi.methods.BestRows().solve(numbers, 5)
    order = sorted(range(60), key=lambda i: -float(numbers.y[i]))[:5]
    assert torch.equal(result.x, numbers.x[order])
    assert result.predicted is not None and torch.equal(result.predicted, numbers.y[order])


def test_random_designs_are_uniform_and_may_be_new() -> None:
    raw = np.array([[a, b] for a in range(4) for b in range(4)])[:14]
    data = OfflineData.from_raw(raw, raw.sum(1), Space.sequence(2, "ACGT"))
    drawn = data.space.decode(torchbdi.methods.Random().solve(data, 14, Run(seed=3)).x)
    assert not np.array_equal(drawn, raw)
    counts = np.zeros((4, 4))
    for seed in range(200):
        for a, b in data.space.decode(torchbdi.methods.Random().solve(data, 14, Run(seed=seed)).x):
            counts[a, b] += 1
    assert abs(counts / counts.sum() - 1 / 16).max() < 0.012  # five deviations of a share
    new = torchbdi.methods.Random(unseen=True)
    left = data.space.decode(new.solve(data, 2).x)
    assert sorted(map(tuple, left)) == [(3, 2), (3, 3)]
    with pytest.raises(InputError, match="found 2 of n=3 designs outside the table"):
        new.solve(data, 3)
