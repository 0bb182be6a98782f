"""The state of a run is that of one table, one set of settings and one space."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from small_methods import small

import torchbdi
from torchbdi import InputError, OfflineData, Space, module
from torchbdi.kernels.files import write_state
from torchbdi.kernels.tensors import to_bytes
from torchbdi.methods import registry
from torchbdi.methods._kept import Kept
from torchbdi.methods.base import Run
from torchbdi.space import Linear, Number
from torchbdi.state import newest_checkpoint

RAW = np.random.default_rng(0).uniform(-3, 3, (40, 3))


def data(high: float = 3.0, rules: tuple[Linear, ...] = ()) -> OfflineData:
    """One table, whatever its designs may be."""
    space = Space(tuple(Number(name, -3, high) for name in "abc"), rules)
    return OfflineData.from_raw(RAW, RAW[:, 0] - RAW[:, 1] ** 2, space)


@pytest.mark.parametrize("name", ["grad", "roma", "cma_es"])
def test_a_state_of_another_space_is_refused(name: str, tmp_path: Path) -> None:
    """Designs that were moved within other bounds were handed over as those of this space."""
    method = small(name)
    first = method.solve(data(), 4, Run(folder=tmp_path))
    assert torch.equal(method.solve(data(), 4, Run(folder=tmp_path)).x, first.x)
    for other in (data(high=1.0), data(rules=(Linear({"a": 1.0, "b": 1.0}, -1, 1),))):
        assert torch.equal(other.x, data().x)
        with pytest.raises(InputError, match=r"its space, .*, is another one\. Take another"):
            method.solve(other, 4, Run(folder=tmp_path))


def test_a_state_from_before_spaces_were_kept_goes_on(tmp_path: Path) -> None:
    kept = Kept(Run(folder=tmp_path), registry.method("grad"), data(), 4)
    write_state(tmp_path / "old.pt", to_bytes({"of": kept.key, "done": 3}))
    assert kept.read("old") == {"done": 3}
    write_state(tmp_path / "old.pt", to_bytes({"of": "other", "done": 3}))
    with pytest.raises(InputError, match="its table, settings, seed or number of designs differ"):
        kept.read("old")


def test_a_state_of_another_revision_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgrade that gives other numbers went on from what the older one had computed."""
    method = small("cma_es")
    first = method.solve(data(), 4, Run(folder=tmp_path))
    assert torch.equal(method.solve(data(), 4, Run(folder=tmp_path)).x, first.x)
    own = type(method).revision
    monkeypatch.setattr(type(method), "revision", own + 1)
    words = rf"revision {own}\.1 of the method, and this is {own + 1}\.1, which gives other"
    with pytest.raises(InputError, match=words):
        method.solve(data(), 4, Run(folder=tmp_path))


@pytest.mark.parametrize("name", ["bdi", "ntk_ascent", "finite_ntk2nn"])
def test_designs_of_another_revision_or_method_are_not_gone_on_from(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Designs that learn are kept in Lightning's checkpoint, which knew neither."""
    method, run = small(name), Run(folder=tmp_path, checkpoint_every=1)
    first = method.solve(data(), 4, run)
    assert torch.equal(method.solve(data(), 4, run).x, first.x)
    own = type(method).revision
    with monkeypatch.context() as patch:
        patch.setattr(type(method), "revision", own + 1)
        words = rf"last\.ckpt is the state of revision {own} of the method, and this is {own + 1},"
        with pytest.raises(InputError, match=words):
            method.solve(data(), 4, run)
    with monkeypatch.context() as patch:
        own = torchbdi.REVISION
        patch.setattr(module, "REVISION", own + 1)
        words = f"of revision {own} of torchbdi, and this is {own + 1}, which gives other numbers"
        with pytest.raises(InputError, match=words):
            method.solve(data(), 4, run)
    path = tmp_path / "last.ckpt"
    older = newest_checkpoint(path)
    assert older is not None
    del older["torchbdi"]["revision"], older["torchbdi"]["class"]
    for state in older["callbacks"].values():
        del state["revision"]
    write_state(path, to_bytes(older))
    assert torch.equal(method.solve(data(), 4, run).x, first.x)


def test_the_steps_of_an_ascent_are_not_those_of_bdi(tmp_path: Path) -> None:
    """All settings of their modules can be the same."""
    run = Run(folder=tmp_path, checkpoint_every=1)
    registry.method("forward_only", steps=2, alpha=0.0).solve(data(), 4, run)
    with pytest.raises(InputError, match="the checkpoint is one of BDI, not of Ascent"):
        registry.method("ntk_ascent", steps=3).solve(data(), 4, run)
