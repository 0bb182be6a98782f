"""The schema of a run's configuration, and errors that name the valid choices."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from torchbdi import InputError

CONF = Path(__file__).parent / "conf"
KERNELS = ("ntk", "rbf")
ACCELERATORS = ("auto", "cpu", "gpu")


@dataclass
class TaskConfig:
    """conf/task/*.yaml; a task may add keys of its own in ``options``."""

    name: str
    alpha: float
    lr: float
    y_min: float | None = None
    y_max: float | None = None
    max_rows: int | None = None
    options: dict[str, Any] = field(default_factory=dict)


@dataclass
class MethodConfig:
    """conf/method/*.yaml."""

    name: str
    kernel: str
    depth: int
    designs: int
    designs_per_group: int
    steps: int
    target: float
    alpha: float
    lr: float
    ridge: float
    ridge_scale: str
    forward_weight: float
    backward_weight: float


@dataclass
class TrainerConfig:
    """conf/trainer/*.yaml."""

    accelerator: str
    checkpoint_every: int
    progress_bar: bool


@dataclass
class TrainConfig:
    """conf/config.yaml."""

    task: TaskConfig
    method: MethodConfig
    trainer: TrainerConfig
    seed: int = 0
    data_dir: str | None = None
    out_dir: str = "runs"
    resume: str | None = None


def validate(cfg: DictConfig) -> DictConfig:
    """Checks names, types and values of a composed configuration.

    Returns:
        The configuration with every value resolved and of its declared type.

    Raises:
        InputError: names the entry, and the valid ones where there is a list.
    """
    try:
        checked = OmegaConf.merge(OmegaConf.structured(TrainConfig), cfg)
        OmegaConf.resolve(checked)
    except OmegaConfBaseException as error:
        message = str(error).split("\n")[0]
        raise InputError(f"configuration, {error.full_key}: {message}") from error
    assert isinstance(checked, DictConfig)
    for name, value, valid in (
        ("method.kernel", checked.method.kernel, KERNELS),
        ("trainer.accelerator", checked.trainer.accelerator, ACCELERATORS),
    ):
        if value not in valid:
            raise InputError(f"{name}={value} is not one of {', '.join(valid)}.")
    for name in ("method.steps", "method.designs", "trainer.checkpoint_every"):
        if OmegaConf.select(checked, name) < 1:
            raise InputError(f"{name} must be at least 1, got {OmegaConf.select(checked, name)}.")
    return checked


def check_overrides(overrides: Sequence[str], default: DictConfig) -> None:
    """Raises InputError for an override of a name that does not exist, listing those that do.

    Args:
        overrides: command-line words such as ``method.alpha=0``.
        default: the configuration without overrides.
    """
    groups = {path.name for path in CONF.iterdir() if path.is_dir()}
    for word in overrides:
        match = re.match(r"([A-Za-z_][\w./@]*)=(.*)", word)
        if match is None or match[1].startswith("hydra"):
            continue
        key, value = match[1], match[2]
        if key in groups:
            names = sorted(path.stem for path in (CONF / key).glob("*.yaml"))
            unknown = [v for v in value.split(",") if v not in names]
            if unknown and not re.search(r"[(\[]", value):
                raise InputError(f"{word}: no {key} {unknown[0]!r}. Valid: {', '.join(names)}.")
        elif OmegaConf.select(default, key, throw_on_missing=False) is None:
            parent = key.rpartition(".")[0]
            section = OmegaConf.select(default, parent) if parent in groups else default
            names = [str(name) for name in section]
            if key.rpartition(".")[2] in names:
                continue  # a known name whose default is null
            prefix = f"{parent}." if parent in groups else ""
            close = difflib.get_close_matches(key.rpartition(".")[2], names, n=1)
            hint = f" Did you mean {prefix}{close[0]}?" if close else ""
            valid = ", ".join(prefix + name for name in names)
            raise InputError(f"{word}: there is no {key}.{hint} Valid: {valid}.")
