"""What the parts of a space and its designs must be; whatever else is given is an InputError."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..inputs import as_float64, real_array
from ..kernels.errors import InputError
from ..labels import check_columns, columns_of
from .columns import Column, Number
from .constraints import Linear
from .layout import Layout
from .present import AtMost


def parts_of(name: str, given: Any, kind: Any, what: str) -> tuple[Any, ...]:
    """A sequence of a space's parts as a tuple.

    Args:
        name: of the argument.
        given: its value.
        kind: class, or union of classes, of the parts.
        what: a part in words.

    Raises:
        InputError: it is none, or a part is of another kind.
    """
    if isinstance(given, str | bytes | type) or not isinstance(given, Iterable):
        raise InputError(f"Space: {name} must be a list, got {given!r:.60}.")
    parts = tuple(given)
    for i, part in enumerate(parts):
        if not isinstance(part, kind):
            told = f"the class {part.__name__}" if isinstance(part, type) else f"{part!r:.60}"
            raise InputError(f"Space: {name}[{i}] must be {what}, got {told}.")
    return parts


def check_rules(
    columns: Sequence[Column], constraints: Sequence[Linear], at_most: Sequence[AtMost]
) -> None:
    """Columns have names of their own, and rules name columns that can keep them.

    Raises:
        InputError: names what does not fit.
    """
    names = [c.name for c in columns]
    if not names:
        raise InputError("Space: there are no columns. Give one or more.")
    if not any(c.width for c in columns):
        raise InputError(
            "Space: every column is a choice of one class, so that all designs are the same. Give "
            "a column of numbers, or one of two classes or more."
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"Space: several columns are called {twice!r}. Give different names.")
    plain = {c.name for c in columns if isinstance(c, Number) and not c.log}
    for constraint in constraints:
        if wrong := sorted(set(constraint.coefficients) - plain):
            raise InputError(
                f"constraint {constraint}: {wrong} are no columns of numbers, or are kept as "
                "logarithms. Constrain numbers with log=False."
            )
    holds = {
        c.name
        for c in columns
        if isinstance(c, Number)
        and c.name in plain
        and (c.fixed is not None or c.nearest(np.zeros(1))[0] == 0)
    }
    for rule in at_most:
        if wrong := sorted(set(rule.names) - holds):
            raise InputError(
                f"{rule}: {wrong} are no columns of numbers that can be 0, or are "
                "kept as logarithms."
            )


def checked_raw(layout: Layout, raw: Any) -> np.ndarray:
    """Raw designs as (n, C) float64.

    Raises:
        InputError: a shape is wrong, or a value is none that its column can hold.
    """
    names = tuple(c.name for c in layout.columns)
    check_columns("the space", names, "the designs", columns_of(raw))
    raw = real_array("the designs", raw)
    if raw.ndim < 2:
        raise InputError(f"Space: raw designs must be (n, C), got shape {raw.shape}.")
    raw = raw.reshape(len(raw), math.prod(raw.shape[1:]))
    if raw.shape[1] != len(names):
        raise InputError(
            f"Space: raw designs must have {len(names)} columns, got shape {raw.shape}."
        )
    if not np.isfinite(raw).all():
        row, at = np.argwhere(~np.isfinite(raw))[0]
        raise InputError(
            f"Space: row {row} has {raw[row, at]} in column {names[at]!r}. Remove or impute it."
        )
    logarithms = layout.numbers[layout.log]
    least = -layout.offset[layout.log]
    if not (raw[:, logarithms] > least).all():
        row, at = np.argwhere(~(raw[:, logarithms] > least))[0]
        name = names[logarithms[at]]
        raise InputError(
            f"Space: row {row} has {raw[row, logarithms[at]]} in column {name!r}, which is kept as "
            f"a logarithm. Give numbers above {least[at] or 0.0:g}, or make it a column with "
            "log=False."
        )
    for columns, _, table in layout.choices:
        own = raw[:, columns]
        if len(own) and (own.min() < 0 or own.max() >= len(table) or (own % 1).any()):
            row, at = np.argwhere((own < 0) | (own >= len(table)) | (own % 1 != 0))[0]
            raise InputError(
                f"Space: row {row} has {own[row, at]} in column {names[columns[at]]!r}; classes "
                f"are numbered 0 to {len(table) - 1}."
            )
    checked: np.ndarray = raw
    return checked


def checked_features(owner: str, width: int, x: Any) -> np.ndarray:
    """Standardised features (n, D) as an array.

    Args:
        owner: what is told.
        width: D.
        x: what was given.

    Raises:
        InputError: the shape is another one, or a number is not finite.
    """
    values = real_array("x", x)
    if values.ndim != 2 or values.shape[1] != width:
        raise InputError(f"{owner}: x must be (n, {width}), got {tuple(values.shape)}.")
    if not np.isfinite(values).all():
        row = int(np.argwhere(~np.isfinite(values))[0][0])
        raise InputError(f"{owner}: x contains NaN or inf, first in row {row}.")
    return values


def checked_pair(width: int, x: Any, other: Any) -> tuple[Tensor, Tensor]:
    """Standardised features (..., D) of designs that are compared, broadcast to each other.

    Raises:
        InputError: they do not broadcast, or D is another one.
    """
    x, other = (as_float64("x", v).detach() for v in (x, other))
    try:
        x, other = torch.broadcast_tensors(x, other)
    except RuntimeError:
        raise InputError(
            f"same: x {tuple(x.shape)} and other {tuple(other.shape)} do not broadcast."
        ) from None
    if not x.ndim or x.shape[-1] != width:
        raise InputError(f"same: x must be (..., {width}), got {tuple(x.shape)}.")
    return x, other
