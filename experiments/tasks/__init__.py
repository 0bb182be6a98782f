"""One module a task; its ``load`` builds the task. The names are those of conf/task/."""

from __future__ import annotations

import importlib
import random
from pathlib import Path

import numpy as np
from omegaconf import DictConfig

from torchbdi import InputError

from ..data import data_folder
from .task import Task

CONF = Path(__file__).parent.parent / "conf" / "task"


def task_names() -> list[str]:
    """The tasks that can be named on the command line."""
    return sorted(path.stem for path in CONF.glob("*.yaml"))


def load_task(cfg: DictConfig) -> Task:
    """Builds the task of a configuration.

    design-bench draws from numpy's global generator: it is seeded here and put back after.

    Args:
        cfg: the whole configuration (``task``, ``seed`` and ``data_dir`` are read).

    Raises:
        InputError: no such task.
        MissingDataError: data is not there; the message says what to do.
        MissingDependencyError: design-bench is not installed; the message holds the command.
    """
    if cfg.task.name not in task_names():
        raise InputError(f"no task {cfg.task.name!r}. Tasks: {', '.join(task_names())}.")
    module = importlib.import_module(f"experiments.tasks.{cfg.task.name}")
    numpy_state, python_state = np.random.get_state(), random.getstate()
    np.random.seed(cfg.seed % 2**32)
    random.seed(cfg.seed)
    try:
        task: Task = module.load(cfg.task, data_folder(cfg.data_dir), cfg.seed)
    finally:
        np.random.set_state(numpy_state)
        random.setstate(python_state)
    return task
