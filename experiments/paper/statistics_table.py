"""More of every run's scores than the best and the median: a line a problem and method."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..runs.pools import YARDSTICKS
from ..runs.results import Run, unchanged
from ..runs.scores import LABELS
from ..runs.spread import cell
from .cells import closing_notes, grid, heading
from .render import Table
from .yardstick_rows import Lines, kept_lines

ALONG = {
    "best_along_normalised": "best along the way",
    "median_along_normalised": "highest median along the way",
}
NOVELTY = {
    "share_equal": "equal to an earlier one",
    "share_known": "in the table",
    "share_clipped": "moved into bounds",
    "distance_to_data": "distance to the table",
    "diversity": "distance to each other",
}


def statistics_table(runs: Iterable[Run], lines: Lines | None = None) -> Table | None:
    """Percentiles, mean, best of the first few, and how new the designs are.

    Args:
        runs: all runs; those with changed settings are left out.
        lines: of yardsticks; None for those that come with the code.

    Returns:
        The table, or None where there are no runs.
    """
    table = grid(unchanged(runs))
    if not table:
        return None
    columns = {f"{name}_after_normalised": label for name, label in LABELS.items()}
    columns |= ALONG | NOVELTY
    rows, records = [], []
    for problem, methods in table.items():
        for method in sorted(methods, key=lambda m: (m != "bdi", m)):
            found = methods[method]
            numbers = [_mean(found, column) for column in columns]
            rows.append([heading(problem), method, *map(_text, numbers)])
            record = {"task": problem.task, "title": problem.title, "method": method}
            records.append(
                {**record, "runs": len(found), **dict(zip(columns, numbers, strict=True))}
            )
        known = _by_yardstick(kept_lines() if lines is None else lines, problem.key)
        for yardstick, label in YARDSTICKS.items():
            if yardstick in known:
                cells = [known[yardstick].get(name, "") for name in LABELS]
                rows.append([heading(problem), label, *cells, *[""] * len(ALONG | NOVELTY)])
    notes = [
        "Means over seeds of normalised scores; an empty cell: the run was made before this was "
        "written down.",
        "Best of the first k: in the order in which the method trusts its designs.",
        "Along the way: over the steps whose designs were kept (trainer.trajectory_every=20) and "
        "scored when the run was over (score=full).",
        "Distances are numbers of letters; of numbers, the root mean square over columns in "
        "standard deviations.",
        *closing_notes(table),
    ]
    header = ["task", "method", *columns.values()]
    return Table("scores", "What 128 designs score", header, rows, notes, records)


def _mean(runs: Sequence[Run], column: str) -> float | None:
    if any(column not in run.values for run in runs):
        return None
    return cell(runs, column).mean


def _text(number: float | None) -> str:
    return "" if number is None else f"{number:.3f}"


def _by_yardstick(lines: Lines, problem: str) -> Mapping[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for line in lines:
        if line["problem"] == problem:
            mean = f"{float(line['mean']):.3f}"
            found.setdefault(line["yardstick"], {})[line["statistic"]] = mean
    return found
