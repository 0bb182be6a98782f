"""How precisely the numbers of a column are written: decimals, digits, half a unit of the last."""

from __future__ import annotations

import re

import numpy as np

from ..reading.table import Values, parse_number, show_number

# More decimals are those of a computation.
MAX_DECIMALS = 6
# No cell of a file holds this character.
_END = "\0"
_PLAIN = re.compile(r"\0(?:[+-]?\d*(?:\.\d*)?\0)*")
_EXPONENT = re.compile(r"\d(e)([+-]?)(\d+)$", re.IGNORECASE)
_DECIMALS = [re.compile(rf"\.\d{{{places}}}") for places in range(1, MAX_DECIMALS + 2)]
# Zeros before the first digit do not count, nor does what stands behind an e.
_DIGITS = [re.compile(rf"\0[+-]*+0*+[^e\0]{{{places}}}") for places in range(1, MAX_DECIMALS + 2)]


def decimals_of(cells: Values) -> int | None:
    """The most decimals that a number of a column is written with; None for too many, or 1e-5."""
    text = _joined(cells)
    if not _PLAIN.fullmatch(text) or _DECIMALS[-1].search(text):
        return None
    return next((p for p in range(MAX_DECIMALS, 0, -1) if _DECIMALS[p - 1].search(text)), 0)


def digits_of(cells: Values) -> int | None:
    """The most digits that a number of a column is written with; None for more than six."""
    text = _joined(cells).lower().replace(".", "")
    if _DIGITS[-1].search(text):
        return None
    return next((p for p in range(MAX_DECIMALS, 1, -1) if _DIGITS[p - 1].search(text)), 1)


def exponent_of(cells: Values) -> str | None:
    """How the exponents of a column are written, as e0 for 3e-4 and E+00 for 2E+03; None without.

    All numbers but 0 have one. The zeros are as many as the digits of the shortest one.
    """
    if cells.dtype == np.float64:
        return None
    found = [(_EXPONENT.search(cell), cell) for cell in set(cells.tolist())]
    parts = [match.groups() for match, _ in found if match is not None]
    plain = [cell for match, cell in found if match is None]
    if not parts or any(map(parse_number, plain)):
        return None
    letter = "E" if all(e == "E" for e, _, _ in parts) else "e"
    plus = "+" if any(sign == "+" for _, sign, _ in parts) else ""
    return letter + plus + "0" * min(len(digits) for _, _, digits in parts)


def _joined(cells: Values) -> str:
    """The different cells, each between two ends: of all at once a search is fast."""
    different = set(cells.tolist())
    own = [cell if isinstance(cell, str) else show_number(cell) for cell in different]
    return _END + "".join(f"{cell}{_END}" for cell in own)


def unit_of(cells: Values) -> float:
    """One unit of the last decimal of a column; 0 for numbers that are not rounded to decimals."""
    places = decimals_of(cells)
    return 0.0 if places is None else 10.0**-places


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
