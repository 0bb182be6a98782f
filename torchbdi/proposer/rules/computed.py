"""Which columns are computed from others in proposals, and what is told of those that are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...kernels.errors import InputError
from ...space.constraints import Linear
from ...space.present import AtMost
from ..columns.grids import Grid
from ..columns.precision import MAX_DECIMALS, decimals_of, digits_of, half_units
from ..reading.table import Table, Values, parse_number
from ..reading.ways import Ways
from ..settings import Settings
from .derived import Derived, Formula, derived_of
from .equations import equations
from .lines import Line
from .relations import constant_sums


def find_derived(
    table: Table,
    names: Sequence[str],
    values: Mapping[str, Values],
    grids: Mapping[str, Grid],
    given: Sequence[Linear],
    at_most: Sequence[AtMost],
    settings: Settings,
    remarks: list[str],
) -> dict[str, Derived]:
    """Columns of numbers that follow from others, and of which nobody has said anything.

    Args:
        table: its rows, with the cells as they came.
        names: of the columns of numbers that vary and are not looked up.
        values: of those columns, (N,) each.
        grids: of those columns.
        given: the rules that the person gave.
        at_most: the rules on how many parts are present.
        settings: the person's choices.
        remarks: what follows is added, and what does and is not kept to.
    """
    columns, cells = {name: values[name] for name in names}, table.columns
    places = {name: decimals_of(cells[name]) for name in names}
    formulas = derived_of(
        columns,
        {name: half_units(cells[name], values[name]) for name in names},
        {name: 0.0 if p is None else 10.0**-p for name, p in places.items()},
        {name: digits_of(cells[name]) or MAX_DECIMALS + 1 for name in names},
        lambda own: [next(iter(rule.coefficients)) for rule in equations(table, own, given)[1]],
    )
    if not formulas:
        return {}
    ways = Ways(table.typed)
    spoken = {name for rule in given for name in rule.coefficients}
    spoken |= {*settings.named, *(name for rule in at_most for name in rule.names)}
    kept = {
        name: formula
        for name, formula in formulas.items()
        if name not in spoken and _can_be_computed(formula, grids, settings)
    }
    sums = constant_sums({n: v for n, v in columns.items() if n not in settings.free})
    while torn := kept.keys() & {
        name for r in sums if r.coefficients.keys() - kept.keys() for name in r.coefficients
    }:
        kept = {name: formula for name, formula in kept.items() if name not in torn}
    for name, formula in formulas.items():
        what = f"Column {name!r} is {formula} in every row"
        if name in kept:
            free = f"{ways('number', name)} makes it part of the design."
            remarks.append(f"{what}: so it is in every proposal. {free}")
        elif name not in settings.numbers:
            remarks.append(
                f"{what}, and proposals do not keep to that. If {name!r} follows from the others, "
                f"leave it out ({ways('ignore', name)})."
            )
    return {name: Derived(formula, grids[name]) for name, formula in kept.items()}


def require_choice(
    found: Mapping[str, Derived], names: Sequence[str], settings: Settings, ways: Ways
) -> None:
    """Refuses fixed columns that leave nothing but what is computed from them.

    Args:
        found: the columns that are computed.
        names: of all columns that vary, these among them.
        settings: the columns that are fixed.
        ways: how options are typed.

    Raises:
        InputError: it names the columns that are computed.
    """
    if found and all(name in settings.fix for name in names if name not in found):
        told = "; ".join(f"{name!r} is {own.formula}" for name, own in found.items())
        raise InputError(
            f"no column is left that varies: {told}. Fix fewer columns ({ways.name('fix')}), or "
            f"make one part of the design ({ways('number', next(iter(found)))})."
        )


def _can_be_computed(formula: Formula, grids: Mapping[str, Grid], settings: Settings) -> bool:
    """Whether there is a number for all that the others may be: there is no share of nothing."""
    lows = {}
    for name in formula.names:
        wanted = settings.fix.get(name)
        fixed = None if wanted is None else parse_number(str(wanted))
        lows[name] = np.array([grids[name].number.low if fixed is None else fixed])
    with np.errstate(all="ignore"):
        made = formula(lows)
    positive = isinstance(formula, Line) or min(low[0] for low in lows.values()) >= 0
    return bool(positive and np.isfinite(made).all())
