"""Seconds of whole runs and of their large solves: Appendix A.3."""

from __future__ import annotations

from collections.abc import Iterable

from ..runs.results import Run, unchanged
from ..runs.spread import cell
from .cells import closing_notes, grid, heading, record
from .render import Table


def time_table(runs: Iterable[Run]) -> Table | None:
    """Seconds of whole runs and of their large solves (Appendix A.3)."""
    table = grid(unchanged(runs))
    if not table:
        return None
    rows, records = [], []
    for method in sorted({m for row in table.values() for m in row}, key=lambda m: (m != "bdi", m)):
        row = [method]
        for methods in table.values():
            if method not in methods:
                row.append("not run")
                continue
            texts = []
            for statistic in ("seconds", "solve_seconds"):
                if all(statistic in run.values for run in methods[method]):
                    found = cell(methods[method], statistic)
                    records.append(record("a3", methods[method], statistic, found))
                    texts.append(f"{found.mean:.1f}")
            row.append(" / ".join(texts) + f" (n = {len(methods[method])})")
        rows.append(row)
    notes = [
        "run / solve: mean seconds over n runs of the whole run and of the large solve. A solve is "
        "done once and kept in the cache: runs that found it there do not contain it.",
        "Times depend on the machine: compare them within a column only.",
        *closing_notes(table),
    ]
    caption = "Seconds a run (Appendix A.3)"
    return Table("a3", caption, ["method", *map(heading, table)], rows, notes, records)
