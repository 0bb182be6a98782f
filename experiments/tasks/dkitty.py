"""D'Kitty: 56 numbers that shape a robot's legs, scored by how well a fixed policy walks it."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from ..robots.dkitty import ROBOT
from ._morphology import load_robot_task
from .task import Task


def load(cfg: DictConfig, folder: Path, seed: int) -> Task:
    """Builds the task; see ``load_robot_task``."""
    return load_robot_task(ROBOT, "DKittyMorphology-Exact-v0", cfg, folder, seed)
