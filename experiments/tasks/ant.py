"""Ant: 60 numbers that shape the legs of a robot, scored by how far a fixed policy drives it."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from ..robots.ant import ROBOT
from ._morphology import load_robot_task
from .task import Task


def load(cfg: DictConfig, folder: Path, seed: int) -> Task:
    """Builds the task; see ``load_robot_task``."""
    return load_robot_task(ROBOT, "AntMorphology-Exact-v0", cfg, folder, seed)
