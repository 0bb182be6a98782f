"""The steps of propose, from a table to proposals; a run's folder keeps each that is done."""

from __future__ import annotations

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
    problem: Problem, settings: Settings, work: Path | None = None, progress: bool = True
) -> Proposals:
    """From a table that was made ready to proposals.

    Args:
        problem: the table.
        settings: the person's choices.
        work: a folder that keeps the steps done and gets TensorBoard events; None keeps nothing.
        progress: show progress bars.

    Raises:
        InputError: not one new design was found; a column cannot be fixed so.
        DoesNotFitError: the solve needs more memory than there is.
        NotConvergedError: see :func:`torchbdi.fit_ridge`.
    """
    kernel = NTK()
    solved = _solve(kernel, problem, work, progress)
    quality = assess(problem, solved)
    events = None if work is None else Events(work, problem, quality)
    try:
        states = StateFiles(work)
        observe = None if events is None else events.round
        found = search(kernel, problem, solved.coefficients, settings, states, observe, progress)
    finally:
        if events is not None:
            events.close()
    with torch.no_grad():
        y_h = kernel(found.x, problem.x_l) @ solved.coefficients
    return _sorted(problem, settings, quality, found, y_h)


def _solve(kernel: NTK, problem: Problem, work: Path | None, progress: bool) -> Solve:
    path = None if work is None else work / "solve.state"
    found = None if path is None else last_good_state(path, _parse)
    if found is not None:
        return found
    checkpoint = None if work is None else work / "pcg.ckpt"
    solved = solve(kernel, problem.x_l, problem.y_l, RIDGE, progress, checkpoint)
    if path is not None:
        write_state(path, to_bytes(vars(solved)))
    return solved


def _parse(content: bytes) -> Solve:
    return Solve(**from_bytes(content))


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
