"""The pictures of docs/yardsticks.md: how scores lie, and how the best of 128 does."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..runs.pools import Pool
from ..runs.yardsticks import DRAWS


def distribution_figure(pool: Pool) -> Figure:
    """The scores of random designs, and the best and the median of sets of them."""
    figure = Figure(figsize=(11, 2.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    _scores(left, pool)
    _sets(right, pool)
    return figure


def _scores(axes: Axes, pool: Pool) -> None:
    bins = np.linspace(min(pool.random.min(), 0), max(pool.random.max(), 1), 61).tolist()
    axes.hist(pool.random, bins, density=True, color="C0", alpha=0.6, label="random designs")
    if pool.known.any() and not pool.known.all():
        new = pool.random[~pool.known]
        axes.hist(new, bins, density=True, histtype="step", color="C1", label="not in the table")
    axes.axvline(pool.best_rows.max(), color="black", ls=":", label="best row, by true function")
    axes.set_title(pool.title, fontsize=9)
    axes.set_xlabel("normalised score of one design")
    axes.set_ylabel("density")
    axes.legend(fontsize=7)


def _sets(axes: Axes, pool: Pool) -> None:
    rng, n = np.random.default_rng(0), len(pool.best_rows)
    sets = np.stack([rng.choice(pool.random, n, replace=False) for _ in range(DRAWS)])
    bins = np.linspace(min(pool.random.min(), 0), max(pool.random.max(), 1), 61).tolist()
    axes.hist(sets.max(1), bins, color="C3", alpha=0.6, label=f"best of {n}")
    axes.hist(np.median(sets, 1), bins, color="C2", alpha=0.6, label=f"median of {n}")
    axes.set_title(f"{DRAWS} sets of random designs", fontsize=9)
    axes.set_xlabel(f"normalised score of a set of {n}")
    axes.set_ylabel("sets")
    axes.legend(fontsize=7)
