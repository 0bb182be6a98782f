"""Sums of parts that hold in most rows of a table, and not in all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..columns.remark import Remark
from ..reading.table import Values, show_number
from ..reading.ways import Ways, listed
from .relations import OF_SCATTER, SUM_WITHIN, round_value, subsets

# A sum that holds in this share of the rows is told; in fewer rows chance may have made it.
MOST_ROWS, FEWEST_ROWS = 0.9, 20
# Rows, about, that are looked at first.
SCREENED = 200


@dataclass(frozen=True)
class Nearly:
    """Parts whose sum is the same in most rows.

    Attributes:
        names: of the parts.
        value: their sum.
        others: positions of the rows in which it is another one.
        percent: whether these have the sum of 100 where the others have 1, or the reverse.
    """

    names: tuple[str, ...]
    value: float
    others: np.ndarray
    percent: bool


def nearly_sums(columns: Mapping[str, np.ndarray]) -> Nearly | None:
    """The parts that would have a constant sum, were it not for some rows; None where none have.

    A tenth of the rows may have another sum. More may where the sums are 1 and 100: some rows hold
    fractions there, and some hold percent; and where all parts are 0, as without any gas.

    Args:
        columns: numbers of the rows, (N,) each, those that vary.
    """
    names = [name for name, v in columns.items() if v.min() >= 0]
    if len(names) < 2 or len(columns[names[0]]) < FEWEST_ROWS:
        return None
    x = np.stack([columns[name] for name in names], axis=1)
    few = x[:: max(1, len(x) // SCREENED)]
    for at in sorted(map(list, subsets(len(names))), key=len, reverse=True):
        if len(at) < 3 or not _alike(few[:, at].sum(1)):
            continue
        total = x[:, at].sum(1)
        one, hundred = (np.abs(total - v) <= SUM_WITHIN * v for v in (1.0, 100.0))
        own = tuple(names[i] for i in at)
        if (one | hundred).all() and one.any() and hundred.any():
            value, others = (1.0, hundred) if one.sum() >= hundred.sum() else (100.0, one)
            return Nearly(own, value, np.flatnonzero(others), True)
        there = total != 0
        value = float(np.median(total[there]))
        good = np.abs(total - value) <= SUM_WITHIN * value
        if value <= 0 or good.all() or there.sum() < FEWEST_ROWS:
            continue
        if good.sum() < MOST_ROWS * there.sum():
            continue
        scatter = x[np.ix_(good, at)].std(0).min()
        if total[good].std() <= OF_SCATTER * scatter:
            value = round_value(value, float(np.abs(total[good] - value).max()))
            return Nearly(own, value, np.flatnonzero(~good), False)
    return None


def _alike(total: np.ndarray) -> bool:
    """Whether most of some sums (n,) but 0 are alike, or all are 1 or 100: a quick look."""
    total = total[total != 0]
    if not len(total):
        return False
    value = float(np.median(total))
    if (np.abs(total - value) <= SUM_WITHIN * value).mean() >= MOST_ROWS - 0.1:
        return True
    one, hundred = (np.abs(total - v) <= SUM_WITHIN * v for v in (1.0, 100.0))
    return bool((one | hundred).all())


def nearly_remark(
    nearly: Nearly, values: Mapping[str, Values], rows: np.ndarray, ways: Ways
) -> Remark:
    """What to say of a sum that does not hold in some rows."""
    total = np.sum([values[name] for name in nearly.names], axis=0)
    parts, value = listed(nearly.names), show_number(nearly.value)
    way = ways("sum", f"{'+'.join(nearly.names)}={value}")
    if not total[nearly.others].any():
        told = (
            f"{parts} add up to {value} in all rows but those in which all of them are 0, and "
            f"proposals do not keep to that. If they should have some, {way} keeps the sum."
        )
        return Remark(told, nearly.names, what="equal")
    some = ", ".join(f"row {rows[i]} ({total[i]:.4g})" for i in nearly.others[:5].tolist())
    more = f" and {len(nearly.others) - 5} more" if len(nearly.others) > 5 else ""
    why = (
        "Are these fractions, and those percent? Write all rows alike"
        if nearly.percent
        else "If it is a rule, mend these rows"
    )
    told = (
        f"{parts} add up to {value} in most rows, but not in {some}{more}. {why}; {way} keeps the "
        "sum in the proposals."
    )
    return Remark(told, nearly.names)
