"""What methods predict of their proposals, beside what these score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from torchbdi import InputError

from ..data.arrays import read_npz
from ..runs.results import Problem, Run, left_out, unchanged
from .cells import grid, heading
from .curves import finish, panels_figure


def scatter_figure(runs: Sequence[Run]) -> Figure | None:
    """Predicted against true score of the proposals, a panel a problem, a colour a method."""
    panels: dict[Problem, list[tuple[str, np.ndarray, np.ndarray]]] = {}
    for problem, methods in grid(unchanged(runs)).items():
        for method, found in methods.items():
            first = min(found, key=lambda run: run.seed)
            file = first.path.parent / "proposals.npz"
            if not file.is_file():
                continue
            try:
                saved = read_npz(file)
            except InputError as error:
                left_out(str(error))
                continue
            if "predicted_normalised" in saved:  # absent where nothing was fitted to the data
                points = (saved["predicted_normalised"], saved["normalised_after"])
                panels.setdefault(problem, []).append((method, *points))
    if not panels:
        return None
    found_methods = dict.fromkeys(method for sets in panels.values() for method, _, _ in sets)
    colour = {method: f"C{i}" for i, method in enumerate(found_methods)}  # one in all panels
    figure, places = panels_figure(len(panels), 5, 4.5)
    for axes, (problem, sets) in zip(places, panels.items(), strict=True):
        for method, predicted, true in sets:
            axes.scatter(predicted, true, s=12, alpha=0.6, label=method, color=colour[method])
        every = np.concatenate([true for _, _, true in sets])
        axes.axline((every.min(), every.min()), slope=1, color="grey", lw=0.8, ls=":")
        axes.set_title(heading(problem))
        finish(axes, "predicted score, normalised", "true score, normalised")
        axes.legend()
    return figure
