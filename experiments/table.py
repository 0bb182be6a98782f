"""The paper's tables from finished runs: ``python -m experiments.table [table3 ...] [runs=runs]``.

Every cell holds runs of one data source, one true function, and one revision of task and method,
that differ in their seed only. The paper's figures stand beside ours, with a mark where data or
true function is not the original. Tables are printed; ``out=FOLDER`` writes them there, too, as
NAME.md, .csv and .tex, and adds the lines of the runs to its runs.csv.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torchbdi import InputError

from .paper.checks import checks_table
from .paper.exact import exact_table
from .paper.paired import paired_table
from .paper.render import Table, markdown, write_table
from .paper.score_table import score_table
from .paper.statistics_table import statistics_table
from .paper.sweep_table import sweep_table
from .paper.time_table import time_table
from .runs.asked import asked_for
from .runs.collection import add_runs
from .runs.results import Run, unchanged
from .runs.words import run_command

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
    names, runs, out = asked_for(words, TABLES)
    for name in names or TABLES:
        table = TABLES[name](runs)
        if table is None:
            changed = len(runs) - len(unchanged(runs))
            changes = sorted({change for run in runs for change in run.changes})
            such = f" (such as {', '.join(changes[:3])})" if changes else ""
            message = (
                f"no runs for {name} among the {len(runs)} found, {changed} of them with changed "
                f"settings{such}. Make them: python -m experiments.reproduce {name}"
            )
            if name in names:
                raise InputError(message)
            print(f"{message}\n")
            continue
        print(markdown(table))
        if out is not None:
            write_table(out, table)
    if out is not None and runs:
        file = out / "runs.csv"
        out.mkdir(parents=True, exist_ok=True)  # no table may have been written
        if others := add_runs(file, runs):
            print(f"{file}: the lines of {others} other runs stay there.")


if __name__ == "__main__":
    run_command(main, __doc__)
