"""Whether the few parts that may be present can add up to what a rule asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...kernels.errors import InputError
from ...space.constraints import Linear
from ...space.present import AtMost
from ..columns.grids import Grid
from ..columns.varying import fixed_number
from ..reading.ways import Ways
from ..settings import Settings

SLACK = 1e-9  # of the size of the terms


def require_reach(
    rules: Sequence[Linear],
    at_most: Sequence[AtMost],
    grids: Mapping[str, Grid],
    settings: Settings,
    ways: Ways,
) -> None:
    """Refuses a limit on the parts that are present under which a rule's terms stay too small.

    Args:
        rules: all linear ones.
        at_most: how many of some parts may be present.
        grids: of the columns of numbers.
        settings: the columns that are fixed.
        ways: how a way out is typed.

    Raises:
        InputError: it names both, the most that the terms give, and what to change.
    """
    ends = {name: _ends(fixed_number(settings, name), grid) for name, grid in grids.items()}
    for most in at_most:
        for rule in rules:
            for sign, end in ((1.0, rule.low), (-1.0, -rule.high)):
                reached = _reached(rule, sign, most, ends)
                if reached is None or reached >= end:
                    continue
                name = next(name for name in rule.coefficients if name in most.names)
                raise InputError(
                    f"at-most: with {most} the terms of {rule} give {sign * reached:.6g} "
                    f"at {'most' if sign > 0 else 'least'} within the bounds of the columns. Allow "
                    f"more parts, or widen the bounds of one ({ways('bounds', f'{name}=0:HIGH')})."
                )


def _reached(
    rule: Linear, sign: float, most: AtMost, ends: Mapping[str, tuple[float, float]]
) -> float | None:
    """The most that a rule's terms times ``sign`` give; None where it has no more of the parts."""
    terms = {n: max(sign * v * end for end in ends[n]) for n, v in rule.coefficients.items()}
    parts = sorted(max(term, 0.0) for name, term in terms.items() if name in most.names)
    if len(parts) <= most.count:
        return None
    rest = [term for name, term in terms.items() if name not in most.names]
    slack = SLACK * sum(abs(term) for term in terms.values())
    return sum(parts[-most.count :]) + sum(rest) + slack


def _ends(fixed: float | None, grid: Grid) -> tuple[float, float]:
    return (grid.number.low, grid.number.high) if fixed is None else (fixed, fixed)
