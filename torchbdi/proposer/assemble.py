"""Proposals made of what was found: in order, in the table's units, with what is doubtful."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import torch
from torch import Tensor

from .again import again
from .columns.column import Classes
from .model.chosen import Chosen
from .model.nearest import nearest
from .model.problem import Problem
from .model.trust import Quality
from .reading.table import Values
from .result import Proposals
from .search.apart import with_levels_apart
from .search.batch import Found
from .search.novelty import APART
from .search.on_steps import between
from .settings import Settings


def assembled(
    problem: Problem,
    settings: Settings,
    quality: Quality,
    chosen: Chosen,
    found: Found,
    error: np.ndarray,
) -> Proposals:
    """The proposals, those of the largest predictions first; unbelievable ones last.

    Args:
        problem: the table.
        settings: the person's choices.
        quality: of the fit.
        chosen: the model.
        found: the designs that the search found, n of them.
        error: of their predictions, standardised, (n,).
    """
    ends_there = problem.limits is not None
    unknown = says_nothing(problem.y_l, found.mean, torch.from_numpy(error), ends_there)
    order = torch.argsort(
        torch.where(unknown, -torch.inf, found.mean), descending=True, stable=True
    )
    distance, place = nearest(found.x[order], problem.x_l)
    mean, own_error = found.mean[order], torch.from_numpy(error)[order]
    ends = [problem.in_units(mean + sign * own_error) for sign in (-1, 1)]
    low, high = np.minimum(*ends), np.maximum(*ends)
    predicted = problem.in_units(mean)
    gap, n = distance.numpy(), len(order)
    own = {name: values[order.numpy()] for name, values in found.values.items()}
    for name, value in problem.constants.items():
        own[name] = np.full(n, value, dtype=table_type(value))
    known = dict(problem.values)
    for name, up in problem.following.items():
        own[name], known[name] = up(own), up(known)
    columns = {name: own[name] for name in problem.order}
    sequences = [c.name for c in problem.columns if isinstance(c, Classes) and c.sequence]
    tried = again(problem.left, columns, sequences)
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
        apart=apart_from_others(found.x[order]),
        far=gap > quality.far,
        notes=tuple(
            _note(problem, known, columns, sequences, i, tried[i], bool(unknown[order[i]]))
            for i in range(n)
        ),
        quality=quality,
        model=chosen,
        unseen=found.unseen,
        sites=found.sites,
        candidate=None if found.candidate is None else found.candidate[order.numpy()],
        problem=problem,
        settings=settings,
        close=0 if found.candidate is not None else _close(problem, found.x),
    )


def apart_from_others(x: Tensor) -> np.ndarray:
    """How far each design (n, D) lies from the nearest other one, (n,); infinite for one alone."""
    if len(x) < 2:
        return np.full(len(x), np.inf)
    return nearest(x, x, itself=True)[0].numpy()


def _close(problem: Problem, x: Tensor) -> int:
    """How many designs (n, D) lie nearer to a known one, or to another, than new ones should."""
    own, known = with_levels_apart(problem.design_space, APART[0], x, problem.x_l)
    gap = np.minimum(apart_from_others(own), nearest(own, known)[0].numpy())
    return int((gap < APART[0] * (1 - 1e-6)).sum())


def says_nothing(known: Tensor, mean: Tensor, error: Tensor, ends_there: bool = False) -> Tensor:
    """Which predictions cannot be believed, (n,) bool.

    Their range leaves out no known score, or it reaches as far above the best as that is above the
    worst. On the scale that is modelled: a logarithm's ranges would have dozens of decades. Of two
    values the better one is as good as a score can be, however far above it a prediction lies.

    Args:
        known: scores of the table, standardised, (N,).
        mean: what is predicted, (n,).
        error: of that, (n,).
        ends_there: whether no score can be beyond the known ones.
    """
    low, high = known.min(), known.max()
    everything = (mean - error < low) & (mean + error > high)
    return everything if ends_there else everything | (mean + error > 2 * high - low)


def table_type(value: float | str) -> type:
    """The type of a column that holds a value."""
    return object if isinstance(value, str) else np.float64


def _note(
    problem: Problem,
    known: Mapping[str, Values],
    columns: Mapping[str, Values],
    sequences: Collection[str],
    i: int,
    tried: str,
    unknown: bool,
) -> str:
    outside, untried, off = [], [], []
    for name, values in known.items():
        own = columns[name][i]
        if values.dtype == np.float64:
            if not values.min() <= own <= values.max():
                outside.append(name)
            free = problem.candidates is None and name not in problem.fixed
            if free and name in problem.grids and between(problem.grids[name], own):
                off.append(name)
        elif name not in sequences and own not in values.tolist():
            untried.append(f"{name} {own}")
    notes = [f"outside the observed range: {', '.join(outside)}"] if outside else []
    if untried:
        notes.append(f"in no known design: {', '.join(untried)}")
    if off:
        notes.append(f"between the steps of {', '.join(off)}: near here none keep the rules")
    if tried:
        notes.append(tried)
    if unknown:
        notes.append(
            f"{problem.score} unknown: the prediction or its error reaches too far beyond the "
            "known scores"
        )
    return "; ".join(notes)
