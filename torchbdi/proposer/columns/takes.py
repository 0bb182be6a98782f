"""What a person said of texts among the scores: each is a number, out, or a design to choose."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

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


def poor_score(measured: Sequence[float], minimize: bool) -> float:
    """What a failure can be taken for: 0, or the worst score where that is worse than 0.

    Args:
        measured: the scores that are numbers, one at least.
        minimize: whether low ones are good.
    """
    return max(0.0, *measured) if minimize else min(0.0, *measured)


def as_best_told(cell: str, value: float | str, measured: Sequence[float], minimize: bool) -> str:
    """Says that a text was taken for a number better than all that were measured; else "".

    Args:
        cell: the text.
        value: what it was taken for.
        measured: the scores that are numbers.
        minimize: whether low ones are good.
    """
    number = taken(cell, value)
    if number is None or not measured or parse_number(cell) is not None:
        return ""
    if number >= min(measured) if minimize else number <= max(measured):
        return ""
    return (
        " That is better than every measured score, so these rows count as the best ones: if they "
        f"failed, give them a {'high' if minimize else 'low'} score, or leave them out."
    )
