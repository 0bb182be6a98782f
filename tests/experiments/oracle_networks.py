"""Small trainings and stand-in networks for the tests of UTR and GFP."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from experiments.oracles import stored
from experiments.oracles.recipes import RECIPES, Recipe
from experiments.oracles.stored import own_weights, write_oracle
from experiments.oracles.training import Fitted, fit_network, letters_hash


def stand_in(task: str, x: np.ndarray, y: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An untrained network for a table, in the cache and in place of the committed one."""
    monkeypatch.setattr(stored, "WEIGHTS", Path("/nonexistent"))
    recipe = RECIPES[task]
    torch.manual_seed(0)
    fitted = Fitted(
        recipe.network(), float(y.mean()), float(y.std()), len(y), 10, 0.125, 1.0, [], 0.0, 0.0,
        "cpu",
    )  # fmt: skip
    return write_oracle(own_weights(), recipe, fitted, task, letters_hash(x, y), 0)


def tiny(task: str, **changes: object) -> Recipe:
    """A recipe that is over in a second."""
    return replace(RECIPES[task], **{"epochs": 2, "batch": 16, **changes})  # type: ignore[arg-type]


def check_resumption(
    recipe: Recipe,
    x: np.ndarray,
    y: np.ndarray,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> Fitted:
    """A training that is killed twice, and has its state damaged, ends with the same bits."""
    whole = fit_network(recipe, x, y, 0, folder / "whole")
    assert whole is not None
    per_epoch = -(-(len(y) - whole.held_out) // recipe.batch)
    for step in (2, per_epoch + 1):
        stopped = fit_network(recipe, x, y, 0, folder / "killed", step, checkpoint_every=0)
        assert stopped is None
    killed = folder / "killed"
    content = killed.read_bytes()
    killed.write_bytes(content[:999] + bytes([content[999] ^ 8]) + content[1000:])
    resumed = fit_network(recipe, x, y, 0, killed)
    said = capsys.readouterr().out
    assert f"{killed} is damaged" in said
    assert f"going on from step {per_epoch} ({killed})" in said
    assert resumed is not None
    assert resumed.history == whole.history
    assert len(whole.history) == recipe.epochs
    assert resumed.spearman == whole.spearman == whole.history[-1]
    for one, two in zip(
        resumed.network.state_dict().values(), whole.network.state_dict().values(), strict=True
    ):
        assert torch.equal(one, two)
    return whole
