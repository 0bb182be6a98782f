"""Designs saved along the way of a run, and their scores, asked for after the training (Fig. 3).

Training saves X_h and nothing else. ``python -m experiments.runs.trajectory RUN_FOLDER ...`` asks
the true function afterwards and writes trajectory.csv into the run's folder.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from omegaconf import OmegaConf
from tqdm import tqdm

from torchbdi import InputError
from torchbdi.kernels.files import write_csv

from ..tasks import load_task
from ..tasks.task import Task
from .recorder import TRAJECTORY
from .report import score_designs
from .words import run_command

FILE = "trajectory.csv"
COLUMNS = (
    "best_after_normalised",
    "median_after_normalised",
    "best_after_raw",
    "median_after_raw",
)


def score_trajectory(path: Path) -> Path:
    """Scores the saved designs of a finished run.

    Args:
        path: the run's folder.

    Returns:
        The trajectory.csv: a line a saved step, with best and median, normalised and raw.

    Raises:
        InputError: the run is not finished, designs of a step are missing, or the data or the
            true function are not those of the run any more.
    """
    if not (path / "metrics.json").is_file():
        raise InputError(f"{path}: not the folder of a finished run (no metrics.json).")
    cfg = OmegaConf.load(path / "config.yaml")
    if not OmegaConf.select(cfg, "trainer.trajectory_every"):
        raise InputError(f"{path}: the run saved no designs. Run with trainer.trajectory_every=20.")
    files = kept_designs(path)
    kept = json.loads((path / "metrics.json").read_text())["steps_kept"]
    if len(files) != kept:
        raise InputError(
            f"{path / TRAJECTORY}: designs of {len(files)} steps; the run kept those of {kept}."
        )
    assert OmegaConf.is_dict(cfg)
    task = load_task(cfg)  # type: ignore[arg-type]
    _check_same(task, path)
    lines = []
    for step, file in tqdm(files.items(), desc="scoring saved designs", disable=None):
        x_h = torch.from_numpy(np.load(file, allow_pickle=False))
        scores, _ = score_designs(task, x_h, cfg.designs)
        lines.append([step, *(scores[name] for name in COLUMNS)])
    write_csv(path / FILE, ["step", *COLUMNS], lines)
    return path / FILE


def kept_designs(path: Path) -> dict[int, Path]:
    """The files of designs that a run kept, by step, ascending."""
    files = sorted((path / TRAJECTORY).glob("step-*.npy"))
    return {int(file.stem.removeprefix("step-")): file for file in files}


def _check_same(task: Task, path: Path) -> None:
    """The saved designs are read with the table's mean and deviation, and scored in its range."""
    then = json.loads((path / "metrics.json").read_text())
    now = {
        "title": task.title,
        "data_source": task.data_source,
        "oracle_source": task.oracle_source,
        "rows": len(task.y_raw),
    }
    for name, value in now.items():
        if then[name] != value:
            raise InputError(
                f"{path}: the run had {name} {then[name]!r}, but what is there now has {value!r}. "
                "Put the data of the run back."
            )


def main(words: Sequence[str]) -> None:
    """The command line: folders of runs."""
    if not words:
        raise InputError(
            "name the folders of runs: python -m experiments.runs.trajectory FOLDER ..."
        )
    for word in words:
        print(score_trajectory(Path(word)))


if __name__ == "__main__":
    run_command(main, __doc__)
