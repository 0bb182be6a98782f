"""BDI with one setting varied: Appendices A.2 and A.4."""

from __future__ import annotations

from collections.abc import Iterable

from ..runs.results import Run, swept
from ..runs.spread import cell
from .cells import MARKS, STATISTICS, grid, heading, number, record, source_note
from .render import Table


def sweep_table(name: str, caption: str, runs: Iterable[Run], setting: str) -> Table | None:
    """BDI with one setting varied: a line a value, best and median a column each.

    Args:
        name: of the table.
        caption: of the table.
        runs: all runs; those in which another setting is changed too are left out.
        setting: a key of the method's configuration.

    Returns:
        The table, or None where no run has the setting changed.
    """
    chosen = swept(runs, setting)
    problems = grid(run for run in chosen if run.changes)
    if not problems:
        return None
    values = sorted({float(r.settings[setting]) for r in chosen if r.problem in problems})
    rows, records = [], []
    for value in values:
        row = [f"{value:g}"]
        for problem in problems:
            here = [
                r for r in chosen if r.problem == problem and float(r.settings[setting]) == value
            ]
            for statistic, column in STATISTICS.items():
                if not here:
                    row.append("not run")
                    continue
                found = cell(here, column)
                records.append({setting: value, **record(name, here, statistic, found)})
                row.append(number(found))
        rows.append(row)
    header = [setting, *(f"{heading(p)}, {s}" for p in problems for s in STATISTICS)]
    notes = [*MARKS[:2], *(source_note(p, methods) for p, methods in problems.items())]
    return Table(name, caption, header, rows, notes, records)
