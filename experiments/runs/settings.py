"""The settings that a method has for a task where nobody changes them."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from torchbdi.identity import canonical
from torchbdi.methods import registry
from torchbdi.space import Space

from ..tasks.registry import spec_of
from .published import PUBLISHED


@functools.cache
def outline(task: str, rows: int, dimensions: int) -> Any:
    """A task's table without its numbers: settings go by kind, rows and dimensions alone.

    Args:
        task: the task's name.
        rows: N.
        dimensions: D.

    Raises:
        InputError: there is no such task, or its designs have other dimensions.
    """
    spec = spec_of(task)
    width = dimensions // (len(spec.letters) - 1) if spec.kind == "discrete" else dimensions
    raw = np.repeat(np.arange(2)[:, None], width, axis=1)
    return without_numbers(spec.space_of(raw).fit(raw), rows)


def without_numbers(space: Space, rows: int) -> Any:
    """What stands for an OfflineData of a space: x (N, D) and y (N,) of zeros, and the space."""
    zero = torch.zeros((), dtype=torch.float64)
    return SimpleNamespace(x=zero.expand(rows, space.width), y=zero.expand(rows), space=space)


@functools.cache
def own_settings(task: str, method: str, rows: int, dimensions: int) -> Mapping[str, Any]:
    """The settings of a method or preset for a task's table: its own, and what the paper set.

    Raises:
        InputError: there is no such method or task.
    """
    published = PUBLISHED.get((method, task))
    settings = {} if published is None else dict(published.settings)
    found = registry.method(method, **settings).settings_for(outline(task, rows, dimensions))
    return json.loads(canonical(found))


def name_of(task: str, file: str, settings: Mapping[str, Any], rows: int, dimensions: int) -> str:
    """The preset whose settings these are; empty where there is none.

    The presets of the method's own file are looked at, then the file itself.

    Raises:
        InputError: there is no such task.
    """
    for name in (file, *registry.presets_of(file)):
        if own_settings(task, name, rows, dimensions) == dict(settings):
            return name
    return ""
