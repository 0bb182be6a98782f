"""The steps of propose, from a table to proposals; a run's folder keeps each that is done."""

from __future__ import annotations

import contextlib
import dataclasses
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from ..kernels.files import last_good_state, write_state
from ..kernels.tensors import from_bytes, to_bytes
from ..selection import Model
from .backtest import backtest
from .columns import Numbers
from .events import Events
from .model import Chosen, choose
from .problem import Problem
from .result import Proposals
from .search import Found, planned, posterior_of, search
from .settings import Settings
from .solve import Solve, solve
from .table import Values
from .threads import threads_for
from .trust import Calibration, Quality, assess, nearest

# What only an interrupted run needs.
SCRATCH = ["model.state*", "solve.state*", "pcg.*", "search.pt*"]
T = TypeVar("T")


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
        DoesNotFitError: the solve needs more memory than there is.
        NotConvergedError: see :func:`torchbdi.fit_ridge`.
    """
    with threads_for(len(problem.scores)):
        return _run(problem, settings, work, progress, say)


def _run(
    problem: Problem,
    settings: Settings,
    work: Path | None,
    progress: bool,
    say: Callable[[str], object],
) -> Proposals:
    with threads_for(0):  # a model is chosen on few designs, whatever the size of the table
        chosen = _kept(
            work, "model.state", lambda: choose(problem, settings.score_scale), _model, say
        )
    problem = problem.on_scale(chosen.log)
    checkpoint = None if work is None else work / "pcg.ckpt"
    solved = _kept(
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
        lambda content: _unpacked(content, len(problem.y_l)),
        say,
    )
    quality = assess(problem, solved)
    posterior, rows = posterior_of(problem, chosen, solved)
    calibration = Calibration.of(problem, solved, posterior, rows)
    bar = tqdm(
        total=planned(problem, settings), desc="Search", delay=2, disable=not progress, leave=False
    )
    with bar, Events(work, problem, quality) as events:

        def after(step: int, best: float) -> None:
            events.round(step, best)
            bar.update()

        with _told(say):
            found = search(problem, chosen, solved, posterior, settings, work, after)
    noise = posterior.scale * posterior.ridge
    variance = found.deviation.numpy() ** 2 + noise
    error = calibration.error(found.mean.numpy(), variance)
    made = _sorted(problem, settings, quality, chosen, found, error)
    if settings.backtest:
        made = dataclasses.replace(made, backtest=backtest(problem, settings, progress=progress))
    return made


@contextlib.contextmanager
def _told(say: Callable[[str], object]) -> Iterator[None]:
    """What is warned of inside, of damaged states, is said."""
    with warnings.catch_warnings():
        if say is not warnings.warn:

            def show(message: Warning | str, *_: object, **__: object) -> None:
                say(str(message))

            warnings.showwarning = show
        yield


def _kept(
    work: Path | None,
    name: str,
    make: Callable[[], T],
    read: Callable[[bytes], T],
    say: Callable[[str], object],
) -> T:
    """What a folder keeps of a step; what is damaged there is made again."""
    if work is None:
        return make()
    kept = last_good_state(work / name, read, say)
    if kept is not None:
        return kept
    made: Any = make()
    write_state(work / name, to_bytes(_plain(made)))
    return made


def _plain(step: Chosen | Solve) -> dict[str, Any]:
    return {
        name: dataclasses.asdict(value) if isinstance(value, Model) else value
        for name, value in vars(step).items()
    }


def _model(content: bytes) -> Chosen:
    """The model that a state holds."""
    kept = from_bytes(content)
    return Chosen(**{**kept, "model": Model(**kept["model"])})


def _unpacked(content: bytes, rows: int) -> Solve:
    """The solve that a state holds, of a table of so many rows.

    Raises:
        ValueError: it is of another table.
        Exception: it is something else.
    """
    solved = Solve(**from_bytes(content))
    if solved.coefficients.shape != (rows,):
        raise ValueError(f"it holds the solve of {len(solved.coefficients)} rows, not of {rows}")
    return solved


def _sorted(
    problem: Problem,
    settings: Settings,
    quality: Quality,
    chosen: Chosen,
    found: Found,
    error: np.ndarray,
) -> Proposals:
    unknown = says_nothing(problem.y_l, found.mean, torch.from_numpy(error))
    order = torch.argsort(
        torch.where(unknown, -torch.inf, found.mean), descending=True, stable=True
    )
    distance, place = nearest(found.x[order], problem.x_l)
    mean, own_error = found.mean[order], torch.from_numpy(error)[order]
    ends = [problem.in_units(mean + sign * own_error) for sign in (-1, 1)]
    low, high = np.minimum(*ends), np.maximum(*ends)
    predicted = problem.in_units(mean)
    gap, n = distance.numpy(), len(order)
    columns = {
        name: found.values[name][order.numpy()]
        if name in found.values
        else np.full(n, problem.constants[name], dtype=table_type(problem.constants[name]))
        for name in problem.order
    }
    return Proposals(
        columns=columns,
        predicted=predicted if problem.limits is None else predicted.clip(*problem.limits),
        error=(high - low) / 2,
        low=low,
        high=high,
        distance=gap,
        nearest=place.numpy(),
        start=found.start[order.numpy()],
        unknown=unknown[order].numpy(),
        far=gap > quality.far,
        notes=tuple(_note(problem, columns, i, bool(unknown[order[i]])) for i in range(n)),
        quality=quality,
        model=chosen,
        unseen=found.unseen,
        problem=problem,
        settings=settings,
    )


def says_nothing(known: Tensor, mean: Tensor, error: Tensor) -> Tensor:
    """Which predictions cannot be believed, (n,) bool.

    Their range leaves out no known score, or it reaches as far above the best as that is above the
    worst. On the scale that is modelled: a logarithm's ranges would have dozens of decades.

    Args:
        known: scores of the table, standardised, (N,).
        mean: what is predicted, (n,).
        error: of that, (n,).
    """
    low, high = known.min(), known.max()
    everything = (mean - error < low) & (mean + error > high)
    return everything | (mean + error > 2 * high - low)


def table_type(value: float | str) -> type:
    """The type of a column that holds a value."""
    return object if isinstance(value, str) else np.float64


def _note(problem: Problem, columns: dict[str, Values], i: int, unknown: bool) -> str:
    outside = []
    for column in problem.space.columns:
        if isinstance(column, Numbers):
            known, own = problem.values[column.name], columns[column.name][i]
            if not known.min() <= own <= known.max():
                outside.append(column.name)
    notes = [f"outside the observed range: {', '.join(outside)}"] if outside else []
    if unknown:
        notes.append(f"so unlike what is known that nothing is known of its {problem.score}")
    return "; ".join(notes)
