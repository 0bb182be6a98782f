"""From a fitted regression to n new designs: candidates, and the batch that is chosen of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...kernels.errors import InputError
from ...posterior import Posterior
from ...solved import Prediction
from ..columns.column import Numbers
from ..model.chosen import Chosen
from ..model.held import SETS, Held, free_columns, held_sets, same_values
from ..model.nearest import nearest
from ..model.problem import Problem
from ..model.solve import Solve
from ..reading.table import Values
from ..settings import Settings
from .acquire import choose_batch
from .candidates import PARENTS, Candidates, candidates
from .effort import rounds
from .on_steps import on_steps

# Shares of the range within which a number stands for its bound.
NEAR = 1e-9


@dataclass(frozen=True)
class Found:
    """New designs, in the order of choosing.

    Attributes:
        values: the columns that vary, (n,) each.
        x: standardised features, (n, D).
        mean: what is predicted, standardised, (n,).
        deviation: of the posterior, (n,), standardised.
        start: positions of the known designs that they are told from, (n,).
        unseen: how many new designs there are in all, where that is known; None otherwise.
        sites: see :class:`Candidates`.
        candidate: positions among the rows without a score, (n,); None where any design could be
            chosen.
    """

    values: dict[str, Values]
    x: Tensor
    mean: Tensor
    deviation: Tensor
    start: np.ndarray
    unseen: int | None
    sites: int | None
    candidate: np.ndarray | None = None


def search(
    problem: Problem,
    chosen: Chosen,
    solved: Solve,
    posterior: Posterior,
    settings: Settings,
    folder: Path | None = None,
    after: Callable[[int, float], None] | None = None,
) -> Found:
    """Chooses n new designs.

    Args:
        problem: the table.
        chosen: its regression.
        solved: the solve of it.
        posterior: see :func:`..model.posterior.posterior_of`.
        settings: the person's choices.
        folder: keeps the state of the ascents.
        after: is told of their rounds.

    Returns:
        n designs, or all new ones where there are fewer.

    Raises:
        InputError: there is not one new design.
    """
    kernel, constant = chosen.model.covariance(), chosen.model.feature(problem.x_l.shape[1])
    mean = Prediction(kernel, problem.x_l * chosen.scale, solved.coefficients, constant)
    made: list[Held] = []
    if problem.candidates is not None:
        parts = [listed(problem)]
    else:
        made, parts = _searched(problem, chosen, mean, settings, folder, after)
    x = torch.cat([part.x for part in parts])
    whose = torch.repeat_interleave(
        torch.arange(len(parts)), torch.tensor([len(part.x) for part in parts])
    )
    limits = [part.sites for part in parts]
    counts = [part.unseen for part in parts if part.unseen is not None]
    if not len(x):
        tried = ", or failed or waits and has no score" if len(problem.x_tried) else ""
        raise InputError(
            "every design that the bounds, levels and fixed columns leave is known already"
            f"{tried}: the table is complete. Widen the bounds, or fix fewer columns."
        )
    scaled = x * chosen.scale
    inputs, predicted = chosen.extended(scaled), mean(scaled)
    n = min(problem.n, len(x))
    at = choose_batch(
        problem, chosen, solved, posterior, settings.acquisition, x, predicted, n, _around(parts)
    )
    if problem.candidates is not None:
        values = {name: v[at.numpy()] for name, v in problem.candidates.items()}
    else:
        values = _exact(problem, x[at], [made[i].values for i in whose[at].tolist()])
    return Found(
        values=values,
        x=x[at],
        mean=predicted[at],
        deviation=posterior.deviation(inputs[at]),
        start=_starts(problem, settings, x[at], values),
        unseen=sum(counts) if len(counts) == len(parts) else None,
        sites=None if None in limits else max(part for part in limits if part is not None),
        candidate=None if problem.candidates is None else at.numpy(),
    )


def _around(parts: Sequence[Candidates]) -> Tensor | None:
    """Which candidates of all parts were made around the ends of ascents: see Candidates."""
    known = [part.around for part in parts if part.around is not None]
    return torch.cat(known) if len(known) == len(parts) else None


def listed(problem: Problem) -> Candidates:
    """The rows of the table that have no score yet."""
    assert problem.candidates is not None
    return Candidates(problem.space.encode(problem.candidates), len(problem.candidate_rows))


def _searched(
    problem: Problem,
    chosen: Chosen,
    mean: Prediction,
    settings: Settings,
    folder: Path | None,
    after: Callable[[int, float], None] | None,
) -> tuple[list[Held], list[Candidates]]:
    """New designs of each set of what is held: of the first sets, and of more where n need them."""
    best = problem.x_l[problem.best()[:PARENTS]]
    names = free_columns(problem, settings)
    sets = held_sets(problem, settings)
    first = list(islice(sets, SETS))
    made, parts, count = [], [], 0
    for number, held in enumerate(chain(first, sets)):
        if number >= SETS and count >= problem.n:
            break
        inside = torch.from_numpy(same_values(problem, names, held.values))
        part = candidates(
            mean, chosen.space(held.space), chosen.scale, problem.x_l, best,
            problem.n, number, folder if len(first) == 1 else None, after, inside,
            problem.absent, problem.different, problem.x_tried,
        )  # fmt: skip
        made.append(held)
        parts.append(part)
        count += len(part.x)
    return made, parts


def planned(problem: Problem, settings: Settings) -> int:
    """How many rounds of ascents a search of the first sets of what is held tells of at most."""
    if problem.candidates is not None:
        return 0
    first = islice(held_sets(problem, settings), SETS)
    return sum(rounds(held.space, problem.x_l, problem.n) for held in first)


def _exact(
    problem: Problem, x: Tensor, held: Sequence[dict[str, float | str]]
) -> dict[str, Values]:
    """Designs (n, D) in the person's columns; bounds and what is held to the last digit."""
    values = problem.space.decode(problem.design_space.decode(x))
    for column in problem.columns:
        own = values[column.name]
        if isinstance(column, Numbers):
            near = NEAR * (column.high - column.low)
            grid = problem.grids[column.name]
            below = NEAR * (column.low + grid.number.offset) if grid.number.log else near
            if grid.decimals is not None and grid.number.discrete:
                own = np.round(own, grid.decimals)  # 1.93, and not 1.9300000000000002
            own = np.where(own - column.low <= below, column.low, own)
            own = np.where(column.high - own <= near, column.high, own)
        for i, values_held in enumerate(held):
            if column.name in values_held:
                own[i] = values_held[column.name]
        values[column.name] = own
    return on_steps(values, problem.grids, problem.rules, problem.at_most, held)


def _starts(
    problem: Problem, settings: Settings, x: Tensor, values: dict[str, Values]
) -> np.ndarray:
    """The nearest of the best known designs, (n,), with the same values where columns are held."""
    order = problem.best()
    names = free_columns(problem, settings)
    out = np.empty(len(x), dtype=np.int64)
    for i in range(len(x)):
        same = same_values(problem, names, {name: values[name][i] for name in names})
        own = order[same[order]][:PARENTS]
        out[i] = own[nearest(x[i : i + 1], problem.x_l[own])[1][0]]
    return out
