"""The settings that a method has for a task where nobody changes them."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from torchbdi import InputError, TorchBDIError
from torchbdi.identity import canonical
from torchbdi.methods import registry
from torchbdi.methods.base import Method
from torchbdi.space import Choice, Column, Space
from torchbdi.values import told

from ..tasks.base import TaskSpec
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
    if spec.space is not None:
        return without_numbers(_likely_space(task, spec, dimensions), rows)
    width = dimensions // (len(spec.letters) - 1) if spec.kind == "discrete" else dimensions
    raw = np.repeat(np.arange(2)[:, None], width, axis=1)
    return without_numbers(spec.space_of(raw).fit(raw), rows)


def _likely_space(task: str, spec: TaskSpec, dimensions: int) -> Space:
    """The fitted space of a task that makes its own, of which D alone is known.

    Raises:
        InputError: of no number of columns the task makes a space with D features.
    """
    for width in range(dimensions, 0, -1):
        try:
            space = spec.space_of(np.repeat([[1.0], [2.0]], width, axis=1))
        except Exception:  # its designs have other columns
            continue
        if space.width == dimensions:
            return space.fit(np.stack([_two_values(c) for c in space.columns], axis=1))
    raise InputError(
        f"task={task}: for designs of other values its space never has the {dimensions} features "
        f"of its table. In {_file(spec.space)} write out what its columns are and which classes "
        "they have; bounds and steps may go by the values."
    )


def _two_values(column: Column) -> np.ndarray:
    """Raw values that a column can hold, (2,)."""
    if column.fixed is not None or isinstance(column, Choice):
        return np.full(2, column.fixed or 0.0)
    return column.nearest(np.array([1.0, 2.0]))


def without_numbers(space: Space, rows: int) -> Any:
    """What stands for an OfflineData of a space: x (N, D) and y (N,) of zeros, and the space."""
    zero = torch.zeros((), dtype=torch.float64)
    return SimpleNamespace(x=zero.expand(rows, space.width), y=zero.expand(rows), space=space)


def resolved(task: str, method: Method, data: Any) -> dict[str, Any]:
    """A method's settings for a table, of plain numbers and texts.

    They must be those of any table of its columns and size, for runs are told apart and put into
    tables where their own is not at hand.

    Args:
        task: the task's name.
        method: the method.
        data: its OfflineData, or what stands for it.

    Raises:
        TorchBDIError: they go by the numbers of the table, or its columns do.
    """
    alike, why = outline(task, *data.x.shape), ""
    found, usual = {}, {}
    try:
        found, usual = _plain(method, data), _plain(method, alike)
        if found == usual:
            return found
    except (AttributeError, IndexError, RuntimeError, TypeError, ValueError) as error:
        if isinstance(error, TorchBDIError):
            raise
        why = f" ({error})"
    if alike.space.kinds != data.space.kinds:
        raise TorchBDIError(
            f"task={task}: which kinds of columns there are goes by the values of its designs. "
            f"In {_file(spec_of(task).space)} write them out."
        )
    names = [name for name in usual if found[name] != usual[name]]
    which = f" {', '.join(names)}" if names else ""
    raise TorchBDIError(
        f"{_file(type(method).settings_for)}: the settings_for of {type(method).__name__} resolves"
        f"{which} by the numbers of the table{why}. Let settings go by the kinds of data.space and "
        "the shape of data.x alone; compute all else in solve, and tell it as a fact."
    )


def _plain(method: Method, data: Any) -> dict[str, Any]:
    """Resolved settings as JSON has them.

    Raises:
        TorchBDIError: they are not one value for every field.
    """
    given, own = method.settings_for(data), vars(method)
    if not isinstance(given, dict) or given.keys() != own.keys():
        raise TorchBDIError(
            f"{_file(type(method).settings_for)}: the settings_for of {type(method).__name__} must "
            f"return a dict of all its settings ({', '.join(own)}), got {told(given)}."
        )
    found: dict[str, Any] = json.loads(canonical(given))
    return found


def _file(function: Callable[..., Any] | None) -> str:
    """The file that a function stands in."""
    return "" if function is None else inspect.getfile(inspect.unwrap(function))


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
