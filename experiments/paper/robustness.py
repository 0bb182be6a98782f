"""Figures 3 and 4 of the paper: how little the target score, alpha and the steps matter."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from ..runs.results import Problem, Run, left_out, swept
from ..runs.spread import cell
from ..runs.trajectory import FILE
from .cells import STATISTICS, TABLE, grid, heading
from .curves import finish, mean_trajectory

OWN_TARGET = 10.0


def target_figure(runs: Sequence[Run]) -> Figure | None:
    """The best score with y_h over the best with y_h = 10, every task a line (Fig. 3).

    Means over the seeds that both have with one table: a regenerated one differs from seed to seed
    and from machine to machine. A task with a best score of 0 or less has no line, and is named.
    """
    chosen = swept(runs, "target")
    lines: dict[Problem, tuple[np.ndarray, np.ndarray]] = {}
    for problem in grid(run for run in chosen if run.changes):
        by_target: dict[float, dict[tuple[int, str], float]] = {}
        for run in chosen:
            if run.problem == problem:
                best = by_target.setdefault(float(run.settings["target"]), {})
                table = " ".join(f"{run.values.get(name, math.nan):.9g}" for name in TABLE)
                best[run.seed, table] = cell([run], STATISTICS["best"]).mean
        own = by_target.get(OWN_TARGET, {})
        shared = {x: sorted(best.keys() & own.keys()) for x, best in sorted(by_target.items())}
        if any(both and sum(own[at] for at in both) <= 0 for both in shared.values()):
            left_out(
                f"{heading(problem)}: its best score with y_h = {OWN_TARGET:g} is not above 0, so "
                "that no ratio to it says which is better."
            )
            continue
        ratios = {
            x: sum(by_target[x][at] for at in both) / sum(own[at] for at in both)
            for x, both in shared.items()
            if both
        }
        if ratios:
            lines[problem] = np.array(list(ratios)), np.array(list(ratios.values()))
    if not lines:
        return None
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for problem, (x, y) in lines.items():
        axes.plot(x, y, marker="o", ms=3, label=heading(problem))
    axes.axhline(1.0, color="grey", lw=0.8, ls=":")
    axes.set_xticks(sorted({value for x, _ in lines.values() for value in x}))
    finish(axes, "target score y_h", "best score over the best with y_h = 10")
    axes.legend(fontsize=8)
    return figure


def alpha_steps_figure(runs: Sequence[Run]) -> Figure | None:
    """The best score of the Ant against the number of steps, a line an alpha (Fig. 4).

    Args:
        runs: all runs; those of BDI count in which nothing but alpha and the steps is changed and
            whose designs were scored along the way.

    Returns:
        A panel for every table of the Ant; None where there is no such run.
    """
    chosen: dict[Problem, dict[float, list[Run]]] = {}
    for problem, methods in grid(runs).items():
        for run in methods.get("bdi", []) if problem.task == "ant" else ():
            changed = {change.split("=")[0] for change in run.changes}
            if changed <= {"alpha", "steps"} and (run.path.parent / FILE).is_file():
                alphas = chosen.setdefault(problem, {})
                alphas.setdefault(float(run.settings["alpha"]), []).append(run)
    if not chosen:
        return None
    figure = Figure(figsize=(7 * len(chosen), 4.5), layout="constrained")
    for axes, (problem, alphas) in zip(
        figure.subplots(1, len(chosen), squeeze=False)[0], chosen.items(), strict=True
    ):
        for alpha, found in sorted(alphas.items()):
            x, mean, std = mean_trajectory(found)
            axes.errorbar(x, mean[:, 0], std[:, 0], marker="o", ms=3, label=f"alpha = {alpha:g}")
        axes.axvline(200, color="grey", lw=0.8, ls=":")
        axes.set_title(heading(problem), fontsize=9)
        finish(axes, "steps T (the paper's own: dotted)", "normalised score, best of the designs")
        axes.legend(fontsize=8)
    return figure
