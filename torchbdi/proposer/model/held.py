"""What is the same in all designs of one search: fixed columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...kernels.errors import InputError
from ...space import Space
from ..settings import Settings
from .problem import Problem

# Where columns keep the values of known designs: so many different sets, those of the best.
SETS = 8


@dataclass(frozen=True)
class Held:
    """One set of what is held.

    Attributes:
        values: of columns, by name.
        space: the designs that have them.
    """

    values: dict[str, float | str]
    space: Space


def free_columns(problem: Problem, settings: Settings) -> list[str]:
    """Columns that keep a known design's value."""
    return [n for n, value in settings.fix.items() if value is None and n in problem.values]


def held_sets(problem: Problem, settings: Settings) -> list[Held]:
    """What is searched, one space each: that of the best known design first.

    Raises:
        InputError: no design has what is to be held.
    """
    names = free_columns(problem, settings)
    found: dict[object, Held] = {}
    failed: InputError | None = None
    for i in problem.best():
        values = {**problem.fixed, **{name: problem.values[name][i] for name in names}}
        key = tuple(sorted(values.items()))
        if key in found:
            continue
        try:
            found[key] = Held(values, problem.space.held(values))
        except InputError as error:
            failed = error
        if len(found) == SETS or not names:
            break
    if not found and failed is not None:
        raise failed
    return list(found.values())


def same_values(problem: Problem, names: list[str], values: dict[str, object]) -> np.ndarray:
    """Which known designs have these values in some columns, (N,) bool."""
    same = np.ones(len(problem.scores), dtype=bool)
    for name in names:
        same &= problem.values[name] == values[name]
    return same
