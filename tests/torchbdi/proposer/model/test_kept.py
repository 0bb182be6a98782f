"""The steps of a run that its folder keeps: written, read back, and never a program."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import torch
from proposer_problems import growth, problem_of

from torchbdi.kernels.files import last_good_state, write_state
from torchbdi.kernels.tensors import from_bytes, to_bytes
from torchbdi.proposer.model.choice import choose
from torchbdi.proposer.model.kept import model_of, packed, solve_of


def test_the_scale_survives_a_state() -> None:
    chosen = choose(problem_of(*growth()))
    again = model_of(to_bytes(packed(chosen)))
    assert again.log and again.densities == chosen.densities and again.model == chosen.model
    assert from_bytes(to_bytes(packed(chosen)))["log"] is True


class Evil:
    """Unpickling it makes a file."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


def test_saved_state_is_never_unpickled(tmp_path: Path) -> None:
    """A state file that somebody else has put into the folder is data, not a program."""
    proof, kept = tmp_path / "proof", io.BytesIO()
    torch.save({"step": Evil(proof)}, kept)
    for name in ("model.state", "solve.state"):
        write_state(tmp_path / name, kept.getvalue())
    with pytest.warns(UserWarning, match=r"model\.state is of no use"):
        assert last_good_state(tmp_path / "model.state", model_of) is None
    with pytest.warns(UserWarning, match=r"solve\.state is of no use"):
        assert last_good_state(tmp_path / "solve.state", lambda c: solve_of(c, 1)) is None
    assert not proof.exists()
