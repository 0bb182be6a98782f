"""Columns that say which repetition a row is, or that statistics programs add to a plan."""

from __future__ import annotations

import re

import numpy as np

from .counting import words_of
from .table import Values

_REPEAT_WORDS = """
rep reps replicate replicates repeat repeats repetition repetitions wiederholung réplicat répétition
seed
"""
_REPEATS = frozenset(_REPEAT_WORDS.split())
_BESIDE = frozenset(("no", "nr", "num", "number", "id", "index", "random", "#"))
_POINTS = ({"pttype"}, {"pt", "type"}, {"point", "type"}, {"space", "type"}, {"pattern"})
_PATTERN = re.compile(r"[+\-\u2212\u2013 0-9aA]+")
_POINT_WORDS = re.compile(
    r"(factorial|axial|star|cent(er|re)|vertex|edge|interior|plane|triple|third|axial ?cb)"
    r"( ?(point|blend|edge|centroid|check|cb)s?)?|-?\d",
    re.IGNORECASE,
)


def kept_of_runs(name: str, values: Values) -> str:
    """What a column says of the runs, and not of the designs; "" where it does not.

    Args:
        name: of the column.
        values: numbers or texts, (N,), none missing.
    """
    words = words_of(name)
    if words & _REPEATS and words <= _REPEATS | _BESIDE and _counts_few(values):
        return "which repetition a row is"
    if words in _POINTS:
        cells = {str(cell) for cell in values.tolist()}
        pattern = _PATTERN if words == {"pattern"} else _POINT_WORDS
        if all(pattern.fullmatch(cell.removesuffix(".0")) for cell in cells):
            return "which kind of point of a plan a row is"
    return ""


def _counts_few(values: Values) -> bool:
    """Whether values are 0 or 1 to k, A to some letter, R1 to Rk, I to some number; each often."""
    cells = {str(cell).removesuffix(".0") for cell in values.tolist()}
    if 2 * len(cells) > len(values):
        return False
    digits = [re.sub(r"^[^\W\d_]{1,10}[ _.-]?(?=\d)", "", cell) for cell in cells]
    if all(cell.isdigit() for cell in digits):
        numbers = np.sort([int(cell) for cell in digits])
        return bool(numbers[0] in (0, 1) and (np.diff(numbers) == 1).all())
    return all(re.fullmatch(r"[a-hA-H]|[ivIV]{1,4}", cell) for cell in cells)
