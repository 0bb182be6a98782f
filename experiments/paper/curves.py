"""Scores against the number of steps and against alpha, a line a problem."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from torchbdi import InputError

from ..runs.csv_lines import checked_lines
from ..runs.results import Problem, Run, swept
from ..runs.spread import cell
from ..runs.trajectory import FILE, is_whole
from .cells import STATISTICS, grid, heading

COLUMNS = 4  # panels in a row: more are too small to be read on a page
PERCENTILES = ("best of the designs", "median of the designs")
Line = tuple[np.ndarray, np.ndarray, np.ndarray]  # x (n,), mean (n, 2), standard deviation (n, 2)


def steps_figure(runs: Sequence[Run]) -> Figure | None:
    """Normalised score of saved designs against the step, of the longest runs."""
    saved: dict[Problem, list[Run]] = {}
    for run in swept(runs, "steps"):
        if (run.path.parent / FILE).is_file():
            saved.setdefault(run.problem, []).append(run)
    lines: dict[Problem, Line] = {}
    for problem in grid(run for found in saved.values() for run in found):
        found = saved[problem]
        steps = max(run.settings["steps"] for run in found)
        lines[problem] = mean_trajectory([r for r in found if r.settings["steps"] == steps])
    return _panels(lines, "steps T (the paper's own: dotted)", 200)


def mean_trajectory(runs: Sequence[Run]) -> Line:
    """Steps, mean and sample deviation (0 for one run) of best and median over some runs.

    Raises:
        InputError: they were not saved at the same steps.
    """
    tables = [_trajectory(run) for run in runs]
    for run, table in zip(runs, tables, strict=True):
        if not np.array_equal(table[:, 0], tables[0][:, 0]):
            raise InputError(
                f"{runs[0].path.parent} and {run.path.parent} were not saved at the same "
                "steps. Draw them apart."
            )
    scores = np.stack([table[:, 1:] for table in tables])
    std = scores.std(0, ddof=1) if len(scores) > 1 else np.zeros_like(scores[0])
    return tables[0][:, 0], scores.mean(0), std


def alpha_figure(runs: Sequence[Run]) -> Figure | None:
    """Normalised score against alpha."""
    chosen = swept(runs, "alpha")
    lines: dict[Problem, Line] = {}
    for problem in grid(run for run in chosen if run.changes):
        by_value: dict[float, list[Run]] = {}
        for run in chosen:
            if run.problem == problem:
                by_value.setdefault(float(run.settings["alpha"]), []).append(run)
        x = np.array(sorted(by_value))
        cells = [[cell(by_value[value], name) for name in STATISTICS.values()] for value in x]
        mean = np.array([[c.mean for c in row] for row in cells])
        std = np.array([[c.std for c in row] for row in cells])
        lines[problem] = (x, mean, np.nan_to_num(std))  # one seed: no bar
    figure = _panels(lines, "alpha in w_l = sqrt(softmax(alpha y_l))", None)
    for axes in figure.axes if figure else ():
        ticks = sorted({value for x, _, _ in lines.values() for value in x})
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks], rotation=45)
    return figure


def _trajectory(run: Run) -> np.ndarray:
    """(saved steps, 3): step, best and median, normalised."""
    path = run.path.parent / FILE
    with checked_lines(
        path,
        lambda error: (
            f"{path} is damaged ({error}). Remove it, and make it again from the designs "
            "that were kept: python -m experiments.runs.trajectory FOLDER."
        ),
    ) as lines:
        if not is_whole(path.parent):
            raise ValueError("its SHA-256 is another")
        cells = [[float(line[k]) for k in ("step", *STATISTICS.values())] for line in lines]
        if not np.isfinite(cells).all():
            raise ValueError("it holds a number that is none")
    return np.array(cells)


def _panels(lines: dict[Problem, Line], label: str, mark: float | None) -> Figure | None:
    if not lines:
        return None
    figure = Figure(figsize=(10, 4), layout="constrained")
    for i, (axes, name) in enumerate(zip(figure.subplots(1, 2), PERCENTILES, strict=True)):
        for problem, (x, mean, std) in lines.items():
            axes.errorbar(x, mean[:, i], std[:, i], marker="o", ms=3, label=heading(problem))
        if mark is not None:
            axes.axvline(mark, color="grey", lw=0.8, ls=":")
        finish(axes, label, f"normalised score, {name}")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=len(lines))
    return figure


def panels_figure(count: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """A figure of panels of such a size in inches, four beside each other at most."""
    columns = min(count, COLUMNS)
    rows = -(-count // columns)
    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    places = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for axes in places[count:]:
        axes.remove()
    return figure, places[:count]


def finish(axes: Axes, x: str, y: str) -> None:
    """Labels and grid."""
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)
