"""Configurations as ``python -m experiments.train`` would compose them."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

from hydra import compose, initialize_config_module
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import DictConfig

from torchbdi import InputError

from .config import validate


def compose_config(overrides: Sequence[str]) -> DictConfig:
    """The checked configuration of ``python -m experiments.train OVERRIDES``.

    Raises:
        InputError: an override names nothing that exists, or its value is wrong.
    """
    GlobalHydra.instance().clear()
    try:
        with initialize_config_module("experiments.conf", version_base="1.3"):
            return validate(compose("config", list(overrides)))
    except HydraException as error:
        raise InputError(f"{' '.join(overrides)}: {error}") from error


@functools.cache
def own_settings(task: str, method: str) -> Mapping[str, object]:
    """The settings a method has for a task where nobody changes them.

    Raises:
        InputError: there is no such task or method.
    """
    config = compose_config([f"task={task}", f"method={method}"])
    return {str(k): v for k, v in config.method.items() if k != "name"}
