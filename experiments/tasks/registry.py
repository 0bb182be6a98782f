"""Finds tasks by the names of their files; nothing lists them."""

from __future__ import annotations

import functools
import pkgutil
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from torchbdi import InputError, TorchBDIError
from torchbdi.fields import Field, list_fields
from torchbdi.loading import check_word, load_module
from torchbdi.settable import check_settings
from torchbdi.values import those_valid

from .base import Settings, TaskSpec

_NO_TASKS = ("assemble", "base", "registry", "task")


def task_names() -> list[str]:
    """The tasks that can be named on the command line: files but those of shared code."""
    found = (module.name for module in pkgutil.iter_modules(sys.modules[__package__].__path__))
    return sorted(n for n in found if not n.startswith("_") and n not in _NO_TASKS)


def spec_of(name: str) -> TaskSpec:
    """The one spec that a task's file holds.

    Raises:
        InputError: there is no such task; the error lists those that there are.
        TorchBDIError: the file has no word for a name or does not hold one spec, or a setting has
            no default or a name that is taken; it is named.
    """
    names = task_names()
    if name not in names:
        raise InputError(f"no task {name!r}.{those_valid(str(name), names)}")
    module = _load(name)
    check_word(f"{module.__file__}: the name of the file", name)
    found = [item for item in vars(module).values() if isinstance(item, TaskSpec)]
    if len(found) != 1:
        raise TorchBDIError(f"{module.__file__} must hold one TaskSpec, not {len(found)}.")
    (spec,) = found
    check_settings(str(module.__file__), spec.settings)
    return spec


def settings_of(name: str, given: Mapping[str, Any]) -> Settings:
    """The settings of a task, checked and converted.

    Raises:
        InputError: there is no such task or setting, or a value is wrong.
    """
    spec = spec_of(name)
    valid = [field.name for field in list_fields(spec.settings)]
    unknown = [key for key in given if key not in valid]
    if unknown:
        raise InputError(f"task={name}: there is no {unknown[0]}.{those_valid(unknown[0], valid)}")
    try:
        return spec.settings(**given)
    except InputError as error:
        _, _, told = str(error).partition(": ")
        raise InputError(f"task={name}: task.{told}") from error


def fields(name: str) -> list[Field]:
    """The settings of a task: name, type, default, meaning.

    Raises:
        InputError: there is no such task.
    """
    return list_fields(spec_of(name).settings)


@functools.cache
def _load(name: str) -> ModuleType:
    return load_module(f"{__package__}.{name}")
