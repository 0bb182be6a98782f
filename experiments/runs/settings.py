"""The settings that a method has for a task where nobody changes them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import torch

from torchbdi.methods import registry

from ..tasks.registry import spec_of

_OF_KIND = {
    True: SimpleNamespace(lr=torch.tensor([0.1], dtype=torch.float64), alpha=0.0),
    False: SimpleNamespace(lr=torch.tensor([1e-3], dtype=torch.float64), alpha=1e-3),
}


@functools.cache
def own_settings(task: str, method: str, rows: int) -> Mapping[str, object]:
    """The settings of a method as they are resolved for a task's table.

    Raises:
        InputError: there is no such method.
    """
    table: Any = SimpleNamespace(x=range(rows), space=_OF_KIND[spec_of(task).kind == "discrete"])
    return registry.method(method).settings_for(table)
