"""What the Ant and the D'Kitty task have in common."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from omegaconf import DictConfig

from torchbdi import MissingDataError

from ..data import cache_folder
from ..data.morphology import FULL_ROWS, GENERATOR_VERSION, file_names, generate
from ..data.shards import read_shards
from ..oracles.pool import evaluate
from ..robots.morphology import Robot
from ..robots.stored_policy import StoredPolicy, find_policy, original_path
from .shim import load_design_bench
from .task import Codec, OfflineData, Task, standardise_scores


def load_robot_task(robot: Robot, title: str, cfg: DictConfig, folder: Path, seed: int) -> Task:
    """Builds the task of a robot from design-bench: the worse 40 % of a table.

    Args:
        robot: whose legs are designed.
        title: design-bench's name of the task.
        cfg: the task's configuration.
        folder: the data folder.
        seed: of a regenerated table.

    Raises:
        MissingDataError: there is no policy, or the data folder holds a part of the original data.
    """
    shards = f"{robot.name}_morphology"
    original = _has_original(robot, folder / shards, original_path(folder, robot.name))
    policy = find_policy(robot, folder)
    if not original:
        folder = _regenerated(robot, policy, seed, cfg.rows)
        generate(robot, policy, seed, folder / shards, cfg.rows)
    bench = load_design_bench(folder).make(title)
    features = np.asarray(bench.x).astype(np.float64)
    y = np.asarray(bench.y, dtype=np.float64).ravel()
    _, table = read_shards(folder / shards, shards)
    low, high = (cfg.y_min, cfg.y_max) if original else (float(table.min()), float(table.max()))
    if cfg.max_rows is not None:
        features, y = features[: cfg.max_rows], y[: cfg.max_rows]
    codec = Codec.fit(features, features.shape[1:])

    def predict(designs: np.ndarray) -> np.ndarray:
        return evaluate(robot.rollout, designs, policy.path, desc=f"{robot.title} episodes")

    return Task(
        name=robot.name,
        title=title
        if original
        else f"{robot.title}, regenerated table {seed}, {len(table):,} rows",
        data=OfflineData(codec.standardise(features), standardise_scores(y)),
        codec=codec,
        y_raw=y,
        y_min=low,
        y_max=high,
        data_source="original" if original else "regenerated",
        oracle_source=policy.source,
        predict=predict,
    )


def _regenerated(robot: Robot, policy: StoredPolicy, seed: int, rows: int) -> Path:
    name = f"{robot.name}-v{GENERATOR_VERSION}-seed{seed}-rows{rows}-policy{policy.sha256[:8]}"
    return cache_folder() / "regenerated" / name


def _has_original(robot: Robot, folder: Path, policy: Path) -> bool:
    """Whether design-bench's table is there; it is worth nothing without the policy it is of."""
    shards = [folder / name for name in file_names(robot)[:2]]
    present = [path for path in shards if path.is_file()]
    if not present:
        return False
    missing = [path for path in (*shards, policy) if not path.is_file()]
    if missing:
        raise MissingDataError(
            f"{present[0]} is there, but {', '.join(path.name for path in missing)} is not. The "
            f"scores of design-bench's table are those of its own policy, so all three files are "
            f"needed. Get them with: python -m experiments.data download {robot.name}\n"
            f"or move the table away, and one is regenerated."
        )
    found = read_shards(folder, f"{robot.name}_morphology")[0].shape
    if found != (FULL_ROWS, robot.space.size):
        raise MissingDataError(
            f"{shards[0]} has shape {found}, design-bench's has {(FULL_ROWS, robot.space.size)}. "
            "Put the original there, or move it away, and a table is regenerated."
        )
    return True
