"""Rows of controls and blanks among those of samples."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import numpy as np

from ..reading.table import Values
from ..reading.ways import Ways, listed
from .remark import Remark

_CONTROL = re.compile(
    r"(?<![^\W_])(controls?|ctrl|ctl|blanks?|standards?|references?|placebo|untreated|vehicle|mock"
    r"|ntc|wild[- ]?type|kontrolle|leerwert|referenz|témoin|blanco)(?![^\W_])",
    re.IGNORECASE,
)
# Other rows have so many designs, or theirs are few, too; and so many rows are named.
FEWEST_DESIGNS, MOST_ROWS = 5, 6


def control_remarks(
    columns: Mapping[str, Values], rows: np.ndarray, fixed: Collection[str], ways: Ways
) -> list[Remark]:
    """Names rows that one column calls a control, and that are the same in all others.

    Args:
        columns: numbers or names of the rows, (N,) each, no sequences.
        rows: their numbers, (N,).
        fixed: columns that are fixed: these have one name in all proposals.
        ways: how options are typed.
    """
    out = []
    for name, values in columns.items():
        others = [v for n, v in columns.items() if n != name]
        if values.dtype == np.float64 or name in fixed or not others:
            continue
        names = sorted(set(values.tolist()))
        called = [own for own in names if _CONTROL.search(own)]
        controls = [own for own in called if _designs(others, values == own) == 1]
        left = [own for own in names if own not in controls]
        if not controls or not left:
            continue
        if max(_designs(others, values == own) for own in left) < FEWEST_DESIGNS:
            continue
        at = np.isin(values.astype(str), controls)
        shown = ", ".join(map(str, rows[at][:MOST_ROWS].tolist()))
        more = f" and {at.sum() - MOST_ROWS} more" if at.sum() > MOST_ROWS else ""
        way = (
            f", or propose no such ones ({ways('fix', f'{name}={left[0]}')})"
            if len(left) == 1
            else ""
        )
        told = (
            f"Rows {shown}{more} look like controls and no designs to choose from: {name!r} is "
            f"{listed(controls, 4)}, and all else is the same in them. The model learns from them, "
            f"and proposals may be such ones. Take these rows out of the table{way}."
        )
        out.append(Remark(told, (name,)))
    return out


def _designs(columns: Collection[Values], at: np.ndarray) -> int:
    """How many different designs some rows (N,) have."""
    return len(set(zip(*(v[at].tolist() for v in columns), strict=True)))
