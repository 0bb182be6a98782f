"""Designs saved along the way of a run, and their scores, asked for after the training (Fig. 4).

Training saves X_h and nothing else. ``python -m experiments.runs.trajectory RUN_FOLDER ...`` asks
the true function afterwards and writes trajectory.csv into the run's folder; a run with
``score=full`` does so when its method is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from omegaconf import OmegaConf
from tqdm import tqdm

from torchbdi import InputError
from torchbdi.kernels.files import sha256, write_csv, write_text

from ..data.arrays import read_sealed_npy
from ..tasks import load_task
from ..tasks.assemble import request_of
from ..tasks.task import Task
from .begun import check_same, identity_of
from .config import method_of
from .recorder import TRAJECTORY
from .report import score_designs
from .run_folder import RunFolder
from .words import run_command

FILE = "trajectory.csv"
CHECKSUM = "trajectory.csv.sha256"
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
            true function are not those of the run any more, or a file is damaged.
    """
    folder = RunFolder(path)
    if not folder.is_complete:
        raise InputError(f"{path}: not the folder of a finished run (no metrics.json).")
    cfg, metrics = folder.config(), folder.metrics()
    if not OmegaConf.select(cfg, "trainer.trajectory_every"):
        raise InputError(f"{path}: the run saved no designs. Run with trainer.trajectory_every=20.")
    files = kept_designs(path)
    if len(files) != metrics.get("steps_kept"):
        raise InputError(
            f"{path / TRAJECTORY}: designs of {len(files)} steps; the run kept those of "
            f"{metrics.get('steps_kept', 'an unknown number')}."
        )
    if not folder.is_begun:
        raise InputError(f"{path}: the run was made by torchbdi 0.1.0. Score it with that version.")
    task = load_task(cfg)
    name, request = request_of(cfg)
    now = identity_of(request, name, method_of(cfg), task.data, cfg.designs)
    check_same(folder, now, task.data)
    score_kept(path, task, cfg.designs)
    return path / FILE


def score_kept(path: Path, task: Task, designs: int) -> dict[str, float]:
    """Scores the designs that a run has kept, and writes them down.

    Args:
        path: the run's folder.
        task: that of the run.
        designs: how many the run proposes.

    Returns:
        The best and the highest median score at any step, normalised, each with the first step
        that has it; nothing where no designs were kept.

    Raises:
        InputError: a file is damaged.
    """
    lines: list[dict[str, float]] = []
    files = kept_designs(path)
    for step, file in tqdm(files.items(), desc="scoring saved designs", disable=None):
        x_h = torch.from_numpy(read_sealed_npy(file))
        scores, _ = score_designs(task, x_h, designs)
        lines.append({"step": step, **{name: scores[name] for name in COLUMNS}})
    if not lines:
        return {}
    write_csv(path / FILE, ["step", *COLUMNS], [list(line.values()) for line in lines])
    write_text(path / CHECKSUM, f"{sha256(path / FILE)}  {FILE}\n")
    found: dict[str, float] = {}
    for name in ("best", "median"):
        top = max(lines, key=lambda line: line[f"{name}_after_normalised"])
        found[f"{name}_along_normalised"] = top[f"{name}_after_normalised"]
        found[f"{name}_along_step"] = top["step"]
    return found


def is_whole(path: Path) -> bool:
    """Whether a run's folder has a trajectory.csv that is as it was written.

    One without a checksum beside it, of an earlier version, is taken as it is.
    """
    if not (path / FILE).is_file():
        return False
    checksum = path / CHECKSUM
    return not checksum.is_file() or checksum.read_bytes()[:64] == sha256(path / FILE).encode()


def kept_designs(path: Path) -> dict[int, Path]:
    """The files of designs that a run kept, by step, ascending."""
    files = (path / TRAJECTORY).glob("step-*.npy")
    return dict(sorted((int(file.stem.removeprefix("step-")), file) for file in files))


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
