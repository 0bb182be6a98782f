"""What a run leaves behind: scores, proposals, the picture and the table at the end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from torchbdi.kernels.files import write_atomic, write_csv

from ..data.arrays import write_npz
from ..tasks.task import Task


def score_designs(
    task: Task, x_h: Tensor, starts: np.ndarray
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Asks the true function for the designs. The only place of a run that does.

    Args:
        task: the task.
        x_h: standardised designs, (n, D), in the order of their starts.
        starts: row numbers of the starts in the table, (n,).

    Returns:
        Metrics (best and median, before and after, raw and normalised) and the arrays of the
        proposals.
    """
    designs = task.codec.decode(x_h)
    after, before = task.predict(designs), task.y_raw[starts]
    metrics: dict[str, Any] = {}
    for when, y in (("before", before), ("after", after)):
        for unit, values in (("raw", y), ("normalised", task.normalise(y))):
            metrics[f"best_{when}_{unit}"] = float(np.max(values))
            metrics[f"median_{when}_{unit}"] = float(np.median(values))
    arrays = {
        "designs": designs,
        "x_h": x_h.detach().cpu().numpy(),
        "start_rows": starts,
        "score_before": before,
        "score_after": after,
        "normalised_after": task.normalise(after),
    }
    return metrics, arrays


def write_proposals(folder: Path, task: Task, arrays: dict[str, np.ndarray]) -> None:
    """Writes proposals.npz (everything) and proposals.csv (one design a line, decoded)."""
    write_npz(folder / "proposals.npz", arrays)
    designs = arrays["designs"]
    if task.codec.letters:
        names, cells = ["design"], [[task.codec.text(design)] for design in designs]
    else:
        names = [f"x{i}" for i in range(designs[0].size)]
        cells = [[repr(float(v)) for v in design.ravel()] for design in designs]
    header = ["rank_of_start", "start_row", "score_before", "score", "normalised_score", *names]
    columns = (arrays["start_rows"], arrays["score_before"], arrays["score_after"])
    rows = [
        [rank, *(c[rank].item() for c in columns), arrays["normalised_after"][rank].item(), *cell]
        for rank, cell in enumerate(cells)
    ]
    write_csv(folder / "proposals.csv", header, rows)


def write_losses(folder: Path, rows: Sequence[Sequence[float]]) -> None:
    """Writes losses.csv and losses.png from (step, total, forward, backward) rows."""
    names = ("total", "forward", "backward")
    write_csv(folder / "losses.csv", ["step", *names], rows)
    # The object-oriented interface needs no display and touches no global state.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    table = np.array(rows)
    for column, name in enumerate(names, start=1):
        if table[:, column].any():
            axes.plot(table[:, 0], table[:, column], label=name)
    axes.set_xlabel("step")
    axes.set_ylabel("loss (mean over groups)")
    if (table[:, 1:] >= 0).all():
        axes.set_yscale("log")
    axes.grid(alpha=0.3)
    axes.legend()
    write_atomic(folder / "losses.png", lambda file: figure.savefig(file, format="png", dpi=150))


def summary_table(task: Task, metrics: dict[str, Any], n: int) -> str:
    """The table at the end of a run, as markdown."""
    lines = [
        f"| {task.title}, {n} designs | before | after | before, normalised | after, normalised |",
        "|---|---|---|---|---|",
    ]
    for name, label in (
        ("best", "best (100th percentile)"),
        ("median", "median (50th percentile)"),
    ):
        cells = (
            f"{metrics[f'{name}_{when}_{unit}']:.6f}"
            for unit in ("raw", "normalised")
            for when in ("before", "after")
        )
        lines.append(f"| {label} | {' | '.join(cells)} |")
    lines.append("")
    lines.append(task.sources)
    return "\n".join(lines)
