"""The steps of propose, from a table to proposals; a run's folder keeps each that is done."""

from __future__ import annotations

import contextlib
import dataclasses
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ..kernels.memory import allocations_told, require
from ..posterior import Posterior
from ..shared import warnings_told
from .assemble import assembled
from .columns.enough import FEWEST_DESIGNS
from .columns.outliers import far_away
from .model.calibration import Calibration
from .model.choice import choose
from .model.chosen import Chosen
from .model.close import close_groups
from .model.kept import kept, model_of, solve_of
from .model.part import fitted_part
from .model.posterior import posterior_of
from .model.problem import Problem
from .model.solve import Solve, solve
from .model.trust import Quality, assess, left_out_by
from .reading.ways import Ways
from .report.events import Events
from .result import Proposals
from .search.backtest import backtest
from .search.batch import planned, search
from .settings import Settings
from .threads import threads_for

# What only an interrupted run needs.
SCRATCH = ["model.state*", "solve.state*", "pcg.*", "search.pt*"]
CPU = torch.device("cpu")
FEWER = 1000  # proposals, which fit anywhere
MOST_WITHOUT = 1000  # designs; a second model, made for its quality alone, takes seconds


def run(
    problem: Problem,
    settings: Settings,
    work: Path | None = None,
    progress: bool = True,
    say: Callable[[str], object] = warnings.warn,
) -> Proposals:
    """From a table that was made ready to proposals.

    Args:
        problem: the table.
        settings: the person's choices.
        work: a folder that keeps the steps done and gets TensorBoard events; None keeps nothing.
        progress: show progress bars.
        say: is told of damaged files in ``work``, and what is done instead.

    Raises:
        InputError: there is no new design.
        DoesNotFitError: the solve, or so many proposals, need more memory than there is.
        NotConvergedError: see :func:`torchbdi.fit_ridge`.
    """
    fewer = Ways(problem.table.typed)("n", str(min(problem.n, FEWER)))
    ways_out = f"Ask for fewer proposals ({fewer}), or give fewer rows."
    # The batch keeps a row of its pool for each choice, and its pool is made to have n designs.
    require(8 * problem.n**2, CPU, f"a batch of {problem.n} proposals", ways_out)
    with threads_for(len(problem.scores)), allocations_told("propose", ways_out):
        return _run(problem, settings, work, progress, say)


def _run(
    problem: Problem,
    settings: Settings,
    work: Path | None,
    progress: bool,
    say: Callable[[str], object],
) -> Proposals:
    with threads_for(0):  # a model is chosen on few designs, whatever the size of the table
        chosen = kept(
            work, "model.state", lambda: choose(problem, settings.score_scale), model_of, say
        )
    problem = problem.on_scale(chosen.log)
    checkpoint = None if work is None else work / "pcg.ckpt"
    solved = kept(
        work,
        "solve.state",
        lambda: solve(
            chosen.model.covariance(),
            chosen.inputs(problem.x_l),
            problem.y_l,
            chosen.model.ridge,
            progress,
            checkpoint,
        ),
        lambda content: solve_of(content, len(problem.y_l)),
        say,
    )
    judged = _judged(problem, chosen, solved)
    solved, posterior, quality = judged.solved, judged.posterior, judged.quality
    calibration = Calibration.of(
        problem, solved, posterior, judged.rows, chosen.optimism, judged.groups
    )
    bar = tqdm(
        total=planned(problem, settings), desc="Search", delay=2, disable=not progress, leave=False
    )
    with bar, Events(work, problem, quality) as events:

        def after(step: int, best: float) -> None:
            events.round(step, best)
            bar.update()

        # What is warned of, of damaged states, is said.
        with contextlib.nullcontext() if say is warnings.warn else warnings_told(say):
            found = search(problem, chosen, solved, posterior, settings, work, after)
    noise = posterior.scale * posterior.ridge
    variance = found.deviation.numpy() ** 2 + noise
    error = np.hypot(calibration.error(found.mean.numpy(), variance), problem.single_l**0.5)
    made = assembled(problem, settings, quality, chosen, found, error)
    return dataclasses.replace(
        made,
        quality_without=_quality_without(problem, settings),
        backtest=backtest(problem, settings, progress=progress) if settings.backtest else None,
    )


@dataclass(frozen=True)
class _Judged:
    """A solved table, its errors made honest, and the quality of its model."""

    solved: Solve
    posterior: Posterior
    rows: Tensor
    groups: Tensor | None
    quality: Quality


def _judged(problem: Problem, chosen: Chosen, solved: Solve) -> _Judged:
    posterior, rows = posterior_of(problem, chosen, solved)
    groups = close_groups(problem) if len(solved.sample) == len(problem.x_l) else None
    if groups is not None:
        solved = left_out_by(groups, posterior, solved)
    solved = dataclasses.replace(solved, errors=solved.errors * chosen.optimism)
    return _Judged(solved, posterior, rows, groups, assess(problem, solved, groups))


def _quality_without(problem: Problem, settings: Settings) -> Quality | None:
    """The quality of a model of the designs whose scores do not lie far from all others.

    None where all scores are alike, or limited, and where another model would take long.
    """
    far = far_away(problem.scores)
    left = np.flatnonzero(~far)
    if settings.robust or not far.any() or not FEWEST_DESIGNS <= len(left) <= MOST_WITHOUT:
        return None
    with threads_for(0):
        return _judged(*fitted_part(problem, left, settings)).quality
