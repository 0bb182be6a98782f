"""Columns that count how many others are present, or are the largest or the smallest of others."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..columns.nothing import is_nothing
from ..columns.remark import Remark
from ..reading.table import Values
from ..reading.ways import Ways, listed

# Fewer rows, or numbers of the column, may have come so by chance.
FEWEST_ROWS, FEWEST_COUNTS, FEWEST_NUMBERS = 15, 3, 5
# More columns than these make too many runs of neighbours.
MOST_COLUMNS = 30
_WHAT: dict[np.ufunc, str] = {
    np.add: "how many of {} are there",
    np.maximum: "the largest of {}",
    np.minimum: "the smallest of {}",
}


def counted_remarks(
    columns: Mapping[str, Values], passed_over: set[str], ways: Ways
) -> list[Remark]:
    """Names columns of numbers that are the count, the largest or the smallest of neighbours.

    Args:
        columns: numbers or names of the distinct designs, (N,) each, no sequences.
        passed_over: columns that are not named: they are fixed, or told already.
        ways: how options are typed.
    """
    numbers = {name: v for name, v in columns.items() if v.dtype == np.float64}
    names = {name: v for name, v in columns.items() if name not in numbers}
    there = {name: (v != 0).astype(float) for name, v in numbers.items()}
    named = {name: np.array([not is_nothing(own) for own in v], float) for name, v in names.items()}
    out = []
    for name, own in numbers.items():
        size = len(np.unique(own))
        if name in passed_over or len(own) < FEWEST_ROWS:
            continue
        tried: list[tuple[Mapping[str, np.ndarray], np.ufunc]] = []
        if size >= FEWEST_COUNTS:
            tried += [(there, np.add), (named, np.add)]
        if size >= FEWEST_NUMBERS:
            tried += [(numbers, np.maximum), (numbers, np.minimum)]
        for among, put in tried:
            parts = run_of(name, own, among, put)
            if parts is None:
                continue
            told = (
                f"Column {name!r} is {_WHAT[put].format(listed(parts))} in every row, and "
                f"proposals do not keep to that: leave it out ({ways('ignore', name)})."
            )
            out.append(Remark(told, (name, *parts), (name,), "follows"))
            break
    return out


def run_of(
    name: str, own: np.ndarray, columns: Mapping[str, np.ndarray], put: np.ufunc
) -> tuple[str, ...] | None:
    """The neighbours of which numbers (N,) are the sum, the largest or the smallest.

    Where they are counted, what is there in all rows counts, too, and is not named.
    """
    counted = put is np.add
    others = [n for n, v in columns.items() if n != name and not (counted and v.min() == v.max())]
    for start in range(len(others[:MOST_COLUMNS])):
        made = columns[others[start]]
        for end in range(start + 1, min(len(others), MOST_COLUMNS)):
            made = put(made, columns[others[end]])
            rest = own - made
            if not rest.any() or (counted and rest[0] > 0 and (rest == rest[0]).all()):
                run = others[start : end + 1]
                # Of the largest each one is it in some row.
                if counted or all((columns[n] == own).any() for n in run):
                    return tuple(run)
    return None
