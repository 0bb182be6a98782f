"""The numbers of every step as losses.csv and losses.png."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from torchbdi.kernels.files import write_atomic, write_csv

from .history import History

PART = 2.4  # inches of the picture for each group of names


def write_losses(folder: Path, history: History) -> None:
    """Writes losses.csv, a column for everything that was logged, and losses.png.

    The picture has a part for each ``a`` of the names ``a/b``. What stays 0 is not drawn.
    """
    names, steps = history.columns(), list(history.rows)
    rows = [[step, *(row.get(name, "") for name in names)] for step, row in history.rows.items()]
    write_csv(folder / "losses.csv", ["step", *names], rows)
    groups: dict[str, list[str]] = {}
    for name in names:
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
        drawn = []
        for name in own:
            values = np.array([row.get(name, np.nan) for row in history.rows.values()])
            if np.any(values[np.isfinite(values)]):
                axes.plot(steps, values, label=name.removeprefix(f"{group}/"))
                drawn.append(values)
        if drawn and np.nanmin(drawn) >= 0:
            axes.set_yscale("log")
        axes.set_ylabel(group)
        axes.grid(alpha=0.3)
        if len(drawn) > 1:
            axes.legend()
        axes.set_xlabel("step")
    write_atomic(folder / "losses.png", lambda file: figure.savefig(file, format="png", dpi=150))
