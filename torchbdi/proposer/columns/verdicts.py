"""Columns that say in which round a row was made, or what it is good for."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from ..reading.table import Values
from .counting import words_of

# What is counted while the experiments go on; and words beside it.
_IN_TURN = frozenset(("round", "iteration", "generation", "campaign", "session", "week"))
_BESIDE = frozenset(("no", "nr", "num", "number", "id", "index", "#"))
_VERDICT_WORDS = """
exclude excluded discard discarded omit omitted outlier outliers valid invalid flag flagged qc
include included keep usable
"""
_VERDICTS = frozenset(_VERDICT_WORDS.split())
_YES_OR_NO_WORDS = """
yes no y n true false t f 0 1 ok pass fail passed failed good bad
"""
_YES_OR_NO = frozenset(_YES_OR_NO_WORDS.split())
_SPLIT_WORDS = """
train training test testing val valid validation holdout
"""
_SPLITS = frozenset(_SPLIT_WORDS.split())


def said_of_rows(name: str, values: Values) -> str:
    """What a column says of the rows, and not of the designs; "" where it does not.

    Args:
        name: of the column.
        values: numbers or texts, (N,), none missing.
    """
    words = words_of(name)
    if words & _IN_TURN and words <= _IN_TURN | _BESIDE and _go_up(_cells(values)):
        return f"in which {min(words & _IN_TURN)} a row was made"
    asked = bool(words & _VERDICTS) and words <= _VERDICTS | {"is"}
    if not asked and values.dtype == np.float64:
        return ""
    different = {cell.casefold() for cell in (_cells(values) if asked else set(values.tolist()))}
    if asked and len(different) == 2 and different <= _YES_OR_NO:
        return "whether a row is any good (all rows count: delete those that should not)"
    if len(different) > 1 and different <= _SPLITS:
        return "which rows a model was trained on (all rows count)"
    return ""


def _cells(values: Values) -> list[str]:
    return [str(cell).removesuffix(".0") for cell in values.tolist()]


def _go_up(cells: Sequence[str]) -> bool:
    """Whether cells such as 1, 1, 2, 3 or R1, R2, R2 go up one by one, each several times."""
    digits = [re.sub(r"^[^\W\d_]{1,10}[ _.-]?(?=\d)", "", cell) for cell in cells]
    if not all(cell.isdecimal() for cell in digits):
        return False
    numbers = np.array([int(cell) for cell in digits])
    different = len(np.unique(numbers))
    # Weeks 1, 2, 4, 8 are a plan.
    return set(np.diff(numbers).tolist()) == {0, 1} and 2 * different <= len(numbers)
