"""Whether rules can be met: within bounds, and on the steps of their columns."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ..kernels.errors import InputError
from ..space.constraints import Linear
from .grids import Grid
from .settings import Settings
from .ways import Ways


def require_possible(rule: Linear, grids: Mapping[str, Grid]) -> None:
    """Refuses a rule that nothing within the bounds can meet."""
    ends = np.array([
        sorted((v * grids[n].number.low, v * grids[n].number.high))
        for n, v in rule.coefficients.items()
    ]).sum(0)  # fmt: skip
    slack = 1e-9 * max(1.0, float(np.abs(ends).max()))
    if ends[0] > rule.high + slack or ends[1] < rule.low - slack:
        raise InputError(
            f"rule {rule}: within their bounds the columns give {ends[0]:.6g} to {ends[1]:.6g}. "
            "Change the rule, or widen the bounds of a column (--bounds)."
        )


def off_grid(rule: Linear, grids: Mapping[str, Grid]) -> bool:
    """Whether an equation between columns with steps has no solution on their grids."""
    own = [(v, grids[name].number) for name, v in rule.coefficients.items()]
    if rule.low != rule.high or not all(number.discrete for _, number in own):
        return False
    steps: list[float] = []
    for v, number in own:
        grid = number.grid()
        if len(grid) > 1:
            steps += (
                np.abs(v * np.diff(grid)).tolist()
                if number.step is None
                else [abs(v) * number.step]
            )
    unit = min(steps, default=1.0)
    whole = [step / unit for step in steps]
    if any(not math.isclose(w, round(w), abs_tol=1e-6) for w in whole):
        return True
    rest = (rule.low - sum(v * number.low for v, number in own)) / unit
    return not math.isclose(rest, round(rest), abs_tol=1e-6 * max(1.0, abs(rest)))


def may_be_loose(rule: Linear, grids: Mapping[str, Grid], settings: Settings) -> list[str]:
    """The columns that may leave their grids where an equation has no solution on them.

    Raises:
        InputError: somebody gave steps to all of them.
    """
    loose = [name for name in rule.coefficients if name not in settings.steps]
    if not loose:
        told = ", ".join(
            f"{name!r} begins at {grids[name].number.low:g} and has steps of "
            f"{settings.steps[name]:g}"
            for name in rule.coefficients
        )
        given = next(iter(rule.coefficients))
        raise InputError(
            f"step: no values in these steps meet {rule}: {told}. Change a step or the equation, "
            f"or say where the steps begin ({Ways(True)('bounds', given + '=LOW:')})."
        )
    return loose
