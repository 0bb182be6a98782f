"""Designs saved along the way of a run, and their scores, asked for after the training (Fig. 3).

Training saves X_h and nothing else. ``python -m experiments.runs.trajectory RUN_FOLDER ...`` asks
the true function afterwards and writes trajectory.csv into the run's folder.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from omegaconf import OmegaConf
from tqdm import tqdm

from torchbdi import InputError
from torchbdi.kernels.files import write_csv

from ..data.arrays import write_npy
from ..tasks import load_task
from ..tasks.task import Task
from .report import score_designs
from .words import run_command

FOLDER = "trajectory"
FILE = "trajectory.csv"
COLUMNS = (
    "best_after_normalised",
    "median_after_normalised",
    "best_after_raw",
    "median_after_raw",
)


class Trajectory(lightning.Callback):
    """Saves the designs every few steps, one file a step, in the order of their starts.

    It must stand before the checkpoint callback: then no checkpoint is ahead of the files.

    Args:
        folder: the run's folder.
        every: steps between saves; the starts (step 0) are saved too.
    """

    def __init__(self, folder: Path, every: int):
        self.folder, self.every = folder / FOLDER, every

    def on_train_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Saves the starts."""
        self.folder.mkdir(exist_ok=True)
        if trainer.global_step == 0:
            self._save(0, module)

    def on_train_batch_end(
        self, trainer: lightning.Trainer, module: lightning.LightningModule, *_: Any
    ) -> None:
        """Saves when it is time."""
        if trainer.global_step % self.every == 0:
            self._save(trainer.global_step, module)

    def _save(self, step: int, module: lightning.LightningModule) -> None:
        x_h = module.x_h
        assert isinstance(x_h, torch.Tensor)
        rows = x_h.detach().transpose(0, 1).reshape(-1, x_h.shape[-1])
        write_npy(self.folder / f"step-{step:06d}.npy", rows.cpu().numpy())


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
    every = OmegaConf.select(cfg, "trainer.trajectory_every")
    if not every:
        raise InputError(f"{path}: the run saved no designs. Run with trainer.trajectory_every=20.")
    steps = range(0, cfg.method.steps + 1, every)
    files = {step: path / FOLDER / f"step-{step:06d}.npy" for step in steps}
    missing = [str(step) for step, file in files.items() if not file.is_file()]
    if missing:
        raise InputError(f"{path / FOLDER}: no designs of step {', '.join(missing)}.")
    assert OmegaConf.is_dict(cfg)
    task = load_task(cfg)  # type: ignore[arg-type]
    _check_same(task, path)
    starts = task.data.best(cfg.method.designs).numpy()
    lines = []
    for step, file in tqdm(files.items(), desc="scoring saved designs", disable=None):
        x_h = torch.from_numpy(np.load(file, allow_pickle=False))
        scores, _ = score_designs(task, x_h, starts)
        lines.append([step, *(scores[name] for name in COLUMNS)])
    write_csv(path / FILE, ["step", *COLUMNS], lines)
    return path / FILE


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
