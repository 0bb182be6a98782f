"""Columns as messages name them."""

from __future__ import annotations

from ..kernels.errors import InputError


def named(name: object) -> str:
    """A column in messages.

    Raises:
        InputError: its name is no text.
    """
    if not isinstance(name, str):
        raise InputError(f"a column's name must be a text, got {name!r:.60}. Take str of it.")
    return f"column {name!r}"
