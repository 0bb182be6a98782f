"""The tasks whose data and true function are the originals: best and median side by side."""

from __future__ import annotations

from collections.abc import Iterable

from ..runs.results import Run, unchanged
from ..runs.spread import cell
from .cells import MARKS, STATISTICS, closing_notes, grid, heading, number, record
from .plans import EXACT
from .render import Table
from .yardstick_rows import yardstick_rows


def exact_table(runs: Iterable[Run]) -> Table | None:
    """Methods by exact tasks, best and median a column each.

    Args:
        runs: all runs; those with changed settings of their method are left out.

    Returns:
        The table, or None where no run is of an exact task with its original data.
    """
    table = {
        p: methods
        for p, methods in grid(unchanged(runs)).items()
        if p.task in EXACT and p.data_source == p.oracle_source == "original"
    }
    if not table:
        return None
    yardsticks = {
        s: {row[0]: row[1:] for row in yardstick_rows(list(table), s)} for s in STATISTICS
    }
    rows, records = [], []
    for label in yardsticks["best"]:
        cells = zip(yardsticks["best"][label], yardsticks["median"][label], strict=True)
        rows.append([label, *(text for pair in cells for text in pair)])
    for method in sorted({m for methods in table.values() for m in methods}):
        row = [method]
        for methods in table.values():
            for statistic, column in STATISTICS.items():
                if method not in methods:
                    row.append("not run")
                    continue
                found = cell(methods[method], column)
                row.append(number(found))
                records.append(record("exact", methods[method], statistic, found))
        rows.append(row)
    titles = [p.title for p in table]
    names = [
        p.title + (heading(p).removeprefix(p.task) if titles.count(p.title) > 1 else "")
        for p in table
    ]
    header = ["method", *(f"{name}, {s}" for name in names for s in STATISTICS)]
    notes = [*MARKS[:2], *closing_notes(table)]
    caption = "Tasks whose data and true function are the originals, normalised scores of 128"
    return Table("exact", caption, header, rows, notes, records)
