"""Whether rules can be met: within bounds, and on the steps of their columns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...kernels.errors import InputError
from ...space.constraints import Linear
from ..columns.grids import Grid, without_steps
from ..columns.varying import fixed_number
from ..reading.ways import Ways, listed
from ..settings import Settings
from .typed import without_constants


def require_possible(rule: Linear, grids: Mapping[str, Grid], ways: Ways) -> None:
    """Refuses a rule that nothing within the bounds can meet."""
    ends = np.array([
        sorted((v * grids[n].number.low, v * grids[n].number.high))
        for n, v in rule.coefficients.items()
    ]).sum(0)  # fmt: skip
    slack = 1e-9 * float(np.abs(ends).max())
    if ends[0] > rule.high + slack or ends[1] < rule.low - slack:
        wide = ways("bounds", f"{next(iter(rule.coefficients))}=LOW:HIGH")
        raise InputError(
            f"rule {rule}: within their bounds the columns give {ends[0]:.6g} to {ends[1]:.6g}. "
            f"Change the rule, or widen the bounds of a column ({wide})."
        )


def loosen(
    rule: Linear,
    total: bool,
    grids: dict[str, Grid],
    settings: Settings,
    ways: Ways,
) -> str:
    """Takes levels and steps from columns of which an equation leaves no values on them.

    Args:
        rule: any rule.
        total: whether the first column of the rule was found to follow from the others.
        grids: of the columns; changed.
        settings: the person's choices.
        ways: how options are typed.

    Returns:
        What is lost, in a sentence; "" where nothing is.

    Raises:
        InputError: somebody gave steps to all columns of the equation, and none meet it.
    """
    held = {
        name: number
        for name in settings.fix
        if name in rule.coefficients and (number := fixed_number(settings, name)) is not None
    }
    own = without_constants(rule, held) if len(held) < len(rule.coefficients) else rule
    if not _off_grid(own, grids):
        return ""
    name = next(iter(rule.coefficients))
    if total and name not in settings.steps and not set(settings.fix) & set(rule.coefficients):
        # It follows from the others, and is rounded as the table rounds it.
        grids[name] = replace(grids[name].free(), decimals=grids[name].decimals)
        return ""
    loose = _may_be_loose(own, grids, settings, ways)
    told = _loose_remark(own, loose, grids)
    grids.update({name: without_steps(grids[name]) for name in loose})
    return told


def _off_grid(rule: Linear, grids: Mapping[str, Grid], few: bool = False) -> bool:
    """Whether an equation between columns with steps has no solution on their grids.

    Args:
        rule: any rule.
        grids: of its columns.
        few: whether solutions will do of which most values of a column have no part, as in whole
            numbers with 2 a + 3 b = 12.
    """
    own = [(v, grids[name]) for name, v in rule.coefficients.items()]
    stepped = all(grid.number.discrete or grid.steps is not None for _, grid in own)
    if rule.low != rule.high or not stepped:
        return False
    steps: list[float] = []
    for v, grid in own:
        step = grid.number.step if grid.steps is None else grid.steps[1]
        if step is not None and grid.number.high > grid.number.low:
            steps.append(abs(v) * step)
        elif step is None:
            steps += np.abs(v * np.diff(grid.number.grid())).tolist()
    unit = _common(steps) if few else min(steps, default=1.0)
    whole = [step / unit for step in steps]
    if any(not math.isclose(w, round(w), abs_tol=1e-6) for w in whole):
        return True
    begun = [v * (grid.number.low if grid.steps is None else grid.steps[0]) for v, grid in own]
    rest = (rule.low - sum(begun)) / unit
    return not math.isclose(rest, round(rest), rel_tol=1e-10, abs_tol=1e-6)


def _common(steps: Sequence[float]) -> float:
    """The largest number that some steps are multiples of, by Euclid; 1 where there are none."""
    unit = 0.0
    for step in steps:
        rest, unit = unit, step
        while rest > 1e-6 * max(steps):
            # What is left of a multiple is rounding.
            unit, rest = rest, abs(unit - rest * round(unit / rest))
    return unit or 1.0


def _may_be_loose(
    rule: Linear, grids: Mapping[str, Grid], settings: Settings, ways: Ways
) -> list[str]:
    """The columns that may leave their grids where an equation has no solution on them.

    Where some of them have nothing but decimals to lose, these alone make good what whole numbers,
    levels and steps leave. Where whole numbers and the like have solutions, none is loose.

    Raises:
        InputError: somebody gave steps to all of them, and these have no solutions.
    """
    loose = [name for name in rule.coefficients if name not in settings.steps]
    if not loose and not _off_grid(rule, grids, few=True):
        return []
    if not loose:
        told = ", ".join(
            f"{name!r} begins at {grids[name].number.low:g} and has steps of "
            f"{settings.steps[name]:g}"
            for name in rule.coefficients
        )
        given = next(iter(rule.coefficients))
        raise InputError(
            f"step: no values in these steps meet {rule}: {told}. Change a step or the equation, "
            f"or say where the steps begin ({ways('bounds', given + '=LOW:')})."
        )
    decimals = [name for name in loose if not grids[name].kind]
    return decimals or (loose if _off_grid(rule, grids, few=True) else [])


def _loose_remark(rule: Linear, loose: Sequence[str], grids: Mapping[str, Grid]) -> str:
    """Says which columns leave their levels, steps and whole numbers; "" where none has some."""
    lost = [name for name in loose if grids[name].kind]
    if not lost:
        return ""
    return (
        f"No values on the levels, steps or whole numbers of {listed(lost)} meet {rule}: proposals "
        "have values between them."
    )
