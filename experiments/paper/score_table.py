"""Scores of methods by problems, with their ranks: Tables 1 to 3 and Appendix A.1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..runs.results import Run, unchanged
from ..runs.spread import cell
from ..tasks.registry import spec_of
from .cells import (
    BEST_OF_DATA,
    MARKS,
    STATISTICS,
    beside,
    fidelity_note,
    grid,
    heading,
    number,
    record,
    source_note,
)
from .comparison import ranked
from .printed_rows import log_notes, more_methods, paper_cell, rank_text
from .ranks import Ranks
from .render import Table
from .yardstick_rows import yardstick_rows

RANK_NOTE = (
    "Ranks: among the methods of the paper's table; ties take the best rank. Where columns have "
    "all of them, over these columns alone. A method with _small is its published form but for "
    "a width of 256, and stands in for it."
)


def score_table(
    name: str, caption: str, runs: Iterable[Run], statistic: str, kind: str | None = None
) -> Table | None:
    """Methods by problems, with ranks among the methods that were run on the same problem.

    Args:
        name: of the table.
        caption: of the table.
        runs: all runs; those with changed settings are left out.
        statistic: "best" or "median".
        kind: of the table's tasks, "discrete" or "continuous"; None for all.

    Returns:
        The table, or None where no run belongs in it.
    """
    table = grid(r for r in unchanged(runs) if kind in (None, spec_of(r.problem.task).kind))
    if not table:
        return None
    cells = {
        problem: {m: cell(found, STATISTICS[statistic]) for m, found in methods.items()}
        for problem, methods in table.items()
    }
    ranks = ranked(name, {str(p): {m: c.mean for m, c in row.items()} for p, row in cells.items()})
    names = {method for row in cells.values() for method in row}
    best = [
        f"{_best_of_data(methods.values()):.3f}{paper_cell(name, 'best_rows', problem)}"
        for problem, methods in table.items()
    ]
    rows = [["best of the data", *best, "", ""]]
    rows += [[*row, "", ""] for row in yardstick_rows(list(table), statistic)]
    records, notes = [], [*MARKS, *(source_note(p, methods) for p, methods in table.items())]
    for method in sorted(names, key=lambda m: (m not in ranks, m != "bdi", m)):
        row = [method]
        for problem in table:
            if method not in cells[problem]:
                row.append("not run" + paper_cell(name, method, problem))
                continue
            found = cells[problem][method]
            records.append(record(name, table[problem][method], statistic, found))
            row.append(number(found) + beside(records[-1]))
        rows.append([*row, *_rank_cells(name, method, ranks.get(method), len(table))])
    for method in more_methods(name, list(names)):
        row = [method, *("not run" + paper_cell(name, method, problem) for problem in table)]
        rows.append([*row, *_rank_cells(name, method, None, len(table))])
    header = ["method", *(heading(problem) for problem in table), "rank mean", "rank median"]
    notes += [
        f"* for {entry['method']} on {entry['task']}: {entry['remark']}."
        for entry in records
        if entry["remark"]
    ]
    sources = {str(entry["paper_source"]) for entry in records if entry["paper"] != ""}
    notes += [f"In brackets: {source}." for source in sorted(sources)]
    if name == "table3":
        notes += log_notes([problem.task for problem in table])
    notes += [RANK_NOTE, fidelity_note(table)]
    return Table(name, caption, header, rows, notes, records)


def _rank_cells(table: str, method: str, rank: Ranks | None, columns: int) -> list[str]:
    """Rank mean and median with how many were ranked, and the paper's own."""
    printed = rank_text(method) if table == "table2" else ("", "")
    if rank is None:
        return list(printed)
    tail = f" in {len(rank.ranks)} of {columns} columns" if len(rank.ranks) < columns else ""
    return [
        f"{r:.1f}/{rank.methods}{tail} {text}".rstrip()
        for r, text in zip((rank.mean, rank.median), printed, strict=True)
    ]


def _best_of_data(runs: Iterable[Sequence[Run]]) -> float:
    by_seed = {run.seed: cell([run], BEST_OF_DATA).mean for some in runs for run in some}
    return sum(by_seed.values()) / len(by_seed)
