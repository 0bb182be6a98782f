"""The paper's figures from finished runs: ``python -m experiments.figures [fig4 ...] [runs=...]``.

fig2: ranks of the methods, from the runs of Tables 1 and 2. fig3: the best score with y_h over that
with y_h = 10. fig4: the best score of the Ant against steps T, for five alphas. steps: scores
against T, every task. alpha: scores against alpha. scatter: predicted against true score.
losses: BDI's loss against true score, of its steps and of the search. Each is written as NAME.png
to ``out=FOLDER``, else to the folder that the command is given in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from torchbdi import InputError
from torchbdi.kernels.files import write_atomic

from .data.arrays import read_npz
from .paper.cells import STATISTICS, grid, heading
from .paper.comparison import ranked_most
from .paper.curves import alpha_figure, finish, steps_figure
from .paper.loss_figure import loss_figure
from .paper.robustness import alpha_steps_figure, target_figure
from .runs.results import Problem, Run, left_out, places, read_runs, unchanged
from .runs.spread import cell
from .runs.words import run_command, split_words


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
    figure = Figure(figsize=(5 * len(panels), 4.5), layout="constrained")
    for axes, (problem, sets) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True
    ):
        for method, predicted, true in sets:
            axes.scatter(predicted, true, s=12, alpha=0.6, label=method)
        every = np.concatenate([true for _, _, true in sets])
        axes.axline((every.min(), every.min()), slope=1, color="grey", lw=0.8, ls=":")
        axes.set_title(heading(problem))
        finish(axes, "predicted score, normalised", "true score, normalised")
        axes.legend()
    return figure


FIGURES: dict[str, Callable[[Sequence[Run]], Figure | None]] = {
    "fig2": rank_figure,
    "fig3": target_figure,
    "fig4": alpha_steps_figure,
    "steps": steps_figure,
    "alpha": alpha_figure,
    "scatter": scatter_figure,
    "losses": loss_figure,
}


def draw(names: Iterable[str], runs: Sequence[Run], out: Path) -> dict[str, Path | None]:
    """Draws figures to NAME.png; None where a figure has no runs."""
    out.mkdir(parents=True, exist_ok=True)
    drawn: dict[str, Path | None] = {}
    for name in names:
        figure = FIGURES[name](runs)
        drawn[name] = None
        if figure is not None:
            drawn[name] = path = out / f"{name}.png"
            write_atomic(path, lambda f, g=figure: g.savefig(f, format="png", dpi=150))  # type: ignore[misc]
    return drawn


def main(words: Sequence[str]) -> None:
    """The command line.

    Raises:
        InputError: a word is wrong, or a figure that was named has no runs.
    """
    names, values, rest = split_words(words, list(FIGURES), ("runs", "out"))
    if rest:
        raise InputError(f"{rest[0]}: not known here. Valid: runs=FOLDER,... and out=FOLDER.")
    runs = read_runs(places(values.get("runs", "runs")), left_out)
    for name, path in draw(names or FIGURES, runs, Path(values.get("out", "."))).items():
        if path is None and names:
            raise InputError(f"no runs for {name}. See python -m experiments.reproduce.")
        print(path or f"no runs for {name}")


if __name__ == "__main__":
    run_command(main, __doc__)
