"""Numbers with as many digits as their error leaves, and what is known in a sentence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .result import Proposals


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
    return f"{round(value, places):.0f}"


def best_known(p: Proposals) -> str:
    """The best known score, and how many proposals are predicted to be better."""
    known = p.problem
    at = known.best()[0]
    best = known.scores[at]
    above = int((p.predicted < best if p.settings.minimize else p.predicted > best).sum())
    side = "below" if p.settings.minimize else "above"
    text = (
        f"best known {known.score}: {_plain(best)} (row {known.rows[at]}). {above} of {len(p)} "
        f"proposals are predicted {side} it."
    )
    if not above:
        text += (
            " Warning: no proposal is expected to be better than what is known already; they would "
            "be made to learn more."
        )
    return text


def _plain(value: float) -> str:
    return f"{np.float64(value):.6g}"
