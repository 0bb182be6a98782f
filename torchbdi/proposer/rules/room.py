"""How many designs there can be, where they can be counted."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...kernels.errors import InputError
from ...space.constraints import Linear
from ...space.present import AtMost
from ..columns.column import Classes, Numbers, class_name
from ..columns.different import Different
from ..columns.nothing import Absent
from ..columns.varying import fixed_number
from ..reading.table import Values
from ..reading.ways import Ways, listed
from ..settings import Settings
from .restrict import Restricted

COUNTED = 1_000_000


@dataclass(frozen=True)
class Room:
    """How many designs are possible, how many of them are new, and failed or wait."""

    possible: int
    left: int
    tried: int = 0


def room_of(
    restricted: Restricted,
    known: Mapping[str, Values],
    settings: Settings,
    tried: Mapping[str, Values] | None = None,
) -> Room | None:
    """Counts the designs within levels, steps and rules.

    Args:
        restricted: the columns that vary.
        known: of those columns, at the distinct known designs, (N,) each.
        settings: columns that are fixed; without a value they have that of a known design, and
            several of them those of the same one.
        tried: of those columns, at the designs that failed or wait, (T,) each; None for none.

    Returns:
        None where a column has no levels, or where there are more than 1,000,000.
    """
    held = [c.name for c in restricted.columns if settings.fix.get(c.name, "") is None]
    kept = set(_designs(known, held)) if held else {()}
    sizes = [len(kept)]
    levels: dict[str, np.ndarray] = {}
    named: dict[str, Values] = {}  # the names that go with amounts, or differ
    coupling: list[Absent | Different] = [*restricted.absent, *restricted.different]
    apart = {own.name for own in restricted.absent}
    apart |= {name for own in restricted.different for name in own.names}
    for column in restricted.columns:
        if column.name in held:
            continue
        if isinstance(column, Classes):
            wanted = settings.fix.get(column.name)
            names = column.classes if wanted is None else (class_name(wanted),)
            if column.name in apart:
                named[column.name] = np.array(names, dtype=object)
                sizes.append(len(names))
            elif wanted is not None:
                sizes.append(1)
            else:
                sizes.append(len(column.classes) ** min(_sites(column, known[column.name]), 64))
        elif isinstance(column, Numbers):
            grid = restricted.grids[column.name].number
            if (fixed := fixed_number(settings, column.name)) is not None:
                levels[column.name] = np.array([fixed])
            elif not grid.discrete:
                return None
            else:
                levels[column.name] = grid.grid()
            sizes.append(len(levels[column.name]))
    if math.prod(sizes) > COUNTED:
        return None
    possible = math.prod(sizes)
    if restricted.rules or restricted.at_most or coupling:
        coupled = {**levels, **named}
        others = possible // math.prod([len(kept), *(len(v) for v in coupled.values())])
        combined = _combined(coupled, held, kept)
        fits = meets(restricted.rules, restricted.at_most, combined)
        for own in coupling:
            fits &= own.keeps(combined)
        possible = others * int(fits.sum())
    inside = int(_inside(restricted, known, levels, settings).sum())
    if not tried:
        return Room(possible, possible - inside)
    barred = _inside(restricted, tried, levels, settings)
    for own in coupling:  # which known designs keep
        barred &= own.keeps(tried)
    if held:
        barred &= np.array([design in kept for design in _designs(tried, held)], dtype=bool)
    return Room(possible, possible - inside - int(barred.sum()), int(barred.sum()))


def _designs(values: Mapping[str, Values], names: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    """What designs have in some columns."""
    return zip(*(values[name].tolist() for name in names), strict=True)


def _sites(column: Classes, values: Values) -> int:
    """How many positions vary: a letter that all known sequences share stays."""
    if not column.sequence:
        return 1
    texts = values.tolist()
    return sum(len({text[i] for text in texts}) > 1 for i in range(column.length))


def _combined(
    levels: Mapping[str, Values], held: Sequence[str], kept: Collection[tuple[Any, ...]]
) -> dict[str, Values]:
    """All combinations of the levels of some columns with what known designs have in others."""
    every = [own.ravel() for own in np.meshgrid(*levels.values(), indexing="ij")]
    out = {name: np.tile(v, len(kept)) for name, v in zip(levels, every, strict=True)}
    own = (np.array(values) for values in zip(*kept, strict=True))
    count = math.prod(len(v) for v in levels.values())
    return out | {n: np.repeat(v, count) for n, v in zip(held, own, strict=True)}


def meets(
    rules: Iterable[Linear],
    at_most: Iterable[AtMost],
    values: Mapping[str, Values],
    rounded: float = 0.0,
) -> np.ndarray:
    """Which designs meet all rules, (n,) bool.

    Args:
        rules: linear ones.
        at_most: on how many parts are present.
        values: of the columns, (n,) each.
        rounded: by which part of itself a sum that is given as one number may be missed.
    """
    fits = np.ones(len(next(iter(values.values()))), bool)
    for rule in rules:
        terms = np.stack([v * values[name] for name, v in rule.coefficients.items()])
        slack = 1e-9 * np.maximum(np.abs(terms).sum(0), 1e-12)
        if rule.is_equation:
            slack = np.maximum(slack, rounded * abs(rule.low))
        total = terms.sum(0)
        fits &= (total <= rule.high + slack) & (total >= rule.low - slack)
    for most in at_most:
        parts = np.stack([values[name] for name in most.names])
        fits &= (parts != 0).sum(0) <= most.count
        fits &= ((parts == 0) | (parts >= most.least)).all(0)
    return fits


def _inside(
    restricted: Restricted,
    known: Mapping[str, Values],
    levels: Mapping[str, np.ndarray],
    settings: Settings,
) -> np.ndarray:
    """Which of the known designs (N,) are among the possible ones, (N,) bool."""
    inside = np.ones(len(next(iter(known.values()))), bool)
    for name, values in known.items():
        if name in levels:
            own = np.sort(levels[name])
            above = np.searchsorted(own, values).clip(max=len(own) - 1)
            near = [np.abs(values - own[at]) for at in (above, (above - 1).clip(min=0))]
            inside &= np.minimum(*near) <= 1e-9 * float(np.abs(own).max())
        elif (wanted := settings.fix.get(name)) is not None:
            inside &= values == class_name(wanted)
    if restricted.rules or restricted.at_most:
        inside &= meets(restricted.rules, restricted.at_most, known)
    return inside


def require_freedom(restricted: Restricted, settings: Settings, ways: Ways) -> None:
    """Refuses fixed columns that leave nothing, since the others follow from them by equations.

    Raises:
        InputError: it names the columns and the equations.
    """
    free = [c for c in restricted.columns if c.name not in settings.fix]
    equations = [rule for rule in restricted.rules if rule.is_equation]
    if not equations or not all(isinstance(c, Numbers) for c in free):
        return
    names = [c.name for c in free]
    matrix = np.array([[rule.coefficients.get(name, 0.0) for name in names] for rule in equations])
    if np.linalg.matrix_rank(matrix) == len(names):
        raise InputError(
            f"no column is left that varies: what is not fixed ({listed(names)}) follows from "
            f"{'; '.join(map(str, equations))}. Fix fewer columns ({ways.name('fix')})."
        )
