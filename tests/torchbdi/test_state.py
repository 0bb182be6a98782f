"""Lightning's checkpoints as states: checked, kept twice, never unpickled."""

from __future__ import annotations

import random
from pathlib import Path

import lightning
import pytest
import torch
from torch import Tensor

import torchbdi
from torchbdi.kernels.errors import DamagedStateError
from torchbdi.kernels.files import state_before, write_state
from torchbdi.state import StateIO, newest_checkpoint


def model() -> torchbdi.BDI:
    x = torch.randn(20, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    y = x.sum(1)
    return torchbdi.BDI(x, (y - y.mean()) / y.std(), x[:4].unsqueeze(1) * 0.9)


def trained(
    steps: int, plugin: StateIO, save: list[tuple[int, Path]], ckpt_path: Path | None = None
) -> Tensor:
    class Saving(lightning.Callback):
        def on_train_batch_end(self, trainer: lightning.Trainer, *_: object) -> None:
            for step, path in save:
                if trainer.global_step == step:
                    trainer.save_checkpoint(path)

    made = model()
    trainer = lightning.Trainer(
        max_steps=steps, max_epochs=-1, accelerator="cpu", logger=False, callbacks=[Saving()],
        plugins=[plugin], enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(made, ckpt_path=ckpt_path, weights_only=True)
    assert trainer.global_step == steps
    return made.x_h.detach()


def test_a_damaged_checkpoint_is_found_and_the_one_before_leads_to_the_same_end(
    tmp_path: Path,
) -> None:
    path, said = tmp_path / "last.ckpt", []
    plugin = StateIO(said.append)
    expected = trained(8, plugin, [])
    assert torch.equal(trained(8, plugin, [(3, path), (6, path)]), expected)
    whole = path.read_bytes()
    for content, wanted in ((whole, 6), (whole[:700] + b"#" + whole[701:], 3)):
        path.write_bytes(content)
        found = newest_checkpoint(path, said.append)
        assert found is not None and found["global_step"] == wanted
        assert torch.equal(trained(8, plugin, [], path), expected)
    assert len(said) == 2 and all("last.ckpt is damaged" in text for text in said)
    state_before(path).unlink()
    assert newest_checkpoint(path, said.append) is None
    with pytest.raises(DamagedStateError, match="Begin anew"):
        plugin.load_checkpoint(path)
    plugin.remove_checkpoint(path)
    assert not list(tmp_path.iterdir())


def test_a_hundred_flipped_bits_are_found(tmp_path: Path) -> None:
    path, draw = tmp_path / "last.ckpt", random.Random(0)
    StateIO().save_checkpoint({"state_dict": {"x_h": torch.randn(30)}, "global_step": 3}, path)
    whole = path.read_bytes()
    assert torch.load(path, weights_only=True)["global_step"] == 3  # other tools can read it
    for _ in range(100):
        changed = bytearray(whole)
        changed[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        path.write_bytes(changed)
        said: list[str] = []
        assert newest_checkpoint(path, said.append) is None
        assert "is damaged" in said[0]


class Evil:
    """Unpickling it makes a file."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> object:
        return (Path.touch, (self.path,))


def test_a_checkpoint_is_never_unpickled(tmp_path: Path) -> None:
    proof, path, said = tmp_path / "proof", tmp_path / "last.ckpt", []
    torch.save({"a": Evil(proof)}, path)
    write_state(path, path.read_bytes())
    assert newest_checkpoint(path, said.append) is None
    assert not proof.exists()
    with pytest.raises(DamagedStateError):
        StateIO(said.append).load_checkpoint(path, weights_only=False)
    assert not proof.exists()
    torch.save(torch.ones(2), path)
    write_state(path, path.read_bytes())
    assert newest_checkpoint(path, said.append) is None
    assert "not a checkpoint" in said[-1]
    with pytest.raises(TypeError, match="storage_options"):
        StateIO().save_checkpoint({}, path, storage_options={})
