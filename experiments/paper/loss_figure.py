"""Where the designs of steps and of searches lie, in BDI's loss and in true score."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from torchbdi import InputError, MissingDataError
from torchbdi.methods.bdi_search import BDISearch

from ..data.arrays import read_npz
from ..runs.coefficients import CachedRun
from ..runs.results import Problem, Run, left_out, unchanged
from ..runs.run_folder import RunFolder
from ..tasks import load_task
from .cells import grid, heading
from .curves import finish, panels_figure

METHODS = ("best_rows", "bdi", "bdi_search", "kernel_search")
DECADE = 10.0  # from this ratio of losses on their axis is logarithmic
Points = tuple[np.ndarray, np.ndarray]  # losses and normalised true scores, (n,) each


def loss_figure(runs: Sequence[Run]) -> Figure | None:
    """True score against the loss of Eq. 14 (the paper's settings), a panel a problem.

    Problems with a run of ``bdi`` and one of ``bdi_search`` whose proposals are there; of several
    seeds the first. The loss is that of the designs that were scored: of letters, not of logits.
    """
    panels: dict[Problem, dict[str, Points]] = {}
    for problem, methods in grid(unchanged(runs)).items():
        first = {m: min(methods[m], key=lambda run: run.seed) for m in METHODS if m in methods}
        files = {m: run.path.parent / "proposals.npz" for m, run in first.items()}
        files = {m: file for m, file in files.items() if file.is_file()}
        if {"bdi", "bdi_search"} <= set(files):
            try:
                panels[problem] = points_of(files)
            except (InputError, MissingDataError) as error:
                left_out(str(error))
    if not panels:
        return None
    shown = [method for method in METHODS if any(method in sets for sets in panels.values())]
    figure, places = panels_figure(len(panels), 4.5, 4.2)
    for axes, (problem, sets) in zip(places, panels.items(), strict=True):
        for method, (loss, true) in sets.items():
            own = f"C{shown.index(method)}"  # in all panels
            axes.scatter(loss, true, s=12, alpha=0.6, label=method, color=own)
        losses = np.concatenate([loss for loss, _ in sets.values()])
        if losses.max() > DECADE * losses.min():
            axes.set_xscale("log")
        axes.set_title(heading(problem))
        finish(axes, "loss (Eq. 14)", "true score, normalised")
        axes.legend()
    return figure


def points_of(files: dict[str, Path]) -> dict[str, Points]:
    """Losses and scores of proposals, by method; of one problem and seed."""
    method, found = BDISearch(), {}
    for name, file in files.items():
        # A table that is made has one form a seed, so each run has its own.
        task = load_task(RunFolder(file.parent).config())
        saved = read_npz(file)
        x = task.data.space.encode(saved["designs"])
        with torch.no_grad():
            loss = -method.score(task.data, x, CachedRun()).numpy()
        found[name] = (loss, saved["normalised_after"])
    return found
