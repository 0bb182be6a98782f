"""Whether the fields of a method or of a task's settings can be set: types, limits and defaults."""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import MISSING
from typing import Any, Literal

from .fields import hints_of
from .kernels.errors import InputError, TorchBDIError

_UNCHECKED = (
    "values are not checked and converted. Begin its __post_init__ with super().__post_init__()."
)


def check_settings(where: str, cls: type) -> None:
    """Raises TorchBDIError unless all fields of a class can be set from a command line.

    Args:
        where: the file, and what else tells a reader where to look.
        cls: a dataclass. A field called ``name`` would hide that of the method or task itself.
    """
    if "__slots__" in vars(cls):
        raise TorchBDIError(f"{where}: settings are read from __dict__. Leave slots=True out.")
    try:
        hints = hints_of(cls)
    except NameError as error:
        raise TorchBDIError(f"{where}: the type of a setting is not known: {error}.") from error
    for field in dataclasses.fields(cls):
        if field.default is MISSING:
            raise TorchBDIError(f"{where}: {field.name} needs a default that is a value.")
        if field.name == "name":
            raise TorchBDIError(f"{where}: no setting may be called name.")
        kinds = _plain_kinds(hints[field.name])
        if kinds is None:
            raise TorchBDIError(
                f"{where}: {field.name} has the type {field.type}. Take int, float, bool, str, "
                "Literal, one of them or None, or tuple[float, ...]."
            )
        if field.metadata.get("limits") and not kinds <= {int, float, type(None)}:
            raise TorchBDIError(f"{where}: {field.name} has limits, and is not always a number.")
    try:
        cls()
    except Exception as error:
        raise TorchBDIError(f"{where}: its defaults are refused. {error}") from error
    for field in dataclasses.fields(cls)[:1]:  # which no setting can have
        try:
            cls(**{field.name: object()})
        except InputError:
            continue
        except Exception as error:
            raise TorchBDIError(f"{where}: {_UNCHECKED}") from error
        raise TorchBDIError(f"{where}: {_UNCHECKED}")


def _plain_kinds(kind: Any) -> set[Any] | None:
    """The types that the values of a setting have, of a tuple its items; None for any other."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        parts = [_plain_kinds(one) for one in inner]
        return None if None in parts else {one for part in parts if part for one in part}
    if origin is Literal:
        return {type(one) for one in inner}
    if origin is tuple and len(inner) == 2 and inner[1] is Ellipsis:
        return _plain_kinds(inner[0])
    return {kind} if kind in (int, float, bool, str, type(None)) else None
