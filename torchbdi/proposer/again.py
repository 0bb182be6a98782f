"""Proposals whose design stands in a row that was left out: somebody may have tried it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from .columns.column import as_category
from .reading.sequences import one_case
from .reading.table import Table, Values, parse_number

SHOWN = 3  # rows that are told of one design


def again(left: Table, columns: Mapping[str, Values], sequences: Collection[str]) -> list[str]:
    """What to say of each proposal, "" where its design is in no such row, n texts.

    A search knows the designs that have a score, and those that failed or wait, and no others.

    Args:
        left: the rows that were left out with their scores, with the cells as they came.
        columns: the proposals, (n,) each.
        sequences: names of the columns of sequences, which may be in upper case since.
    """
    n = len(next(iter(columns.values())))
    same = np.ones((n, len(left)), dtype=bool)
    for name, values in columns.items():
        cells = left.columns[name]
        if values.dtype == np.float64:
            numbers = [parse_number(str(cell)) for cell in cells.tolist()]
            known = np.array([np.nan if v is None else v for v in numbers], dtype=np.float64)
            same &= np.isclose(values[:, None], known, rtol=1e-9, atol=0)
        else:
            cells = as_category(cells)
            own = values[:, None] == cells
            same &= (own | (values[:, None] == one_case(cells))) if name in sequences else own
    return [_told(left.rows[own].tolist()) for own in same]


def _told(rows: list[int]) -> str:
    if not rows:
        return ""
    shown = ", ".join(map(str, rows[:SHOWN])) + (", ..." if len(rows) > SHOWN else "")
    verb = "was" if len(rows) == 1 else "were"
    return f"the design of {'row' if len(rows) == 1 else 'rows'} {shown}, which {verb} left out"
