"""A design in words."""

from __future__ import annotations

from typing import Any

from ..inputs import real_array
from ..kernels.errors import InputError
from .checks import checked_raw
from .columns import Choice
from .layout import Layout


def text_of(layout: Layout, raw: Any) -> str:
    """One raw design (C,): the letters of sites together, the rest with commas.

    Raises:
        InputError: it is no such design, or a value is none that its column can hold.
    """
    raw = real_array("raw", raw)
    if raw.ndim != 1:
        raise InputError(f"text: raw must be one design ({len(layout.columns)},), got {raw.shape}.")
    out, last = "", None
    for column, value in zip(layout.columns, checked_raw(layout, raw[None])[0], strict=True):
        own = column.sequence if isinstance(column, Choice) else None
        if out and (own is None or own != last):
            out += ","
        out += column.classes[int(value)] if isinstance(column, Choice) else f"{value:.10g}"
        last = own
    return out
