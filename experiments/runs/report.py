"""What a run leaves behind: scores, proposals, the picture and the table at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from torchbdi.kernels.files import write_csv
from torchbdi.space import Number

from ..data.arrays import write_npz
from ..tasks.task import Task
from .novelty import novelty, share_clipped
from .scores import LABELS, score_statistics

_PART = 2**16  # rows of a table that are decoded at once


def score_designs(
    task: Task, x: Tensor, n_before: int
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Asks the true function for the designs. The only place of a run that does.

    Args:
        task: the task.
        x: standardised designs, (n, D).
        n_before: how many of the table's best rows they are compared with.

    Returns:
        Metrics and the arrays of the proposals. Metrics are best and median, before and after,
        raw and normalised; the other statistics of :data:`LABELS`, normalised; and how new the
        designs are (:func:`novelty`).
    """
    designs = task.decode(x)
    after, before = task.predict(designs), task.y_raw[task.data.best(n_before).numpy()]
    metrics: dict[str, Any] = {}
    for when, y in (("before", before), ("after", after)):
        for unit, values in (("raw", y), ("normalised", task.normalise(y))):
            metrics[f"best_{when}_{unit}"] = float(np.max(values))
            metrics[f"median_{when}_{unit}"] = float(np.median(values))
        told = score_statistics(task.normalise(y))
        metrics |= {f"{name}_{when}_normalised": value for name, value in told.items()}
    metrics |= novelty(_compared(task, designs), _table(task), _std(task))
    metrics["share_clipped"] = share_clipped(designs, task.limits)
    arrays = {
        "designs": designs,
        "x_h": x.detach().cpu().numpy(),
        "score_after": after,
        "normalised_after": task.normalise(after),
    }
    return metrics, arrays


def _table(task: Task) -> Iterator[np.ndarray]:
    """The rows of a task's table as they are compared, part by part."""
    for start in range(0, len(task.data.x), _PART):
        yield _compared(task, task.decode(task.data.x[start : start + _PART]))


def _compared(task: Task, designs: np.ndarray) -> np.ndarray:
    """Raw designs (n, ...) as :func:`novelty` compares them.

    Words and plain numbers are what they are, all else its standardised features, (n, D).
    """
    if task.discrete or _std(task) is not None:
        return designs
    return task.data.space.encode(designs.reshape(len(designs), -1)).numpy()


def _std(task: Task) -> np.ndarray | None:
    """Deviations of the columns, (C,), where all are numbers that are their own features."""
    space = task.data.space
    plain = all(isinstance(c, Number) and not c.log for c in space.columns)
    return space.std if plain else None


def write_proposals(folder: Path, task: Task, arrays: dict[str, np.ndarray]) -> None:
    """Writes proposals.npz (everything) and proposals.csv (one design a line, decoded).

    Args:
        folder: the run's.
        task: the task.
        arrays: those of :func:`score_designs`; with start_rows and score_before, (n,) each, where
            the designs come from rows of the table.
    """
    write_npz(folder / "proposals.npz", arrays)
    designs = arrays["designs"]
    if task.discrete:
        names, cells = ["design"], [[task.text(design)] for design in designs]
    else:
        names = [column.name for column in task.data.space.columns]
        cells = [task.cells(design) for design in designs]
    columns = {
        "start_row": "start_rows",
        "score_before": "score_before",
        "score": "score_after",
        "normalised_score": "normalised_after",
    }
    there = {head: arrays[name] for head, name in columns.items() if name in arrays}
    header = ["rank", *there, *names]
    rows = [
        [rank, *(column[rank].item() for column in there.values()), *cell]
        for rank, cell in enumerate(cells)
    ]
    write_csv(folder / "proposals.csv", header, rows)


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
    lines += ["", "| normalised | before | after |", "|---|---|---|"]
    for name, label in LABELS.items():
        if name not in ("best", "median") and f"{name}_after_normalised" in metrics:
            pair = (f"{metrics[f'{name}_{when}_normalised']:.6f}" for when in ("before", "after"))
            lines.append(f"| {label} | {' | '.join(pair)} |")
    over = "features" if _std(task) is None else "columns"
    unit = "letters" if task.discrete else f"standard deviations, root mean square over {over}"
    lines += [
        "",
        f"Of the proposals {metrics['share_equal']:.1%} are equal to an earlier one, "
        f"{metrics['share_known']:.1%} stand in the table, {metrics['share_clipped']:.1%} are "
        f"moved into bounds. Mean distance to the table {metrics['distance_to_data']:.3g}, to "
        f"each other {metrics['diversity']:.3g} ({unit}).",
        "",
        task.sources,
    ]
    return "\n".join(lines)
