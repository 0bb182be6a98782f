"""The steps of propose, from a table to proposals; a run's folder keeps each that is done."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from ..kernels.files import last_good_state, write_state
from ..kernels.tensors import from_bytes, to_bytes
from ..ntk import NTK
from .columns import Numbers
from .events import Events
from .problem import Problem
from .result import Proposals
from .search import Found, StateFiles, search
from .settings import RIDGE, Settings
from .solve import Solve, solve
from .table import Values
from .trust import Quality, assess, nearest

# What only an interrupted run needs.
SCRATCH = ["solve.state*", "pcg.*", "round*.ckpt*"]


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
        InputError: not one new design was found; a column cannot be fixed so.
        DoesNotFitError: the solve needs more memory than there is.
        NotConvergedError: see :func:`torchbdi.fit_ridge`.
    """
    kernel = NTK()
    solved = _solve(kernel, problem, work, progress, say)
    quality = assess(problem, solved)
    states = StateFiles(work, say)
    if work is None:
        found = search(kernel, problem, solved.coefficients, settings, states, None, progress)
    else:
        with Events(work, problem, quality) as events:
            found = search(
                kernel, problem, solved.coefficients, settings, states, events.round, progress
            )
    with torch.no_grad():
        y_h = kernel(found.x, problem.x_l) @ solved.coefficients
    return _sorted(problem, settings, quality, found, y_h)


def _solve(
    kernel: NTK,
    problem: Problem,
    work: Path | None,
    progress: bool,
    say: Callable[[str], object],
) -> Solve:
    """The solve, which a folder keeps; what is damaged there is solved again."""
    if work is None:
        return solve(kernel, problem.x_l, problem.y_l, RIDGE, progress)
    path = work / "solve.state"
    kept = last_good_state(path, lambda content: _unpacked(content, len(problem.y_l)), say)
    if kept is not None:
        return kept
    solved = solve(kernel, problem.x_l, problem.y_l, RIDGE, progress, work / "pcg.ckpt")
    write_state(path, to_bytes(vars(solved)))
    return solved


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
    problem: Problem, settings: Settings, quality: Quality, found: Found, y_h: torch.Tensor
) -> Proposals:
    order = torch.argsort(y_h, descending=True, stable=True)
    distance, place = nearest(found.x[order], problem.x_l)
    gap, n = distance.numpy(), len(order)
    columns = {
        name: found.values[name][order.numpy()]
        if name in found.values
        else np.full(n, problem.constants[name], dtype=table_type(problem.constants[name]))
        for name in problem.order
    }
    return Proposals(
        columns=columns,
        predicted=problem.in_units(y_h[order]),
        error=quality.error_at(gap),
        distance=gap,
        nearest=place.numpy(),
        start=found.start[order.numpy()],
        far=gap > quality.far,
        notes=tuple(_note(problem, columns, i) for i in range(n)),
        quality=quality,
        problem=problem,
        settings=settings,
    )


def table_type(value: float | str) -> type:
    """The type of a column that holds a value."""
    return object if isinstance(value, str) else np.float64


def _note(problem: Problem, columns: dict[str, Values], i: int) -> str:
    outside = []
    for column in problem.space.columns:
        if isinstance(column, Numbers):
            known, own = problem.values[column.name], columns[column.name][i]
            if not known.min() <= own <= known.max():
                outside.append(column.name)
    return f"outside the observed range: {', '.join(outside)}" if outside else ""
