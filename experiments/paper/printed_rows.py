"""What the paper printed for cells that we have no runs for, as text for the tables."""

from __future__ import annotations

from collections.abc import Sequence

from ..runs.results import Problem
from .cells import beside
from .comparison import stands_for
from .facts import ABLATIONS, COMPARED, comparable, fact, logged
from .printed.read import printed_ranks

#: The methods of each table, by our names, in the paper's order.
METHODS = {
    "table1": tuple(COMPARED.values()),
    "table2": tuple(COMPARED.values()),
    "table3": tuple(ABLATIONS.values()),
}


def paper_cell(table: str, method: str, problem: Problem) -> str:
    """The paper's figure for a cell in brackets, with its marks; empty where there is none.

    Args:
        table: the table's name; only Tables 1 to 3 are the paper's.
        method: our name.
        problem: the column.
    """
    known = fact(problem.task, method, "best") if table in METHODS else None
    if known is None:
        return ""
    same = comparable(problem.task, problem.data_source, problem.oracle_source, problem.rows)
    entry = {"paper": known.printed, "remark": known.caveat}
    return beside({**entry, "comparable": "yes" if same else "no"})


def more_methods(table: str, there: Sequence[str]) -> list[str]:
    """The methods of the paper's table that have no runs, in its order; D(best) is no method."""
    there = [stands_for(method, there) for method in there]
    return [m for m in METHODS.get(table, ()) if m not in there and m != "best_rows"]


def rank_text(method: str) -> tuple[str, str]:
    """The paper's rank mean and median of a method, as Table 2 prints them; empty for others."""
    for name, own in COMPARED.items():
        if own == method and name in printed_ranks():
            mean, median = printed_ranks()[name]
            return f"[{mean:.1f}/11]", f"[{median:g}/11]"
    return "", ""


def log_notes(tasks: Sequence[str]) -> list[str]:
    """What the authors' own log says of some tasks, a line each."""
    return [
        f"The authors' log of {item.task}: {item.statistic} of {item.method} {item.value:.6f}."
        for item in logged()
        if item.task in tasks
    ]
