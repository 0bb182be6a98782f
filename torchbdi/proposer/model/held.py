"""What is the same in all designs of one search: fixed columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ...kernels.errors import InputError
from ...space import Space
from ..settings import Settings
from .problem import Problem

# Where columns keep the values of known designs: so many different sets are searched, those of the
# best; more only where these have too few new designs.
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


def held_sets(problem: Problem, settings: Settings) -> Iterator[Held]:
    """What can be searched, one space each: that of the best known design first.

    Raises:
        InputError: no design has what is to be held.
    """
    names = free_columns(problem, settings)
    seen: set[object] = set()
    some = False
    failed: InputError | None = None
    for i in problem.best():
        values = {**problem.fixed, **{name: problem.values[name][i] for name in names}}
        key = tuple(sorted(values.items()))
        if key in seen:
            continue
        seen.add(key)
        try:
            held = Held(values, problem.space.held(values))
        except InputError as error:
            failed = error
        else:
            some = True
            yield held
        if not names:
            break
    if not some and failed is not None:
        raise failed


def same_values(problem: Problem, names: list[str], values: Mapping[str, object]) -> np.ndarray:
    """Which known designs have these values in some columns, (N,) bool."""
    same = np.ones(len(problem.scores), dtype=bool)
    for name in names:
        same &= problem.values[name] == values[name]
    return same
