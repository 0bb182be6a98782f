"""Fields of a dataclass that is a configuration: limits, the check of values, and docstrings.

Methods are such dataclasses, and so are the settings of tasks.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import math
import numbers
import textwrap
import types
import typing
from collections.abc import Hashable, Mapping
from dataclasses import MISSING, dataclass
from decimal import Decimal
from typing import Any, Literal

import numpy as np

from .kernels.errors import InputError
from .values import LARGEST, item_of, told

_LIMITS = {
    "at_least": (">=", lambda value, limit: value >= limit),
    "above": (">", lambda value, limit: value > limit),
    "at_most": ("<=", lambda value, limit: value <= limit),
    "below": ("<", lambda value, limit: value < limit),
}
_NOUNS = {int: "a whole number", float: "a finite number", bool: "true or false", str: "a word"}


@dataclass(frozen=True)
class Field:
    """One setting of a method or of a task.

    Attributes:
        name: its name.
        kind: its type as the class writes it, for example ``float | None``.
        default: its value where nobody sets it; None may mean that it depends on the data.
        since: the value that counts for a run older than the field; MISSING where the field is as
            old as the class.
        meaning: its docstring, which names its source.
    """

    name: str
    kind: str
    default: Any
    since: Any
    meaning: str


def setting(
    default: Any,
    *,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
    since: Any = MISSING,
) -> Any:
    """A field with a limit, or one that is younger than its class.

    Args:
        default: the value where nobody sets it.
        at_least: smallest value.
        above: the value is larger than this.
        at_most: largest value.
        below: the value is smaller than this.
        since: the value that a run had before there was the field. Runs of then stay valid.

    Returns:
        What ``dataclasses.field`` returns. None, where the field allows it, has no limits.
    """
    given = {"at_least": at_least, "above": above, "at_most": at_most, "below": below}
    limits = {name: limit for name, limit in given.items() if limit is not None}
    return dataclasses.field(default=default, metadata={"limits": limits, "since": since})


def checked_fields(configured: Any) -> dict[str, Any]:
    """The values of an instance's fields, each converted to the type of its field.

    Raises:
        InputError: a value has another type, is not one of the choices, or is out of its limits.
    """
    out = {}
    hints = hints_of(configured.__class__)
    for field in dataclasses.fields(configured):
        name = f"{type(configured).__name__}: {field.name}"
        value = getattr(configured, field.name)
        try:
            found = _converted(value, hints[field.name])
        except ValueError as error:
            raise InputError(f"{name} must be {error}, got {_shown(value)}.") from None
        for kind, limit in field.metadata.get("limits", {}).items():
            sign, holds = _LIMITS[kind]
            for one in found if isinstance(found, tuple) else (found,):
                if one is not None and not holds(one, limit):
                    raise InputError(f"{name} must be {sign} {limit}, got {_shown(value)}.")
        out[field.name] = found
    return out


def has_type(cls: type, name: str, value: Any) -> bool:
    """Whether a value has the type of a field, whatever its limits and the other fields are."""
    try:
        _converted(value, hints_of(cls)[name])
    except ValueError:
        return False
    return True


def list_fields(cls: type) -> list[Field]:
    """The fields of a class, in their order.

    Raises:
        OSError: the source of the class cannot be read.
    """
    meanings: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if dataclasses.is_dataclass(base):
            for name, (kind, meaning) in _attributes(base).items():
                kinds[name], meanings[name] = kind, meaning
    return [
        Field(f.name, kinds[f.name], f.default, f.metadata.get("since", MISSING), meanings[f.name])
        for f in dataclasses.fields(cls)
    ]


@functools.cache
def _attributes(cls: Any) -> Mapping[str, tuple[str, str]]:
    """Type and docstring of every annotated attribute that a class body writes."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for node, after in zip(tree.body, [*tree.body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            text = ""
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                text = inspect.cleandoc(str(after.value.value))
            found[node.target.id] = ast.unparse(node.annotation), text
    return found


@functools.cache
def hints_of(cls: Hashable) -> Mapping[str, Any]:
    """The types of a class's fields, by name."""
    return typing.get_type_hints(cls)


def _converted(value: Any, kind: Any) -> Any:
    """A value as the type wants it; ValueError says in words what it should be."""
    value = item_of(value)
    if isinstance(value, Decimal):
        value = float(value)
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _one_of(value, inner)
    if origin is Literal:
        for choice in inner:
            if type(choice) is type(value) and choice == value:
                return choice
        raise ValueError(f"one of {', '.join(map(str, inner))}")
    if origin is tuple and len(inner) == 2 and inner[1] is Ellipsis:
        if not isinstance(value, list | tuple) and getattr(value, "ndim", None) != 1:
            raise ValueError("a list")
        return tuple(_converted(item, inner[0]) for item in value)
    if kind is type(None):
        if value is not None:
            raise ValueError("none")
    elif kind is float:
        if _is(value, numbers.Real) and math.isfinite(_float(value)):
            return _float(value) + 0.0  # -0.0 becomes 0.0: both are one setting
        raise ValueError(_NOUNS[float])
    elif kind is int:
        if not (_is(value, numbers.Real) and math.isfinite(_float(value)) and value == int(value)):
            raise ValueError(_NOUNS[int])
        if abs(int(value)) > LARGEST:
            raise ValueError(f"{_NOUNS[int]} of at most {LARGEST:,}")
        return int(value)
    elif kind is bool:
        if not isinstance(value, bool | np.bool_):
            raise ValueError(_NOUNS[bool])
        return bool(value)
    elif kind is str:
        if not isinstance(value, str):
            raise ValueError(_NOUNS[str])
        return str(value)
    else:
        raise TypeError(f"a setting cannot have the type {kind}")
    return value


def _one_of(value: Any, kinds: tuple[Any, ...]) -> Any:
    reasons = []
    for kind in kinds:
        try:
            return _converted(value, kind)
        except ValueError as error:
            reasons.append(str(error))
    raise ValueError(" or ".join(reasons))


def _is(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _shown(value: Any) -> str:
    return told(value).removeprefix("the text ")
