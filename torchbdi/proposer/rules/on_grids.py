"""What each column of numbers can have, by the table, by what a person said, and by the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...kernels.errors import InputError
from ...space.constraints import Linear
from ...space.present import AtMost
from ..columns.column import Numbers
from ..columns.decades import NOTHING, logarithm_of, no_logarithm
from ..columns.grids import MAX_DIGITS, Grid, grid_of, with_zero
from ..columns.precision import exponent_of
from ..columns.varying import fixed_number
from ..reading.table import Table, Values, show_number
from ..reading.ways import Ways, listed
from ..settings import Settings
from .asked import Asked


def grids_of(
    table: Table, numbers: Sequence[Numbers], values: Mapping[str, Values], settings: Settings
) -> dict[str, Grid]:
    """What each column of numbers can have by itself, by name.

    Args:
        table: its rows, with the cells as they came.
        numbers: the columns of numbers that vary.
        values: of those columns, (N,) each.
        settings: the person's choices.

    Raises:
        InputError: a step is given for another column, or is too large for the bounds.
    """
    for name in settings.steps:
        if name not in [c.name for c in numbers]:
            raise InputError(f"step: column {name!r} holds no numbers that vary.")
    grids = {c.name: _grid(table, c, values[c.name], settings) for c in numbers}
    for name, step in settings.steps.items():
        number = grids[name].number
        if number.high == number.low:
            column = next(c for c in numbers if c.name == name)
            wide = Ways(table.typed)("bounds", f"{name}=LOW:HIGH")
            raise InputError(
                f"step: column {name!r} has no two values in steps of {step:g} from "
                f"{show_number(column.low)} to {show_number(column.high)}. Take a smaller step, or "
                f"wider bounds ({wide})."
            )
    return grids


def _grid(
    table: Table, column: Numbers, values: Values, settings: Settings, log: bool = False
) -> Grid:
    """What a column of numbers can have."""
    name = column.name
    made = grid_of(
        column, values, table.columns[name], settings.steps.get(name), name in settings.free,
        name in settings.bounds, settings.bounds.get(name, (None, None))[0] is not None, log,
    )  # fmt: skip
    return replace(made, exponent=exponent_of(table.columns[name]))


def let_be_absent(
    at_most: Sequence[AtMost], grids: dict[str, Grid], settings: Settings, ways: Ways
) -> None:
    """Gives the parts of which only some may be present the value 0, too.

    Args:
        at_most: the rules that say so.
        grids: of the columns; changed.
        settings: the person's choices.
        ways: how options are typed.

    Raises:
        InputError: a part has amounts below 0, bounds without 0, or never as much as it needs.
    """
    for name in dict.fromkeys(name for rule in at_most for name in rule.names):
        own = [rule for rule in at_most if name in rule.names]
        if grids[name].number.low < 0:
            raise InputError(f"at-most: column {name!r} has amounts below 0.")
        low, high = settings.bounds.get(name, (None, None))
        if low is not None and low > 0:
            wide = f"{name}=0:{'' if high is None else show_number(high)}"
            present = ""
            if low <= min(grids[part].number.high for rule in own for part in rule.names):
                present = (
                    f", with 'least {show_number(low)}' at the end of the rule for what is present"
                )
            raise InputError(
                f"at-most: column {name!r} may be absent, but its bounds begin at "
                f"{show_number(low)}. Begin them at 0 ({ways('bounds', wide)}){present}; or leave "
                "it out of the rule, if it is always there."
            )
        least = max(rule.least for rule in own)
        if least > grids[name].number.high:
            raise InputError(
                f"at-most: column {name!r} goes to {grids[name].number.high:g}, and never has "
                f"{least:g} at least. Take a smaller least amount, or wider bounds."
            )
        grids[name] = with_zero(grids[name])


def let_rules_hold(rules: Sequence[Linear], grids: dict[str, Grid]) -> None:
    """Numbers between which a rule holds are written so that it holds for what is written, too."""
    for name in {name for rule in rules for name in rule.coefficients}:
        grid = grids[name]
        stepped = grid.number.discrete or grid.steps is not None
        if not stepped and (grid.digits, grid.decimals) != (None, None):
            grids[name] = replace(grid, decimals=None, digits=MAX_DIGITS, kind="")


def as_logarithms(asked: Asked, names: Sequence[str], grids: dict[str, Grid]) -> list[str]:
    """Has columns of numbers over more than two decades, and maybe 0, searched as logarithms.

    Args:
        asked: the columns, and what a person said of them.
        names: of those that no rule couples with others: the parts of a sum keep their decimals.
        grids: of the columns; changed.

    Returns:
        Which ones are, and which ones cannot be within their bounds, a sentence each.
    """
    remarks, table, values, settings = [], asked.table, asked.values, asked.settings
    columns = [c for c in asked.columns if isinstance(c, Numbers) and c.name in names]
    for column in columns:
        name, own = column.name, values[column.name]
        if (offset := logarithm_of(own)) is None:
            continue
        grid = _grid(table, column, own, settings, log=True) if offset else grids[name]
        number, fixed = grid.number, fixed_number(settings, name)
        span = float(np.log10(own.max()) - np.log10(own[own > 0].min()))
        if min(number.low, number.low if fixed is None else fixed) + offset <= 0:
            if fixed is None and name in settings.bounds:
                remarks.append(no_logarithm(name, number, span, offset, asked.ways))
            continue  # there is no logarithm of that
        grids[name] = replace(grid, number=replace(number, log=True, offset=offset))
        zero = f", in which 0 lies a decade below {offset / NOTHING:.12g}" if offset else ""
        above = " above 0" if offset else ""
        remarks.append(
            f"Column {name!r} spans {span:.1f} orders of magnitude{above}: it is searched as a "
            f"logarithm{zero}."
        )
    return remarks


def grid_remarks(grids: Mapping[str, Grid], ways: Ways) -> list[str]:
    """Says which columns keep to what they have."""
    remarks = []
    by = {kind: [n for n, g in grids.items() if g.kind == kind] for kind in ("levels", "whole")}
    if by["levels"]:
        remarks.append(
            f"{listed(by['levels'])} {'keeps' if len(by['levels']) == 1 else 'keep'} to the few "
            f"levels of the table; {ways('free', 'NAME')}, or bounds, give that up."
        )
    if by["whole"]:
        remarks.append(f"Whole numbers stay whole: {listed(by['whole'])}.")
    for name, grid in grids.items():
        if grid.kind == "step":
            step, levels = grid.number.step, grid.number.levels
            if step is None and levels is not None:  # of a part that may be absent
                remarks.append(
                    f"Column {name!r} is 0, or keeps to steps of {levels[-1] - levels[-2]:g}."
                )
            elif step is not None:
                remarks.append(f"Column {name!r} keeps to steps of {step:g}.")
    return remarks
