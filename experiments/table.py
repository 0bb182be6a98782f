"""The paper's tables from finished runs: ``python -m experiments.table [table3 ...] [runs=runs]``.

Every cell holds runs of one data source, one true function, and one revision of task and method,
that differ in their seed only. The paper's figures stand beside ours, with a mark where data or
true function is not the original. Tables are printed; ``out=FOLDER`` writes them there, too, as
NAME.md, .csv and .tex, and adds the lines of the runs to its runs.csv.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from torchbdi import InputError

from .paper.cells import (
    BEST_OF_DATA,
    MARKS,
    STATISTICS,
    beside,
    closing_notes,
    fidelity_note,
    grid,
    heading,
    number,
    record,
    source_note,
)
from .paper.checks import checks_table
from .paper.comparison import ranked
from .paper.exact import exact_table
from .paper.paired import paired_table
from .paper.printed_rows import log_notes, more_methods, paper_cell, rank_text
from .paper.ranks import Ranks
from .paper.render import Table, markdown, write_table
from .paper.statistics_table import statistics_table
from .paper.yardstick_rows import yardstick_rows
from .runs.collection import add_runs
from .runs.results import Problem, Run, left_out, places, read_runs, swept, unchanged
from .runs.spread import cell
from .runs.words import run_command, split_words
from .tasks.registry import spec_of

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
    sources: set[str] = set()
    for method in sorted(names, key=lambda m: (m not in ranks, m != "bdi", m)):
        row = [method]
        for problem in table:
            if method not in cells[problem]:
                row.append("not run" + paper_cell(name, method, problem))
                continue
            found = cells[problem][method]
            entry = record(name, table[problem][method], statistic, found)
            row.append(number(found) + beside(entry))
            records.append(entry)
            if entry["paper"] != "":
                sources.add(str(entry["paper_source"]))
            if entry["remark"]:
                notes.append(f"* for {method} on {problem.task}: {entry['remark']}.")
        rows.append([*row, *_rank_cells(name, method, ranks.get(method), len(table))])
    for method in more_methods(name, list(names)):
        row = [method, *("not run" + paper_cell(name, method, problem) for problem in table)]
        rows.append([*row, *(rank_text(method) if name == "table2" else ("", ""))])
    header = ["method", *(heading(problem) for problem in table), "rank mean", "rank median"]
    notes += [f"In brackets: {source}." for source in sorted(sources)]
    if name == "table3":
        notes += log_notes([problem.task for problem in table])
    notes.append(RANK_NOTE)
    notes.append(fidelity_note(_flat(table)))
    return Table(name, caption, header, rows, notes, records)


def _flat(table: Mapping[Problem, Mapping[str, Sequence[Run]]]) -> Iterable[Run]:
    return (run for methods in table.values() for runs in methods.values() for run in runs)


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


NORMALISED = "normalised score of 128 designs"
TABLES: dict[str, Callable[[Sequence[Run]], Table | None]] = {
    "table1": lambda runs: score_table(
        "table1", f"Continuous tasks, best {NORMALISED} (Table 1)", runs, "best", "continuous"
    ),
    "table2": lambda runs: score_table(
        "table2", f"Discrete tasks, best {NORMALISED} (Table 2)", runs, "best", "discrete"
    ),
    "table3": lambda runs: score_table(
        "table3", f"All tasks and ablations, best {NORMALISED} (Table 3)", runs, "best"
    ),
    "a1": lambda runs: score_table(
        "a1", f"All tasks, median {NORMALISED} (Appendix A.1)", runs, "median"
    ),
    "a2": lambda runs: sweep_table(
        "a2", "Designs that share a backward mapping (Appendix A.2)", runs, "designs_per_group"
    ),
    "a3": time_table,
    "a4": lambda runs: sweep_table("a4", "Target score y_h (Appendix A.4)", runs, "target"),
    "scores": statistics_table,
    "exact": exact_table,
    "paired": paired_table,
    "checks": checks_table,
}


def main(words: Sequence[str]) -> None:
    """The command line.

    Raises:
        InputError: a word is wrong, or a table that was named has no runs.
    """
    names, values, rest = split_words(words, list(TABLES), ("runs", "out"))
    if rest:
        raise InputError(f"{rest[0]}: not known here. Valid: runs=FOLDER,... and out=FOLDER.")
    runs = read_runs(places(values.get("runs", "runs")), left_out)
    for name in names or TABLES:
        table = TABLES[name](runs)
        if table is None:
            changed = len(runs) - len(unchanged(runs))
            message = (
                f"no runs for {name} among the {len(runs)} found, {changed} of them with changed "
                f"settings. Make them: python -m experiments.reproduce {name}"
            )
            if name in names:
                raise InputError(message)
            print(f"{message}\n")
            continue
        print(markdown(table))
        if "out" in values:
            write_table(Path(values["out"]), table)
    if "out" in values and runs:
        file = Path(values["out"]) / "runs.csv"
        file.parent.mkdir(parents=True, exist_ok=True)  # no table may have been written
        if others := add_runs(file, runs):
            print(f"{file}: the lines of {others} other runs stay there.")


if __name__ == "__main__":
    run_command(main, __doc__)
