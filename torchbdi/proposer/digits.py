"""Numbers with as many digits as their error leaves."""

from __future__ import annotations

import math

# Errors from here on are written with an exponent.
LARGE = 1e7


def digits(value: float, error: float) -> str:
    """A value with the digits that its error has: two of the error's own.

    Args:
        value: any number.
        error: its error, >= 0; 0 or what is not finite leaves six digits.
    """
    if not (math.isfinite(error) and error > 0 and math.isfinite(value)):
        return f"{value:.6g}"
    places = 1 - math.floor(math.log10(error))
    if places > 12 or (value != 0 and math.floor(math.log10(abs(value))) + places > 14):
        return f"{value:.6g}"
    if places >= 0:
        return f"{value:.{places}f}"
    if error >= LARGE:
        return f"{value:.{max(0, math.floor(math.log10(abs(value) or error)) + places)}e}"
    return f"{round(value, places):.0f}"


def short(value: float) -> str:
    """A number with four digits, without an exponent where it can be read so.

    Args:
        value: any number.
    """
    text = f"{value:.4g}"
    return f"{float(text):.0f}" if "e+" in text and abs(value) < 1e9 else text
