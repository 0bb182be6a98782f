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

# A number is put on one of so many steps on either side: what others miss can be made good.
NEAR_STEPS = 8


def on_steps(
    values: Mapping[str, Values],
    grids: Mapping[str, Grid],
    rules: Sequence[Linear],
    at_most: Sequence[AtMost],
    held: Sequence[Collection[str]],
) -> dict[str, Values]:
    """Designs whose numbers are on the steps that a search is too coarse for.

    A design of which no near one is on them, and keeps the rules, stays as it is.

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
        inside = np.clip(values[name], grids[name].number.low, grids[name].number.high)
        at = np.rint((inside - start) / size)
        stays = np.array([name in own for own in held], bool) | _absent(name, values, at_most)
        out[name] = np.where(stays, values[name], _written(start + size * at, grids[name]))
    if not fine.keys() & coupled:
        return out
    names = [name for name in values if name in coupled]
    for name in names:
        out[name] = values[name].copy()
    for i, stay in enumerate(held):
        z = np.array([values[name][i] for name in names])
        moved = _moved(z, [n in stay for n in names], names, grids, rules, at_most)
        for name, value in zip(names, moved.tolist(), strict=True):
            out[name][i] = value
    return out


def _moved(
    z: np.ndarray,
    stays: Sequence[bool],
    names: Sequence[str],
    grids: Mapping[str, Grid],
    rules: Sequence[Linear],
    at_most: Sequence[AtMost],
) -> np.ndarray:
    """The numbers of one design (C,) on the nearest steps that keep the rules; else as they are.

    They are counted in steps from a value on the steps below each, so that few digits are lost.
    """
    base, size, box, levels = z.copy(), np.ones(len(z)), np.zeros((2, len(z))), []
    for i, (name, value) in enumerate(zip(names, z.tolist(), strict=True)):
        grid = grids[name]
        least = max((r.least for r in at_most if name in r.names), default=-np.inf)
        low, high = max(grid.number.low, least), grid.number.high
        absent = value == 0 and any(name in rule.names for rule in at_most)
        if stays[i] or absent or grid.number.discrete:
            continue
        if grid.steps is None:
            size[i] = (high - low) or 1.0
        else:
            start, size[i] = grid.steps
            base[i] = start + size[i] * np.floor((value - start) / size[i])
            counts = np.arange(-NEAR_STEPS, NEAR_STEPS + 2.0)
            at = base[i] + size[i] * counts
            slack = TOLERANCE * max(abs(low), abs(high))
            levels.append((i, counts[(at >= low - slack) & (at <= high + slack)]))
            low, high = base[i] + size[i] * levels[-1][1][[0, -1]]
        box[:, i] = (np.array([low, high]) - base[i]) / size[i]
    a = np.array([[rule.coefficients.get(name, 0.0) for name in names] for rule in rules])
    ends = np.array([[rule.low, rule.high] for rule in rules]).T - a @ base
    polytope = Polytope(a * size, ends, box)
    made = base + size * Rounding(polytope, levels)(((z - base) / size)[None])[0]
    for i, _ in levels:
        made[i] = _written(made[i : i + 1], grids[names[i]])[0]
    whole = Polytope(a, np.array([[rule.low, rule.high] for rule in rules]).T, np.empty((2, 0)))
    return made if whole.violation(made[None])[0] <= TOLERANCE else z


def _absent(name: str, values: Mapping[str, Values], at_most: Sequence[AtMost]) -> np.ndarray:
    """In which designs a part that need not be there is not, (n,) bool."""
    may_be = any(name in rule.names for rule in at_most)
    return np.array(values[name] == 0) & may_be


def _written(values: np.ndarray, grid: Grid) -> np.ndarray:
    """Numbers (n,) on steps, without what computing adds: 1.93, and not 1.9300000000000002."""
    return values if grid.decimals is None else np.round(values, grid.decimals)
