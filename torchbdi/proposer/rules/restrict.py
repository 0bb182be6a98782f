"""What restricts a design beyond its bounds: levels, steps, sums and rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...space.constraints import Linear
from ...space.present import AtMost
from ..columns.column import Classes, Numbers
from ..columns.different import Different
from ..columns.grids import Grid, without_steps
from ..columns.nothing import Absent
from ..columns.remark import Remark
from ..reading.table import Table, Values
from ..reading.ways import Ways
from ..settings import Settings
from .asked import Asked
from .computed import find_derived, require_choice
from .derived import Derived
from .equations import kept_equations
from .following import find_looked_up
from .looked_up import LookedUp
from .on_grids import as_logarithms, grid_remarks, grids_of, let_be_absent, let_rules_hold
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
        following: columns that are left out, since they follow from others; each behind those that
            it follows from.
        absent: names for nothing, and amounts that are 0 with them.
        different: columns that are never the same.
    """

    columns: tuple[Numbers | Classes, ...]
    grids: dict[str, Grid]
    rules: tuple[Linear, ...]
    at_most: tuple[AtMost, ...]
    given: tuple[Linear, ...] = ()
    following: Mapping[str, LookedUp | Derived] = field(default_factory=dict)
    absent: tuple[Absent, ...] = ()
    different: tuple[Different, ...] = ()


def restrict(
    table: Table,
    columns: Sequence[Numbers | Classes],
    values: Mapping[str, Values],
    constants: Mapping[str, float],
    settings: Settings,
    remarks: list[str],
    to_choose: bool,
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
    grids = grids_of(table, numbers, values, settings)
    given, strict = _given(settings, list(grids), constants)
    remarks += strict
    at_most = tuple(parse_at_most(text, list(grids)) for text in settings.at_most)
    let_be_absent(at_most, grids, settings, ways)
    asked = Asked(table, columns, values, grids, given, at_most, settings)
    following, limits = ({}, []) if to_choose else _following(asked, remarks)
    given = [*given, *limits]
    columns = [c for c in columns if c.name not in following]
    grids = {name: grid for name, grid in grids.items() if name not in following}
    asked = replace(asked, columns=columns, grids=grids, given=given)
    sums, totals = kept_equations(asked, remarks, to_choose)
    rules = [*given, *sums, *totals]
    equal = {name for rule in rules if rule.is_equation for name in rule.coefficients}
    # Numbers of few digits, 0.1 and 20, hardly add up to another one.
    grids.update({n: without_steps(grids[n]) for n in equal if grids[n].digits is not None})
    let_rules_hold(rules, grids)
    lost = []
    for rule in rules:
        require_possible(rule, grids, ways)
        lost.append(loosen(rule, rule in totals, grids, settings, ways))
    ruled = {name for rule in rules for name in rule.coefficients}
    parts = {name for rule in at_most for name in rule.names}
    if not to_choose:  # levels and steps of rows are as they are
        remarks += filter(None, lost)
    remarks += as_logarithms(asked, [n for n in grids if n not in ruled | parts], grids)
    if not to_choose:
        remarks += grid_remarks(grids, ways)
    moved = {*settings.steps, *parts}
    kept = tuple(
        replace(c, low=grids[c.name].number.low, high=grids[c.name].number.high)
        if isinstance(c, Numbers) and c.name in moved
        else c
        for c in columns
    )
    return Restricted(kept, grids, tuple(rules), at_most, tuple(given), following)


def _given(
    settings: Settings, names: Sequence[str], constants: Mapping[str, float]
) -> tuple[list[Linear], list[str]]:
    """The linear rules that the person gave, without constants, and what is told of them."""
    numeric = (*names, *constants)
    given = [parse_sum(text, numeric) for text in settings.sums]
    rules = {text: parse_rule(text, numeric) for text in settings.rules}
    told = [told for text, rule in rules.items() if (told := strict_remark(text, rule))]
    return [without_constants(rule, constants) for rule in (*given, *rules.values())], told


def _following(
    asked: Asked, remarks: list[str]
) -> tuple[dict[str, LookedUp | Derived], list[Linear]]:
    """The columns that follow from others, each behind those that it follows from; and rules.

    The rules keep what is computed within the bounds that the person gave.

    Raises:
        InputError: all others are fixed.
    """
    looks: list[str] = []
    up = find_looked_up(asked, looks)
    computed: list[str] = []
    derived, limits = find_derived(asked, up, computed)
    # What has bounds does not move by itself where it is computed.
    moved = [r for r in looks if isinstance(r, Remark) and {*r.columns[:1]} & derived.keys()]
    remarks += [*(text for text in looks if text not in moved), *computed]
    require_choice(asked, up, derived)
    looked = {name: own for name, own in up.items() if name not in derived}
    return {**looked, **derived}, limits
