"""Labels of rows and columns that frames and series carry: they must agree, not only their number.

Anything with ``index`` or ``columns`` has labels, as pandas' objects do; arrays, tensors and lists
have none. Columns that are only counted, 0, 1, 2, ..., are not named.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .kernels.errors import InputError


def rows_of(value: Any) -> list[Any] | None:
    """The labels of the rows of a frame or series; None where there are none."""
    labels = getattr(value, "index", None)
    return None if labels is None or callable(labels) else list(labels)


def columns_of(value: Any) -> tuple[str, ...] | None:
    """The names of the columns of a frame, as text; None where there are none."""
    return _named(getattr(value, "columns", None))


def features_of(value: Any) -> tuple[str, ...] | None:
    """What a series with one number a feature is labelled with; None where there is nothing."""
    return _named(rows_of(value))


def check_rows(name: str, value: Any, other_name: str, other: Any) -> None:
    """Raises InputError where both have labels of their rows, and these differ."""
    first, second = rows_of(value), rows_of(other)
    if first is None or second is None or len(first) != len(second) or first == second:
        return
    at = next(i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a != b)
    raise InputError(
        f"the rows of {name} and {other_name} have different labels: row {at} is {first[at]!r} in "
        f"{name} and {second[at]!r} in {other_name}. Align them ({other_name}.loc[{name}.index]), "
        "or pass arrays."
    )


def check_columns(
    name: str, columns: Sequence[str] | None, other_name: str, other: Sequence[str] | None
) -> None:
    """Raises InputError where both have names of their columns, and these differ, or their order.

    Args:
        name: of the first.
        columns: its columns; None where they have no names.
        other_name: of the second.
        other: its columns.
    """
    if columns is None or other is None or tuple(columns) == tuple(other):
        return
    if sorted(columns) == sorted(other):
        remedy = f"Put those of {other_name} in this order, or"
    else:
        remedy = "Name them alike, or"
    raise InputError(
        f"the columns of {other_name} are {_told(other)}, those of {name} {_told(columns)}. "
        f"{remedy} pass an array."
    )


def _named(labels: Any) -> tuple[str, ...] | None:
    if labels is None:
        return None
    labels = list(labels)
    return None if labels == list(range(len(labels))) else tuple(str(label) for label in labels)


def _told(names: Sequence[str]) -> str:
    shown = ", ".join(names[:8])
    return shown + (", ..." if len(names) > 8 else "")
