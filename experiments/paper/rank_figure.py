"""Ranks of the methods over all tasks: Fig. 2."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from ..runs.results import Run, unchanged
from ..runs.spread import cell
from .cells import STATISTICS, grid
from .comparison import ranked_most


def rank_figure(runs: Sequence[Run]) -> Figure | None:
    """Smallest, largest, mean and median rank of every method (Fig. 2)."""
    table = grid(unchanged(runs))
    if not table:
        return None
    scores = {
        str(problem): {m: cell(found, STATISTICS["best"]).mean for m, found in methods.items()}
        for problem, methods in table.items()
    }
    found = sorted(ranked_most(scores).items(), key=lambda item: -item[1].mean)
    figure = Figure(figsize=(7, 1.2 + 0.4 * len(found)), layout="constrained")
    axes = figure.subplots()
    for height, (_, rank) in enumerate(found):
        axes.plot([min(rank.ranks), max(rank.ranks)], [height, height], "|-", color="C0")
        axes.plot(rank.mean, height, "^", color="black", label=None if height else "mean")
        axes.plot(
            rank.median, height, "|", ms=18, mew=2, color="C2", label=None if height else "median"
        )
    axes.set_yticks(range(len(found)), [f"{m}, tasks: {len(r.ranks)}" for m, r in found])
    axes.set_xlabel("rank among the methods run here, from the smallest to the largest")
    axes.set_xlim(0.8, max(r.methods for _, r in found) + 0.2)
    axes.grid(alpha=0.3)
    axes.legend()
    return figure
