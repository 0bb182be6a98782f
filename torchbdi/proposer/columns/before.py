"""Columns that have what another one has in the row before, or add it up down the rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from ..reading.table import Values
from ..reading.ways import Ways
from .column import class_name
from .remark import Remark

# Of fewer rows or values it may be chance; the first row of each series has none before it.
FEWEST_ROWS, FEWEST_VALUES, SHARE = 12, 5, 0.9
# In a column that hardly changes from row to row each value is that of the row before.
CHANGED = 0.5
ROUNDING = 1e-9


def before_remarks(
    score: str, y: np.ndarray, columns: Mapping[str, Values], fixed: Collection[str], ways: Ways
) -> list[Remark]:
    """Names columns that repeat another one, or the score, a row later, or are its sum so far.

    Args:
        score: its name.
        y: scores of the rows, (N,), in the order of the table.
        columns: numbers or names of the rows, (N,) each.
        fixed: columns that are fixed, and not named.
        ways: how options are typed.
    """
    if len(y) < FEWEST_ROWS:
        return []
    out, named = [], set[str]()
    for other, earlier in {score: y, **columns}.items():
        for name, values in columns.items():
            if name in {other, *fixed, *named} or values.dtype != earlier.dtype:
                continue
            if _adds_up(values, earlier):
                named.add(name)
                told = (
                    f"Column {name!r} is the sum of {other!r} down to each row: in proposals it is "
                    f"free. Leave it out ({ways('ignore', name)})."
                )
                out.append(Remark(told, (name, other), (name,)))
                continue
            same = values[1:] == earlier[:-1]
            changed = values[1:] != values[:-1]
            if same.mean() < SHARE or len(set(values.tolist())) < FEWEST_VALUES:
                continue
            if changed.mean() < CHANGED or (values == earlier).mean() > 1 - CHANGED:
                continue
            named.add(name)
            last = earlier[-1]
            shown = class_name(last)
            told = (
                f"Column {name!r} is {other!r} of the row before: in proposals it is free. Leave "
                f"it out ({ways('ignore', name)}), or say what goes before the next experiment "
                f"({ways('fix', f'{name}={shown}')})."
            )
            out.append(Remark(told, (name, other), (name,)))
    return out


def _adds_up(values: Values, other: Values) -> bool:
    """Whether numbers (N,) grow in each row by another column's (N,), which vary."""
    if values.dtype != np.float64 or np.ptp(other) == 0:
        return False
    missed = np.abs(np.diff(values) - other[1:])
    return bool((missed <= ROUNDING * np.abs(values[1:])).all())
