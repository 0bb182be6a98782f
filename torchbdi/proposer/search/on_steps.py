"""Proposals onto steps that are too many for a search, with the rules between them kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from ...space.constraints import Linear
from ...space.polytope import TOLERANCE, Polytope
from ...space.present import AtMost
from ...space.rounding import Rounding
from ..columns.grids import Grid
from ..reading.table import Values

# A number is put on one of so many steps on either side: what others miss can be made good. Where
# that is too few, as in a + 100 b = 3000000, one of more.
NEAR_STEPS = (8, 200)
# What computing adds to numbers, as a share of them.
_DIGITS = 1e-14


def on_steps(
    values: Mapping[str, Values],
    grids: Mapping[str, Grid],
    rules: Sequence[Linear],
    at_most: Sequence[AtMost],
    held: Sequence[Collection[str]],
) -> dict[str, Values]:
    """Designs whose numbers are on the steps that a search is too coarse for.

    A design of which no near one is on them, and keeps the rules, stays as it is: see
    :func:`between`.

    Args:
        values: the columns that vary, (n,) each; rules, levels and other steps hold.
        grids: of the columns of numbers.
        rules: linear ones between columns of numbers.
        at_most: how many of some of them may be other than 0.
        held: of each design the columns that stay as they are, n of them.

    Returns:
        All columns, (n,) each.
    """
    out = dict(values)
    fine = {n: grid.steps for n, grid in grids.items() if n in values and grid.steps is not None}
    coupled = {name for rule in rules for name in rule.coefficients}
    for name in fine.keys() - coupled:
        start, size = fine[name]
        low, high = _ends(name, grids[name], at_most)
        ends = np.ceil((low - start) / size - 1e-6), np.floor((high - start) / size + 1e-6)
        at = np.clip(np.rint((values[name] - start) / size), *ends)
        stays = np.array([name in own for own in held], bool) | _absent(name, values, at_most)
        out[name] = np.where(stays, values[name], _written(start + size * at, grids[name]))
    if not fine.keys() & coupled:
        return out
    names = [name for name in values if name in coupled]
    for name in names:
        out[name] = values[name].copy()
    for i, stay in enumerate(held):
        z = np.array([values[name][i] for name in names])
        for near in NEAR_STEPS:
            moved = _moved(z, [n in stay for n in names], names, grids, rules, at_most, near)
            if moved is not None:
                break
        for name, value in zip(names, (z if moved is None else moved).tolist(), strict=True):
            out[name][i] = value
    return out


def _moved(
    z: np.ndarray,
    stays: Sequence[bool],
    names: Sequence[str],
    grids: Mapping[str, Grid],
    rules: Sequence[Linear],
    at_most: Sequence[AtMost],
    near: int,
) -> np.ndarray | None:
    """The numbers of one design (C,) on steps that keep the rules; None where there are none near.

    They are counted in steps from a value on the steps below each, so that few digits are lost.
    """
    base, size, box = z.copy(), np.ones(len(z)), np.zeros((2, len(z)))
    levels: list[tuple[int, np.ndarray]] = []
    for i, (name, value) in enumerate(zip(names, z.tolist(), strict=True)):
        grid = grids[name]
        low, high = _ends(name, grid, at_most)
        absent = value == 0 and any(name in rule.names for rule in at_most)
        if stays[i] or absent or grid.number.discrete:
            continue
        if grid.steps is None:
            size[i] = (high - low) or 1.0
        else:
            start, size[i] = grid.steps
            base[i] = start + size[i] * np.floor((value - start) / size[i])
            counts = np.arange(-near, near + 2.0)
            at = base[i] + size[i] * counts
            slack = 1e-6 * size[i] + _DIGITS * max(abs(low), abs(high))
            inside = counts[(at >= low - slack) & (at <= high + slack)]
            if not len(inside):
                return None
            levels.append((i, inside))
            low, high = base[i] + size[i] * inside[[0, -1]]
        box[:, i] = (np.array([low, high]) - base[i]) / size[i]
    a = np.array([[rule.coefficients.get(name, 0.0) for name in names] for rule in rules])
    ends = np.array([[rule.low, rule.high] for rule in rules]).T
    polytope = Polytope(a * size, ends - a @ base, box)
    made = base + size * Rounding(polytope, levels)(((z - base) / size)[None])[0]
    for i, _ in levels:
        made[i] = _written(made[i : i + 1], grids[names[i]])[0]
    total, slack = a @ made, np.abs(a) @ (_DIGITS * np.abs(made) + TOLERANCE * size)
    return made if ((total >= ends[0] - slack) & (total <= ends[1] + slack)).all() else None


def between(grid: Grid, value: float) -> bool:
    """Whether a number is between the steps of a column: no near ones keep the rules."""
    if grid.steps is None:
        return False
    start, size = grid.steps
    at = (value - start) / size
    return bool(abs(at - round(at)) > max(1e-6, _DIGITS * abs(value) / size))


def _ends(name: str, grid: Grid, at_most: Sequence[AtMost]) -> tuple[float, float]:
    """What a column can be where it is present."""
    least = max((rule.least for rule in at_most if name in rule.names), default=-np.inf)
    return max(grid.number.low, least), grid.number.high


def _absent(name: str, values: Mapping[str, Values], at_most: Sequence[AtMost]) -> np.ndarray:
    """In which designs a part that need not be there is not, (n,) bool."""
    may_be = any(name in rule.names for rule in at_most)
    return np.array(values[name] == 0) & may_be


def _written(values: np.ndarray, grid: Grid) -> np.ndarray:
    """Numbers (n,) on steps, without what computing adds: 1.93, and not 1.9300000000000002."""
    return values if grid.decimals is None else np.round(values, grid.decimals)
