"""Numbers with as many digits as their error leaves."""

from __future__ import annotations

import math

import numpy as np

# Errors from here on are written with an exponent.
LARGE = 1e7


def places_of(scores: np.ndarray) -> int:
    """How many digits of scores (N,) are written: six, and more where all begin alike.

    Energies of -1234.5678 and -1234.5692 are told apart, as 5.67 and 5.69 are.
    """
    spread = float(np.std(scores))
    largest = float(np.abs(scores).max())
    if not (0 < spread < math.inf and largest < math.inf):
        return 6
    return min(max(6, 4 + math.ceil(math.log10(largest / spread))), 15)


def digits(value: float, error: float) -> str:
    """A value with the digits that its error has: two of the error's own.

    Args:
        value: any number.
        error: its error, >= 0; 0 or what is not finite leaves six digits.
    """
    if not (math.isfinite(error) and error > 0 and math.isfinite(value)):
        return f"{value:.6g}"
    places = 1 - math.floor(math.log10(error))
    figures = math.floor(math.log10(abs(value))) + places if value else 0
    if figures > 14:
        return f"{value:.6g}"
    if places > 12:
        return f"{value:.{max(figures, 0)}e}"
    if places >= 0:
        return f"{value:.{places}f}"
    if error >= LARGE:
        return f"{value:.{max(0, math.floor(math.log10(abs(value) or error)) + places)}e}"
    return f"{round(value, places):.0f}"


def short(value: float, places: int = 4) -> str:
    """A number with so many digits, without an exponent where it can be read so.

    Args:
        value: any number.
        places: how many digits; others before the decimal point are 0.
    """
    text = f"{value:.{places}g}"
    return f"{float(text):.0f}" if "e+" in text and abs(value) < 1e9 else text


def figures(value: float, places: int) -> str:
    """A score with so many digits, and with all before the decimal point: 1452510, as it was read.

    Args:
        value: any number.
        places: see :func:`places_of`.
    """
    text = f"{value:.{places}g}"
    return f"{value:.0f}" if "e+" in text and abs(value) < 1e9 else text
