"""How precisely the numbers of a column are written: decimals, digits, half a unit of the last."""

from __future__ import annotations

import re

import numpy as np

from ..reading.table import Values, show_number

# More decimals are those of a computation.
MAX_DECIMALS = 6


def decimals_of(cells: Values) -> int | None:
    """The most decimals that a number of a column is written with; None for too many, or 1e-5."""
    most = 0
    for cell in set(cells.tolist()):
        text = cell if isinstance(cell, str) else show_number(cell)
        match = re.fullmatch(r"[+-]?\d*(?:\.(\d*))?", text)
        if match is None:
            return None
        most = max(most, len(match[1] or ""))
        if most > MAX_DECIMALS:
            return None
    return most


def digits_of(cells: Values) -> int | None:
    """The most digits that a number of a column is written with; None for more than six."""
    most = 1
    for cell in set(cells.tolist()):
        text = cell if isinstance(cell, str) else show_number(cell)
        figures = text.lower().partition("e")[0].lstrip("+-").replace(".", "").lstrip("0")
        most = max(most, len(figures))
        if most > MAX_DECIMALS:
            return None
    return most


def half_units(cells: Values, values: np.ndarray) -> np.ndarray:
    """By how much each number can have been rounded, (N,): half a unit of its last decimal.

    Args:
        cells: as they came, texts or numbers, (N,).
        values: the same as numbers, (N,).
    """
    size = np.abs(values)
    places, digits = decimals_of(cells), digits_of(cells)
    if places is not None:
        return np.full(len(size), 0.5 * 10.0**-places)
    if digits is None:
        return 1e-9 * size
    own: np.ndarray = 0.5 * 10.0 ** (np.floor(np.log10(np.maximum(size, 1e-300))) + 1 - digits)
    return own
