"""What a person said of texts among the scores: each is a number, out, or a design to choose."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np

from ...kernels.errors import InputError
from ..reading.table import MISSING, Values, parse_number

OUT, CANDIDATE = "out", "candidate"


def cells_of(values: Values) -> list[str]:
    """Scores (N,) as they are written, N of them; "" where there is none."""
    if values.dtype == np.float64:
        return ["" if v != v else repr(v) for v in values.tolist()]
    return values.tolist()


def words_of_takes(values: Values, takes: Collection[str]) -> list[str | None]:
    """The text of those spoken about that each score is, N of them; None where it is none."""
    # 9999 may be written 9999.0 in the table.
    numbered = {parse_number(word): word for word in takes if parse_number(word) is not None}
    out: list[str | None] = []
    for cell in cells_of(values):
        number = parse_number(cell) if cell not in MISSING else None
        empty = "" if cell in MISSING and "" in takes else None
        out.append(cell if cell in takes else numbered.get(number, empty))
    return out


def occurring(takes: Collection[str], scores: Iterable[Values]) -> set[str]:
    """The texts that somebody has spoken about and that stand among scores, (N,) each."""
    found = {word for values in scores for word in words_of_takes(values, takes)}
    return {word for word in found if word is not None}


def taken(cell: str, value: float | str) -> float | None:
    """The number that a text stands for; None for out and candidate.

    Raises:
        InputError: it is to stand for something else.
    """
    if value in (OUT, CANDIDATE):
        return None
    number = parse_number(str(value))
    if number is None or not np.isfinite(number):
        raise InputError(
            f"take: {cell!r} can stand for a number (with a decimal point), for {OUT}, or for "
            f"{CANDIDATE}; got {value!r}."
        )
    return number


def told_of(value: float | str, columns: int) -> str:
    """What was done with a text among so many columns of scores."""
    if value == OUT:
        return "left out with their rows" if columns == 1 else "left out"
    return "taken for designs to choose from" if value == CANDIDATE else f"taken for {value}"
