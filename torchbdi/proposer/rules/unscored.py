"""Rows without a score as designs to choose from: those that are new, and meet what was asked."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...kernels.errors import InputError
from ..columns.column import Numbers, class_name
from ..reading.table import Values
from ..reading.ways import Ways
from ..settings import Settings
from .relations import SUM_WITHIN
from .restrict import Restricted
from .room import meets


def candidates_of(
    values: Mapping[str, Values],
    candidate: np.ndarray,
    restricted: Restricted,
    known: Mapping[str, Values],
    rows: np.ndarray,
    settings: Settings,
    ways: Ways,
    remarks: list[str],
) -> tuple[dict[str, Values] | None, np.ndarray]:
    """The different designs without a score that are no known ones, and their rows.

    Args:
        values: columns that vary, of all rows, (N,) each.
        candidate: which rows have no score yet, (N,) bool.
        restricted: the columns, and the rules between them.
        known: of those columns, at the distinct known designs, (M,) each.
        rows: numbers of all rows, (N,).
        settings: the bounds, steps, fixed values and rules that the person gave hold for these
            rows, too, and what is fixed without a value has that of a known design; what was only
            found in the table does not exclude any.
        ways: how options are typed.
        remarks: how many rows do not meet these is added.

    Raises:
        InputError: none does, or those are no new designs.
    """
    if not candidate.any():
        return None, np.empty(0, np.int64)
    names = [column.name for column in restricted.columns]
    fits = _fits(values, restricted, settings) & _kept(values, known, settings)
    left = int((candidate & ~fits).sum())
    if left == candidate.sum():
        raise InputError(
            f"none of the {left} rows without a score meets the bounds, steps, fixed values and "
            f"rules that were given. Widen them, or {out_told(ways)}."
        )
    if left:
        remarks.append(
            f"{left} of the rows without a score do not meet the bounds, steps, fixed values and "
            "rules that were given: they were left out."
        )
    seen = set(zip(*(known[name].tolist() for name in names), strict=True))
    kept = []
    for i in np.flatnonzero(candidate & fits).tolist():
        design = tuple(values[name][i] for name in names)
        if design not in seen:
            seen.add(design)
            kept.append(i)
    if not kept:
        raise InputError(
            "no row without a score is a new design: others that have one are the same. Add rows "
            f"to choose from, or {out_told(ways)}: then any new design can be proposed."
        )
    return {name: values[name][kept] for name in names}, rows[kept]


def out_told(ways: Ways) -> str:
    """How rows without a score are left out."""
    empty = ways("take", "=out")
    return f"leave these rows out ({ways('take', 'TEXT=out')}; {empty} where the score is empty)"


def _fits(values: Mapping[str, Values], restricted: Restricted, settings: Settings) -> np.ndarray:
    """Which rows meet what the person gave, (N,) bool."""
    fits = np.ones(len(next(iter(values.values()))), bool)
    for column in restricted.columns:
        own, wanted = values[column.name], settings.fix.get(column.name)
        if isinstance(column, Numbers):
            slack = 1e-9 * np.maximum(np.abs(own), 1e-300)
            if wanted is not None:
                fits &= np.abs(own - float(wanted)) <= slack
            elif column.name in settings.bounds or column.name in settings.steps:
                fits &= (own >= column.low - slack) & (own <= column.high + slack)
            if (step := settings.steps.get(column.name)) is not None:
                near = restricted.grids[column.name].number.nearest(own)
                fits &= np.abs(own - near) <= 1e-6 * step
        elif wanted is not None:
            fits &= own == class_name(wanted)
    # Tables are rounded, so their sums are.
    return fits & meets(restricted.given, restricted.at_most, values, SUM_WITHIN)


def _kept(
    values: Mapping[str, Values], known: Mapping[str, Values], settings: Settings
) -> np.ndarray:
    """Which rows have what a known design has, where columns are fixed without a value, (N,)."""
    names = [name for name, wanted in settings.fix.items() if wanted is None and name in known]
    if not names:
        return np.ones(len(next(iter(values.values()))), bool)
    seen = set(zip(*(known[name].tolist() for name in names), strict=True))
    own = zip(*(values[name].tolist() for name in names), strict=True)
    return np.array([design in seen for design in own], dtype=bool)
