"""Texts in a CSV file that a spreadsheet would take for formulas, and run."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..reading.table import Values

#: What a formula begins with, in one program or another.
_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def like_a_formula(text: str) -> bool:
    """Whether a text begins as a formula does and is no number; a dash alone, for none, is none."""
    return len(text) > 1 and text.startswith(_BEGINS) and not _NUMBER.fullmatch(text)


def harmless(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if like_a_formula(text) else text


def columns_like_formulas(columns: Mapping[str, Values]) -> list[str]:
    """Names of the columns in which, or in the name of which, there are such texts.

    Args:
        columns: by name; numbers, or text.
    """
    return [
        name
        for name, values in columns.items()
        if like_a_formula(name)
        or (values.dtype == object and any(like_a_formula(str(cell)) for cell in values))
    ]
