"""How many designs to propose: no more than there can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..kernels.errors import InputError
from .columns import Classes, Numbers
from .restrict import Restricted
from .room import room_of
from .settings import Settings
from .table import Values, show_number
from .ways import Ways

# How many designs are proposed where nobody says.
USUAL = 32


def candidates_of(
    values: Mapping[str, Values],
    candidate: np.ndarray,
    columns: Sequence[Numbers | Classes],
    known: Mapping[str, Values],
    rows: np.ndarray,
) -> tuple[dict[str, Values] | None, np.ndarray]:
    """The different designs without a score that are no known ones, and their rows."""
    if not candidate.any():
        return None, np.empty(0, np.int64)
    names = [column.name for column in columns]
    seen = set(zip(*(known[name].tolist() for name in names), strict=True))
    kept = []
    for i in np.flatnonzero(candidate).tolist():
        design = tuple(values[name][i] for name in names)
        if design not in seen:
            seen.add(design)
            kept.append(i)
    return {name: values[name][kept] for name in names}, rows[kept]


def count_of(
    restricted: Restricted,
    values: Mapping[str, Values],
    candidates: Mapping[str, Values] | None,
    means: np.ndarray,
    rows: np.ndarray,
    score: str,
    settings: Settings,
    ways: Ways,
) -> tuple[int, list[str]]:
    """How many designs to propose, and what to tell of it.

    Raises:
        InputError: there is none that is not known.
    """
    best = int(means.argmin() if settings.minimize else means.argmax())
    if candidates is not None:
        left = len(next(iter(candidates.values())))
        everything = "the rows without a score"
    else:
        room = room_of(restricted, values, settings)
        if room is None:
            return (USUAL if settings.n is None else settings.n), []
        left, everything = room.left, f"all {room.possible} combinations that there are"
    if not left:
        free = [name for name, grid in restricted.grids.items() if grid.kind]
        way = f", or give up levels ({ways('free', free[0])})" if free else ""
        raise InputError(
            f"every design is known: {everything} have a score. The best is row {rows[best]} with "
            f"{score} {show_number(means[best])}. New ones need new levels: widen the bounds{way}, "
            "or add rows with levels that were not tried."
        )
    n = min(USUAL, left) if settings.n is None else settings.n
    if n <= left and left > USUAL:
        return n, []
    which = "is 1 design" if left == 1 else f"are {left} designs"
    return min(n, left), [f"There {which} left that nobody has tried: no more can be proposed."]
