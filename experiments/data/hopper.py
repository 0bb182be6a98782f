"""The regenerated Hopper data set: policies from evolution-strategies runs, with their returns.

Design-bench's own 3,200 policies are no longer served. This set has the same shape and layout and
comes, like them, from along the way of several training runs; but it is another set, and scores
normalised by the range of one say nothing about the other.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from torchbdi import TorchBDIError
from torchbdi.kernels.files import sha256, write_json

from ..oracles.pool import run_all
from ..robots.hopper import START_SEED
from .arrays import write_npy
from .cards import is_whole, make_once
from .evolution import EvolutionConfig, evolve_once
from .recipes import HOPPER as GENERATOR_VERSION

X_NAME = "hopper_controller-x-0.npy"
Y_NAME = "hopper_controller-y-0.npy"
CARD_NAME = "hopper_controller-card.json"

_PERCENTILES = (5, 10, 25, 50, 75, 90, 95)


@dataclass(frozen=True)
class TableConfig:
    """How many runs make a table, and of what kind; the defaults give 3,200 rows."""

    runs: int = 4
    evolution: EvolutionConfig = field(default_factory=EvolutionConfig)


#: The table that the Hopper task uses.
TABLE = TableConfig()


def _recipe(seed: int, config: TableConfig) -> dict[str, Any]:
    """All that the numbers of a table depend on, apart from the machine's arithmetic."""
    return {
        "generator_version": GENERATOR_VERSION,
        "seed": seed,
        "start_seed": START_SEED,
        "config": asdict(config),
        "versions": {name: version(name) for name in ("gymnasium", "mujoco", "numpy")},
    }


def is_complete(seed: int, out_dir: Path, config: TableConfig = TABLE) -> bool:
    """Whether the folder holds this table, whole and unchanged."""
    return is_whole(out_dir / CARD_NAME, "recipe", _recipe(seed, config))


def generate(
    seed: int, out_dir: Path, workers: int | None = None, config: TableConfig = TABLE
) -> None:
    """Make the table and write it in design-bench's shard layout, with a card that describes it.

    The bytes depend on the seed and the configuration, not on the number of workers nor on
    interruptions: each finished run is kept in a checkpoint, and another call goes on from there.
    A table that is already complete is left as it is. Where several processes want one table, one
    makes it and the others wait.

    Args:
        seed: seeds all runs.
        out_dir: gets ``X_NAME``, float32 (N, 5126), ``Y_NAME``, float32 (N, 1) with the raw return
            of each row, and, last of all, ``CARD_NAME``.
        workers: number of processes; by default one a core.
        config: number and kind of runs.

    Raises:
        EvaluationError: a run failed; finished runs keep their checkpoints.
        TorchBDIError: two of the policies are the same.
    """
    make_once(
        out_dir,
        lambda: is_complete(seed, out_dir, config),
        lambda: _make(seed, out_dir, workers, config),
        "Hopper",
    )


def _make(seed: int, out_dir: Path, workers: int | None, config: TableConfig) -> None:
    recipe = _recipe(seed, config)
    key = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:12]
    checkpoints = out_dir / f"hopper_controller-runs-{key}"
    checkpoints.mkdir(parents=True, exist_ok=True)
    tables = run_all(
        evolve_once,
        [
            (config.evolution, (seed, run), checkpoints / f"run-{run}.npz")
            for run in range(config.runs)
        ],
        workers=workers,
        desc="evolution runs",
        ticks=config.evolution.generations,
    )
    x = np.concatenate([run_x for run_x, _ in tables])
    y = np.concatenate([run_y for _, run_y in tables])
    if len({row.tobytes() for row in x}) < len(x):
        raise TorchBDIError(
            f"the Hopper table of seed {seed} holds the same policy twice. Take another seed."
        )

    write_npy(out_dir / X_NAME, x)
    write_npy(out_dir / Y_NAME, y.astype(np.float32)[:, None])
    card = {
        "data": "Hopper controller, regenerated; not design-bench's original table",
        "recipe": recipe,
        "rows": len(x),
        "returns": {
            "min": y.min(),
            "max": y.max(),
            "mean": y.mean(),
            "percentiles": {str(p): np.percentile(y, p) for p in _PERCENTILES},
        },
        "sha256": {name: sha256(out_dir / name) for name in (X_NAME, Y_NAME)},
    }
    write_json(out_dir / CARD_NAME, card)
    shutil.rmtree(checkpoints, ignore_errors=True)
