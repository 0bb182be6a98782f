"""Sums and totals that hold in every row of a table: which are kept, and what is told of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...space.constraints import Linear
from ..columns.precision import unit_of
from ..columns.remark import Remark, told_together
from ..reading.table import Values, show_number
from ..reading.ways import listed
from .asked import Asked
from .dummies import dummy_remarks
from .limits import order_remarks, whole_remark
from .linear import sum_told
from .multiples import multiple_remarks
from .nearly import nearly_remark, nearly_sums
from .relations import ROUNDING, constant_sums, sums_of_columns, unsaid


def equations(asked: Asked, own: Mapping[str, np.ndarray]) -> tuple[list[Linear], list[Linear]]:
    """Constant sums of columns of numbers, (N,) each, and columns that others make linearly.

    Those that the person gave are left out.
    """
    sums = constant_sums(own)
    # One part of each sum follows from the others.
    last = {list(rule.coefficients)[-1] for rule in sums}
    inner = {name: v for name, v in own.items() if name not in last}
    units = {name: unit_of(asked.table.columns[name]) for name in inner}
    totals = sums_of_columns(inner, units) if len(inner) > 1 else []
    return unsaid(sums, asked.given), unsaid(totals, asked.given)


def kept_equations(
    asked: Asked, remarks: list[str], to_choose: bool
) -> tuple[list[Linear], list[Linear]]:
    """Sums and totals that hold in every row, and which nobody has said.

    Args:
        asked: the columns that are searched, and what a person said of them.
        remarks: what is kept is added, and what else holds or may hold.
        to_choose: whether proposals are rows of the table: they have whatever all rows have.
    """
    settings, values, given, ways = asked.settings, asked.values, asked.given, asked.ways
    sums, totals = equations(asked, asked.not_free)
    remarks += _given_up(asked)
    spoken = {name for rule in given if rule.is_equation for name in rule.coefficients}
    own = {name: v for name, v in asked.not_free.items() if name not in spoken}
    for rule in sums:
        parts = list(rule.coefficients)
        miss = _miss(rule, values)
        near = f" (within {miss:.2g})" if miss > ROUNDING * abs(rule.low) else ""
        told = (
            f"{listed(parts)} add up to {show_number(rule.low)} in every row{near}: so they do in "
            "every proposal."
        )
        remarks.append(Remark(told, parts, what="equal"))
    nearly = None if sums else nearly_sums(own)
    broken = [] if nearly is None else [nearly_remark(nearly, own, asked.table.rows, ways)]
    remarks += broken
    for rule in totals:
        (name, _), *others = rule.coefficients.items()
        right = sum_told({other: -v for other, v in others}, rule.low)
        remarks.append(f"Column {name!r} is {right} in every row: so it is in every proposal.")
    if to_choose:
        return sums, totals
    free = {name: v for name, v in own.items() if name not in settings.fix}
    kept = [*given, *sums, *totals]
    multiples = multiple_remarks(free, kept, remarks)
    remarks += [*order_remarks(free, kept, ways, [*remarks, *multiples]), *multiples]
    dummies = dummy_remarks(free, kept, ways)
    named = [*dummies, *broken]
    loose = {name: v for name, v in free.items() if not told_together([name], named)}
    remarks += [*dummies, *whole_remark(loose, kept, ways)]
    return sums, totals


def _given_up(asked: Asked) -> list[Remark]:
    """Says which sums of the table are not kept: a part is free, or a given one has more parts."""
    given, ways, out = asked.given, asked.ways, []
    for rule in constant_sums({name: asked.values[name] for name in asked.grids}):
        parts, value = list(rule.coefficients), show_number(rule.low)
        free = [name for name in parts if name in asked.settings.free]
        if unsaid([rule], given):
            what = ways("free", free[0]) + " gives up, too" if free else ""
        else:
            more = (r for r in given if r.is_equation and {*parts} < {*r.coefficients})
            what = "".join(f"{r} gives up" for r in [*more][:1])
        if what:
            told = (
                f"{listed(parts)} add up to {value} in every row, which {what}; "
                f"{ways('sum', '+'.join(parts) + '=' + value)} keeps it."
            )
            out.append(Remark(told, parts, what="equal"))
    return out


def _miss(rule: Linear, values: Mapping[str, Values]) -> float:
    total = sum(v * values[name] for name, v in rule.coefficients.items())
    return float(np.abs(total - rule.low).max())
