"""The configuration of a run: its parts, how it is composed, and the check of it.

A method's dataclass is the whole configuration of it. Hydra is given an untyped mapping of its
fields and their defaults; the dataclass alone checks and converts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_module
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from torchbdi import InputError
from torchbdi.methods import registry
from torchbdi.methods.base import Method

from ..tasks import registry as task_registry
from .quoting import check_readable

CONF = Path(__file__).parents[1] / "conf"
CHOICES = {"trainer.accelerator": ("auto", "cpu", "gpu"), "score": ("end", "full")}
LEAST = {
    "designs": 1,
    "trainer.checkpoint_every": 1,
    "trainer.trajectory_every": 0,
    "seed": 0,
}
_STORED: dict[tuple[str, str], str] = {}  # the settings that Hydra's store has been given


@dataclass
class TrainerConfig:
    """conf/trainer/*.yaml."""

    accelerator: str
    checkpoint_every: int
    trajectory_every: int
    progress_bar: bool


@dataclass
class TrainConfig:
    """conf/config.yaml; ``task`` and ``method`` are a name and the settings that go with it."""

    trainer: TrainerConfig
    task: Any = MISSING
    method: Any = MISSING
    designs: int = 128
    score: str = "end"
    seed: int = 0
    data_dir: str | None = None
    out_dir: str = "runs"
    resume: str | None = None


def register_choices() -> None:
    """Makes every task, method and preset a choice of Hydra's groups ``task`` and ``method``."""
    tasks = {
        name: {field.name: field.default for field in task_registry.fields(name)}
        for name in task_registry.task_names()
    }
    store = ConfigStore.instance()
    for group, choices in (("task", tasks), ("method", registry.defaults())):
        for name, settings in choices.items():
            if _STORED.get((group, name)) != repr(settings):  # its file may be another one now
                store.store(group=group, name=name, node={"name": name, **settings})
                _STORED[group, name] = repr(settings)


def compose_config(overrides: Sequence[str]) -> DictConfig:
    """The checked configuration of ``python -m experiments.train OVERRIDES``.

    Raises:
        InputError: an override names nothing that exists, or its value is wrong.
    """
    check_readable(overrides)
    try:
        return validate(compose_unchecked(overrides))
    except HydraException as error:
        raise InputError(f"{' '.join(overrides)}: {error}") from error


def validate(cfg: DictConfig) -> DictConfig:
    """Checks names, types and values of a composed configuration.

    Returns:
        The configuration with every value of its declared type.

    Raises:
        InputError: names the entry, and the valid ones where there is a list.
    """
    try:
        checked = OmegaConf.merge(OmegaConf.structured(TrainConfig), cfg)
        OmegaConf.resolve(checked)
        OmegaConf.to_container(checked, resolve=True)  # nothing that was resolved hides another ${
    except OmegaConfBaseException as error:
        place = f", {error.full_key}" if error.full_key else ""
        raise InputError(f"configuration{place}: {str(error).splitlines()[0]}") from error
    assert isinstance(checked, DictConfig)
    for name in ("data_dir", "out_dir"):
        if checked[name] is not None and not checked[name].strip():
            raise InputError(f"{name}=: name a folder, or leave it out.")
    checked.task = checked_task(checked)
    method = method_of(checked)
    checked.method = {"name": checked.method.name, **vars(method)}
    for name, valid in CHOICES.items():
        if (value := OmegaConf.select(checked, name)) not in valid:
            raise InputError(f"{name}={value} is not one of {', '.join(valid)}.")
    for name, least in LEAST.items():
        value = OmegaConf.select(checked, name)
        if value is not None and value < least:
            raise InputError(f"{name} must be at least {least}, got {value}.")
    if checked.score == "full" and not checked.trainer.trajectory_every:
        raise InputError(
            "score=full scores the designs that are kept along the way, and none are kept. Add "
            "trainer.trajectory_every=20."
        )
    if checked.seed >= 2**32:
        raise InputError(f"seed must be below 2^32, got {checked.seed}.")
    return checked


def checked_task(cfg: DictConfig) -> dict[str, Any]:
    """The name and the settings of a configuration's task, checked and converted.

    Raises:
        InputError: there is no such task or setting, or a value is wrong.
    """
    name, settings = _part(cfg.task, "task")
    return {"name": name, **vars(task_registry.settings_of(name, settings))}


def method_of(cfg: DictConfig) -> Method:
    """The method of a configuration.

    Raises:
        InputError: there is no such method or setting, or a value is wrong.
    """
    name, settings = _part(cfg.method, "method")
    try:
        return registry.method(name, **settings)
    except InputError as error:
        raise InputError(f"configuration, method={name}: {error}") from error


def _part(part: Any, what: str) -> tuple[str, dict[str, Any]]:
    """The name and the settings that a part of a configuration has."""
    settings = OmegaConf.to_container(part) if isinstance(part, DictConfig) else {}
    assert isinstance(settings, dict)
    name = settings.pop("name", None)
    if not isinstance(name, str):
        raise InputError(f"configuration, {what}: it has no name.")
    return name, {str(key): value for key, value in settings.items()}


def compose_unchecked(overrides: Sequence[str]) -> DictConfig:
    """What Hydra makes of overrides."""
    register_choices()
    GlobalHydra.instance().clear()
    with initialize_config_module("experiments.conf", version_base="1.3"):
        return compose("config", list(overrides))
