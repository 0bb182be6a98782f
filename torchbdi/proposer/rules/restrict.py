"""What restricts a design beyond its bounds: levels, steps, sums and rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ...kernels.errors import InputError
from ...space.constraints import Linear
from ...space.present import AtMost
from ..columns.column import Classes, Numbers
from ..columns.decades import NOTHING, logarithm_of
from ..columns.different import Different
from ..columns.grids import MAX_DIGITS, Grid, grid_of, with_zero, without_steps
from ..columns.nothing import Absent
from ..columns.varying import fixed_number
from ..reading.table import Table, Values, show_number
from ..reading.ways import Ways, listed
from ..settings import Settings
from .computed import find_derived, require_choice
from .derived import Derived
from .equations import kept_equations
from .following import find_looked_up
from .looked_up import LookedUp
from .possible import loosen, require_possible
from .typed import parse_at_most, parse_rule, parse_sum, strict_remark, without_constants


@dataclass(frozen=True)
class Restricted:
    """Columns and what restricts them.

    Attributes:
        columns: those that vary, their bounds on their grids.
        grids: of the columns of numbers, by name.
        rules: linear rules between them, given or found.
        given: those of them that the person gave.
        at_most: rules on how many parts are present.
        looked_up: columns that are left out, since they follow from others; each behind those that
            it follows from.
        absent: names for nothing, and amounts that are 0 with them.
        different: columns that are never the same.
    """

    columns: tuple[Numbers | Classes, ...]
    grids: dict[str, Grid]
    rules: tuple[Linear, ...]
    at_most: tuple[AtMost, ...]
    given: tuple[Linear, ...] = ()
    looked_up: Mapping[str, LookedUp | Derived] = field(default_factory=dict)
    absent: tuple[Absent, ...] = ()
    different: tuple[Different, ...] = ()


def restrict(
    table: Table,
    columns: Sequence[Numbers | Classes],
    values: Mapping[str, Values],
    constants: Mapping[str, float],
    settings: Settings,
    remarks: list[str],
    to_choose: bool = False,
) -> Restricted:
    """Finds levels, steps and sums in a table, and adds those that the person gave.

    Args:
        table: its rows, with the cells as they came.
        columns: those that vary.
        values: of those columns, (N,) each.
        constants: numbers of the columns that are the same in every row.
        settings: the person's choices.
        remarks: what was found is added.
        to_choose: whether proposals are rows of the table: these have what belongs together, and
            what is said of names that have no score yet is in the numbers that follow from them.

    Raises:
        InputError: a rule that cannot be read, or that nothing in the bounds can meet.
    """
    numbers, ways = [c for c in columns if isinstance(c, Numbers)], Ways(table.typed)
    grids = _grids(table, numbers, values, settings)
    names = [c.name for c in numbers]
    numeric = (*names, *constants)
    given = [parse_sum(text, numeric) for text in settings.sums]
    ruled_by = {text: parse_rule(text, numeric) for text in settings.rules}
    remarks += filter(None, [strict_remark(text, rule) for text, rule in ruled_by.items()])
    given += ruled_by.values()
    given = [without_constants(rule, constants) for rule in given]
    at_most = tuple(parse_at_most(text, names) for text in settings.at_most)
    _let_be_absent(at_most, grids, settings, ways)
    found: Mapping[str, LookedUp | Derived] = {}
    if not to_choose:
        own = (grids, given, at_most, settings, remarks)
        up = find_looked_up(table, columns, values, *own)
        derived = find_derived(table, names, values, *own, up)
        require_choice(derived, [c.name for c in columns if c.name not in up], settings, ways)
        found = {**{name: own for name, own in up.items() if name not in derived}, **derived}
    columns = [c for c in columns if c.name not in found]
    names = [name for name in names if name not in found]
    grids = {name: grids[name] for name in names}
    sums, totals = kept_equations(table, values, names, given, settings, remarks, to_choose)
    rules = [*given, *sums, *totals]
    equal = {name for rule in rules if rule.low == rule.high for name in rule.coefficients}
    # Numbers of few digits, 0.1 and 20, hardly add up to another one.
    grids.update({n: without_steps(grids[n]) for n in equal if grids[n].digits is not None})
    _let_rules_hold(rules, grids)
    lost = []
    for rule in rules:
        require_possible(rule, grids, ways)
        lost.append(loosen(rule, rule in totals, grids, settings, ways))
    if not to_choose:  # levels and steps of rows are as they are
        remarks += filter(None, lost)
    ruled = {name for rule in rules for name in rule.coefficients}
    ruled |= {name for rule in at_most for name in rule.names}
    alone = [c for c in numbers if c.name in grids and c.name not in ruled]
    _logarithms(alone, grids, table, values, settings, remarks)
    if not to_choose:
        _tell(grids, ways, remarks)
    kept = tuple(
        replace(c, low=grids[c.name].number.low, high=grids[c.name].number.high)
        if isinstance(c, Numbers) and (c.name in settings.steps or _holds_zero(c, at_most))
        else c
        for c in columns
    )
    return Restricted(kept, grids, tuple(rules), at_most, tuple(given), found)


def _let_rules_hold(rules: Sequence[Linear], grids: dict[str, Grid]) -> None:
    """Numbers between which a rule holds are written so that it holds for what is written, too."""
    for name in {name for rule in rules for name in rule.coefficients}:
        grid = grids[name]
        if not grid.number.discrete and (grid.digits, grid.decimals) != (None, None):
            grids[name] = replace(grid, decimals=None, digits=MAX_DIGITS, kind="")


def _grids(
    table: Table, numbers: Sequence[Numbers], values: Mapping[str, Values], settings: Settings
) -> dict[str, Grid]:
    """What each column of numbers can have."""
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
    return grid_of(
        column, values, table.columns[name], settings.steps.get(name), name in settings.free,
        name in settings.bounds, settings.bounds.get(name, (None, None))[0] is not None, log,
    )  # fmt: skip


def _let_be_absent(
    at_most: Sequence[AtMost], grids: dict[str, Grid], settings: Settings, ways: Ways
) -> None:
    """Gives the parts of which only some may be present the value 0, too."""
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


def _holds_zero(column: Numbers, at_most: Sequence[AtMost]) -> bool:
    return any(column.name in rule.names for rule in at_most)


def _logarithms(
    columns: Sequence[Numbers],
    grids: dict[str, Grid],
    table: Table,
    values: Mapping[str, Values],
    settings: Settings,
    remarks: list[str],
) -> None:
    """Columns of numbers over more than two decades, and maybe 0, are searched as logarithms.

    No rule couples them with others: the parts of a sum keep their decimals.
    """
    for column in columns:
        name, own = column.name, values[column.name]
        if (offset := logarithm_of(own)) is None:
            continue
        grid = _grid(table, column, own, settings, log=True) if offset else grids[name]
        number = grid.number
        fixed = fixed_number(settings, name)
        if min(number.low, number.low if fixed is None else fixed) + offset <= 0:
            continue  # there is no logarithm of that
        span = float(np.log10(own.max()) - np.log10(own[own > 0].min()))
        grids[name] = replace(grid, number=replace(number, log=True, offset=offset))
        zero = f", in which 0 lies a decade below {offset / NOTHING:.12g}" if offset else ""
        above = " above 0" if offset else ""
        remarks.append(
            f"Column {name!r} spans {span:.1f} orders of magnitude{above}: it is searched as a "
            f"logarithm{zero}."
        )


def _tell(grids: Mapping[str, Grid], ways: Ways, remarks: list[str]) -> None:
    """Says which columns keep to what they have."""
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
