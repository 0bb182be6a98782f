"""Sums and totals that hold in every row of a table: which are kept, and what is told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...space.constraints import Linear
from ..columns.precision import decimals_of
from ..reading.table import Table, Values, show_number
from ..reading.ways import Ways, listed
from ..settings import Settings
from .dummies import dummy_remarks
from .limits import order_remarks, whole_remark
from .made import sum_told
from .nearly import nearly_remark, nearly_sums
from .relations import ROUNDING, constant_sums, sums_of_columns, unsaid


def equations(
    table: Table, own: Mapping[str, np.ndarray], given: Sequence[Linear]
) -> tuple[list[Linear], list[Linear]]:
    """Constant sums of columns of numbers, (N,) each, and columns that others make linearly.

    Equations that the person gave come before them.
    """
    sums = constant_sums(own)
    # One part of each sum follows from the others.
    last = {list(rule.coefficients)[-1] for rule in sums}
    inner = {name: v for name, v in own.items() if name not in last}
    units = {}
    for name in inner:
        places = decimals_of(table.columns[name])
        units[name] = 0.0 if places is None else 10.0**-places
    totals = sums_of_columns(inner, units) if len(inner) > 1 else []
    return unsaid(sums, given), unsaid(totals, given)


def kept_equations(
    table: Table,
    values: Mapping[str, Values],
    names: Sequence[str],
    given: Sequence[Linear],
    settings: Settings,
    remarks: list[str],
    to_choose: bool = False,
) -> tuple[list[Linear], list[Linear]]:
    """Sums and totals that hold in every row, and which nobody has said.

    Where proposals are rows of the table (``to_choose``), they have whatever all rows have.
    """
    numbers = {name: values[name] for name in names}
    own = {name: v for name, v in numbers.items() if name not in settings.free}
    sums, totals = equations(table, own, given)
    remarks += _given_up(numbers, given, settings, Ways(table.typed))
    spoken = {name for rule in given if rule.low == rule.high for name in rule.coefficients}
    own = {name: v for name, v in own.items() if name not in spoken}
    for rule in sums:
        parts = list(rule.coefficients)
        miss = _miss(rule, values)
        near = f" (within {miss:.2g})" if miss > ROUNDING * abs(rule.low) else ""
        remarks.append(
            f"{listed(parts)} add up to {show_number(rule.low)} in every row{near}: so they do in "
            "every proposal."
        )
    if not sums and (nearly := nearly_sums(own)) is not None:
        remarks.append(nearly_remark(nearly, own, table.rows, Ways(table.typed)))
    for rule in totals:
        (name, _), *others = rule.coefficients.items()
        right = sum_told({other: -v for other, v in others}, rule.low)
        remarks.append(f"Column {name!r} is {right} in every row: so it is in every proposal.")
    if to_choose:
        return sums, totals
    free = {name: v for name, v in own.items() if name not in settings.fix}
    kept = [*given, *sums, *totals]
    said = [text for text in remarks if " in every row" in text]
    remarks += order_remarks(free, kept, Ways(table.typed), said)
    dummies, told = dummy_remarks(free, kept, Ways(table.typed))
    loose = {name: v for name, v in free.items() if name not in told}
    remarks += [*dummies, *whole_remark(loose, kept, Ways(table.typed))]
    return sums, totals


def _given_up(
    columns: Mapping[str, np.ndarray], given: Sequence[Linear], settings: Settings, ways: Ways
) -> list[str]:
    """Says which sums of the table are not kept: a part is free, or a given one has more parts."""
    out = []
    for rule in constant_sums(columns):
        parts, value = list(rule.coefficients), show_number(rule.low)
        free = [name for name in parts if name in settings.free]
        if unsaid([rule], given):
            what = ways("free", free[0]) + " gives up, too" if free else ""
        else:
            more = (r for r in given if r.low == r.high and {*parts} < {*r.coefficients})
            what = "".join(f"{r} gives up" for r in [*more][:1])
        if what:
            out.append(
                f"{listed(parts)} add up to {value} in every row, which {what}; "
                f"{ways('sum', '+'.join(parts) + '=' + value)} keeps it."
            )
    return out


def _miss(rule: Linear, values: Mapping[str, Values]) -> float:
    total = sum(v * values[name] for name, v in rule.coefficients.items())
    return float(np.abs(total - rule.low).max())
