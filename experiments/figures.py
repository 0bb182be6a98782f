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

from matplotlib.figure import Figure

from torchbdi import InputError
from torchbdi.kernels.files import write_atomic

from .paper.curves import alpha_figure, steps_figure
from .paper.loss_figure import loss_figure
from .paper.rank_figure import rank_figure
from .paper.robustness import alpha_steps_figure, target_figure
from .paper.scatter_figure import scatter_figure
from .runs.asked import asked_for
from .runs.results import Run
from .runs.words import run_command

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
    names, runs, out = asked_for(words, FIGURES)
    for name, path in draw(names or FIGURES, runs, out or Path()).items():
        if path is None and names:
            raise InputError(f"no runs for {name}. See python -m experiments.reproduce.")
        print(path or f"no runs for {name}")


if __name__ == "__main__":
    run_command(main, __doc__)
