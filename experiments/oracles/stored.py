"""Trained networks on disk: safetensors, each with a card in JSON that says what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load, save

from torchbdi import MissingDataError
from torchbdi.kernels.files import sha256, write_atomic, write_json

from ..data import cache_folder
from ..data.cards import checked_card
from .recipes import PUBLISHED_SOURCE, RECIPES, Recipe
from .training import Fitted, letters_hash, predict

#: Networks that come with the code.
WEIGHTS = Path(__file__).parent / "weights"


@dataclass(frozen=True)
class StoredOracle:
    """A true function that is a trained network.

    Attributes:
        predict: raw designs (n, L), integers, to raw scores (n,), float64.
        spearman: rank correlation of prediction and score on rows it was not trained on.
        card: all that is known of it.
    """

    predict: Callable[[np.ndarray], np.ndarray]
    spearman: float
    card: dict[str, Any]


def own_weights() -> Path:
    """Where networks go that are trained on this machine."""
    return cache_folder() / "oracles"


def write_oracle(
    folder: Path, recipe: Recipe, fitted: Fitted, title: str, data_hash: str, seed: int
) -> Path:
    """Writes ``TASK-HASH.safetensors`` and, last, its card.

    Args:
        folder: made if it is not there.
        recipe: what was trained.
        fitted: the result.
        title: of the table.
        data_hash: of the table, :func:`letters_hash`.
        seed: of the training.

    Returns:
        The card's path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / f"{recipe.task}-{data_hash[:8]}.safetensors"
    state = {name: tensor.contiguous() for name, tensor in fitted.network.state_dict().items()}
    write_atomic(weights, lambda file: file.write(save(state)))
    card = {
        "task": recipe.task,
        "network": recipe.registered,
        "source": "retrained",
        "data": {"title": title, "rows": fitted.rows, "sha256": data_hash},
        "seed": seed,
        "training": {
            "epochs": recipe.epochs,
            "batch": recipe.batch,
            "lr": recipe.lr,
            "rows": fitted.rows - fitted.held_out,
            "minutes": round(fitted.minutes, 1),
            "cpu_minutes": round(fitted.cpu_minutes, 1),
            "device": fitted.device,
            "spearman_by_epoch": fitted.history,
        },
        "held_out": {
            "rows": fitted.held_out,
            "spearman": fitted.spearman,
            "rmse": fitted.rmse,
        },
        "published": {"spearman": recipe.published, "source": PUBLISHED_SOURCE},
        "scores": {"mean": fitted.mean, "std": fitted.std},
        "versions": {name: version(name) for name in ("torch", "numpy")},
        "weights_sha256": sha256(weights),
    }
    path = weights.with_suffix(".json")
    write_json(path, card)
    return path


def find_card(task: str, data_hash: str, *elsewhere: Path) -> Path | None:
    """The card of the network that was trained on this table, or None.

    Args:
        task: "utr" or "gfp".
        data_hash: of the table.
        elsewhere: folders to look in beside those that a run looks in.

    Raises:
        MissingDataError: a card is damaged; the message says which command makes it again.
    """
    for folder in (WEIGHTS, own_weights(), *elsewhere):
        path = folder / f"{task}-{data_hash[:8]}.json"
        if path.is_file():
            with checked_card(path, _again(task)) as card:
                if card["data"]["sha256"] == data_hash:
                    return path
    return None


def _command(task: str) -> str:
    return f"python -m experiments.oracles.fit {task}"


def _again(task: str) -> str:
    """What to do with a damaged network."""
    return f"Get it again, or delete it and train anew:\n  {_command(task)}"


def load_oracle(task: str, x: np.ndarray, y: np.ndarray) -> StoredOracle:
    """The network that was trained on a table.

    Args:
        task: "utr" or "gfp".
        x: the whole table, letters, (N, L).
        y: its scores, (N,).

    Raises:
        MissingDataError: there is none for this table, or its file is damaged; the message says
            which command makes it.
    """
    recipe, data_hash = RECIPES[task], letters_hash(x, y)
    path = find_card(task, data_hash)
    if path is None:
        raise MissingDataError(
            f"{task}: no network for this table (hash {data_hash[:8]}) in {WEIGHTS} or "
            f"{own_weights()}. Its true function is a network that has to be trained once; an "
            f"interrupted training goes on:\n  {_command(task)}"
        )
    with checked_card(path, _again(task)) as card:
        expected, spearman = card["weights_sha256"], float(card["held_out"]["spearman"])
        mean, std = (float(card["scores"][name]) for name in ("mean", "std"))
    weights = path.with_suffix(".safetensors")
    if not weights.is_file() or sha256(weights) != expected:
        raise MissingDataError(
            f"{weights} is missing or damaged (its SHA-256 is not the one in {path.name}). Delete "
            f"both and train again:\n  {_command(task)}"
        )
    network = recipe.network()
    network.load_state_dict(load(weights.read_bytes()))

    def score(designs: np.ndarray) -> np.ndarray:
        letters = torch.from_numpy(designs.astype(np.int64))
        return predict(network, letters, recipe.batch) * std + mean

    return StoredOracle(score, spearman, card)
