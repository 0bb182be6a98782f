"""The numbers of every step as losses.csv and losses.png."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from torchbdi.kernels.files import write_atomic, write_csv

from .history import History

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PART = 2.4  # inches of the picture for each group of names
STYLES = ("-", "--", "-.", ":")  # no line is told from the others by its colour alone
DECADE = 10.0  # from this ratio on an axis is logarithmic


def write_losses(folder: Path, history: History) -> None:
    """Writes losses.csv, a column for everything that was logged, and losses.png."""
    names = history.columns()
    rows = [[step, *(row.get(name, "") for name in names)] for step, row in history.rows.items()]
    write_csv(folder / "losses.csv", ["step", *names], rows)
    figure = losses_figure(history)
    write_atomic(folder / "losses.png", lambda file: figure.savefig(file, format="png", dpi=150))


def losses_figure(history: History) -> Figure:
    """A part for each ``a`` of the names ``a/b`` that were logged. What stays 0 is not drawn."""
    groups: dict[str, list[str]] = {}
    for name in history.columns():
        groups.setdefault(name.partition("/")[0], []).append(name)
    # The object-oriented interface needs no display and touches no global state.
    from matplotlib.figure import Figure

    parts = max(1, len(groups))
    height = 0.4 + PART * parts
    figure = Figure(figsize=(7, height))
    # A layout engine would take longer than all of the drawing, and every run draws this.
    figure.subplots_adjust(0.13, 0.55 / height, 0.97, 1 - 0.15 / height, hspace=0.3)
    places = figure.subplots(parts, squeeze=False)[:, 0]
    for axes, (group, own) in zip(places, groups.items(), strict=False):
        drawn: dict[str, np.ndarray] = {}
        for name in own:
            # What is logged every tenth step is one line, too.
            steps = [step for step, row in history.rows.items() if name in row]
            values = np.array([history.rows[step][name] for step in steps])
            if np.any(values[np.isfinite(values)]):
                style = STYLES[len(drawn) % len(STYLES)]
                marker = "." if len(steps) == 1 else ""
                label = name.removeprefix(f"{group}/")
                axes.plot(steps, values, linestyle=style, marker=marker, label=label)
                drawn[name] = values[np.isfinite(values)]
        every = np.concatenate([*drawn.values(), np.ones(0)])
        if len(every) and every.min() > 0 and every.max() > DECADE * every.min():
            axes.set_yscale("log")
        axes.set_ylabel(next(iter(drawn)) if len(drawn) == 1 else group)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        if len(drawn) > 1:
            axes.legend()
        axes.set_xlabel("step")
    return figure
