"""The cells of the tables: what may stand together, and how its spread is told."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence

from torchbdi.identity import canonical
from torchbdi.methods import registry

from ..runs.results import Problem, Run
from ..runs.spread import Cell
from ..tasks.registry import spec_of
from .facts import CONTINUOUS, DISCRETE, comparable, fact

STATISTICS = {"best": "best_after_normalised", "median": "median_after_normalised"}
BEST_OF_DATA = "best_of_data_normalised"
# Two runs of one seed that differ in one of these had different tables. The first alone would not
# do: it is 1 on every table that is normalised by its own range and shows all of its rows.
TABLE = (BEST_OF_DATA, "best_before_raw", "median_before_raw")
SEEDS = 8  # of a method in which anything is random

MARKS = (
    "a ± b (se c, n): mean, sample standard deviation and standard error over n seeds.",
    "det.: deterministic; two seeds or more are the same computation to six digits. "
    "The same with n seeds: this number is, but not the whole computation.",
    "[x]: the paper's figure, as printed. [x ‡]: our data, true function or number of rows is not "
    "the original, so the two are not comparable. [x *]: the paper's is of another setting, see "
    "below.",
)


def grid(runs: Iterable[Run]) -> dict[Problem, dict[str, list[Run]]]:
    """Runs by problem and method; problems in the order of the paper's tables."""
    found: dict[Problem, dict[str, list[Run]]] = {}
    for run in runs:
        found.setdefault(run.problem, {}).setdefault(run.method, []).append(run)
    order = {task: i for i, task in enumerate(DISCRETE + CONTINUOUS)}
    return dict(sorted(found.items(), key=lambda item: (order.get(item[0].task, 99), item[0])))


def heading(problem: Problem) -> str:
    """A problem as the head of a column; what is not the task's own is said there."""
    settings, revisions = told_apart(problem.task, problem.key)
    sources = (("data", problem.data_source), ("function", problem.oracle_source))
    labels = "".join(f", {what}: {kind}" for what, kind in sources if kind != "original")
    return problem.task + settings + labels + revisions


def told_apart(task: str, key: str) -> tuple[str, str]:
    """What tells a problem from others of its task: settings that are not the task's, revisions.

    Args:
        task: the task's name.
        key: the task's part of the runs' identity, as text.
    """
    shared = json.loads(key)
    own = json.loads(canonical(vars(spec_of(task).settings())))
    given = shared["task_settings"].items()
    settings = "".join(f", {k}={v}" for k, v in given if k not in own or own[k] != v)
    numbers = shared["revision"], shared["task_revision"]
    return settings, "" if numbers == (1, 1) else f", revision {'.'.join(map(str, numbers))}"


def source_note(problem: Problem, methods: Mapping[str, Sequence[Run]]) -> str:
    """Where the numbers of a column come from."""
    return (
        f"{heading(problem)}: {problem.title}, {problem.rows:,} rows; data {problem.data_source}, "
        f"true function {problem.oracle_source}; torchbdi "
        f"{versions(run for runs in methods.values() for run in runs)}."
    )


def closing_notes(table: Mapping[Problem, Mapping[str, Sequence[Run]]]) -> list[str]:
    """What stands below every table that compares methods: its problems and their methods."""
    sources = [source_note(problem, methods) for problem, methods in table.items()]
    return [*sources, fidelity_note(table)]


def fidelity_note(table: Mapping[Problem, Mapping[str, Sequence[Run]]]) -> str:
    """How each method stands to what was published, as it was run."""
    labels: dict[str, set[str]] = {}
    for run in (run for methods in table.values() for runs in methods.values() for run in runs):
        label: str = registry.class_of(run.identity.method).fidelity
        if label == "defect mended" and run.settings.get("as_published"):
            label = "as published"
        labels.setdefault(label, set()).add(run.method)
    told = "; ".join(
        f"{label}: {', '.join(sorted(names))}" for label, names in sorted(labels.items())
    )
    return f"Methods as they stand to what was published: {told}. See docs/methods.md."


def versions(runs: Iterable[Run]) -> str:
    """The versions of the package that made some runs."""
    return ", ".join(sorted({run.version for run in runs}))


def kind(found: Cell) -> str:
    """What the spread of a cell means, in words."""
    n = len(found.values)
    if n == 1:
        return "1 seed"
    if found.deterministic:
        return "deterministic"
    return f"{n} of {SEEDS} seeds" if n < SEEDS else f"{n} seeds"


def number(found: Cell) -> str:
    """A cell's number with its spread."""
    n = len(found.values)
    if n == 1:
        return f"{found.mean:.3f} (1 seed)"
    if found.deterministic:
        return f"{found.mean:.3f} (det.)"
    if found.std == 0:
        return f"{found.mean:.3f} (the same with {n} seeds)"
    return f"{found.mean:.3f} ± {_small(found.std)} (se {_small(found.standard_error)}, n = {n})"


def _small(spread: float) -> str:
    """Three digits, or the first that is not 0."""
    return f"{spread:.3f}" if spread >= 5e-4 else f"{spread:.1g}"


def record(table: str, runs: Sequence[Run], statistic: str, found: Cell) -> dict[str, object]:
    """A cell in full, for the CSV."""
    run, problem = runs[0], runs[0].problem
    known = fact(run.problem.task, run.method, statistic) if not run.changes else None
    same = known is not None and comparable(
        problem.task, problem.data_source, problem.oracle_source, problem.rows
    )
    return {
        "table": table,
        "task": problem.task,
        "title": problem.title,
        "data_source": problem.data_source,
        "oracle_source": problem.oracle_source,
        "rows": problem.rows,
        "version": versions(runs),
        "method": run.method,
        "changes": " ".join(run.changes),
        "statistic": statistic,
        "kind": kind(found),
        "seeds": " ".join(str(run.seed) for run in sorted(runs, key=lambda run: run.seed)),
        "mean": found.mean,
        "std": "" if math.isnan(found.std) else found.std,
        "standard_error": "" if math.isnan(found.standard_error) else found.standard_error,
        "paper": known.printed if known else "",
        "paper_source": known.source if known else "",
        "comparable": ("yes" if same else "no") if known else "",
        "remark": known.caveat if known else "",
    }


def beside(entry: Mapping[str, object]) -> str:
    """The published figure that goes behind a number, with its marks; nothing where none is."""
    if entry["paper"] == "":
        return ""
    marks = ("‡" if entry["comparable"] == "no" else "") + ("*" if entry["remark"] else "")
    return f" [{entry['paper']}{' ' if marks else ''}{marks}]"
