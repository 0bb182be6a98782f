"""Columns of which one is a whole multiple of another in every row: widths and their heads."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ...space.constraints import Linear
from ..columns.remark import Remark, told_together

# Rows that are looked at first, and rows, about, of which all pairs are looked at.
FIRST, PAIRED = 64, 1000
# Pairs are told that chance would make less often than once in so many tables; so many are named.
SELDOM, MOST = 20.0, 3


def multiple_remarks(
    columns: Mapping[str, np.ndarray], rules: Sequence[Linear] = (), said: Sequence[str] = ()
) -> list[str]:
    """Names columns that are whole multiples of others, though not of each of their values.

    Args:
        columns: numbers of the rows, (N,) each, those that are searched.
        rules: what proposals keep; of the columns of one nothing is told.
        said: remarks on columns that follow from others; what one says of both is not told again.
    """
    whole = {
        name: v for name, v in columns.items() if v.min() > 0 and (v % 1 == 0).all() and np.ptp(v)
    }
    few = {name: v[:FIRST] for name, v in whole.items()}
    least = -math.log(SELDOM * len(whole) * (len(whole) - 1)) if len(whole) > 1 else 0.0
    found: dict[str, list[str]] = {}
    for name, own in few.items():
        parts = [
            other
            for other, part in few.items()
            if other != name
            and not (own % part).any()
            and not (whole[name] % whole[other]).any()
            and _chance(whole[name], whole[other]) < least
            and not any({name, other} <= rule.coefficients.keys() for rule in rules)
            and not told_together((name, other), said, "equal")
        ]
        if parts:
            found[name] = parts
    out = list[str]()
    for name, parts in list(found.items())[:MOST]:
        told = (
            f"{name!r} is a whole multiple of {' and of '.join(map(repr, parts[:MOST]))} in all "
            "rows, which proposals need not keep. If it has to be so, pass over those that are "
            f"none, or write how many times {parts[0]!r} it is into a column in its place."
        )
        out.append(Remark(told, (name, *parts), what="follows"))
    if len(found) > MOST:
        out.append(f"{len(found) - MOST} more are whole multiples of others.")
    return out


def _chance(own: np.ndarray, part: np.ndarray) -> float:
    """Logarithm of the chance that numbers (N,) are multiples of others (N,) in each row."""
    some = slice(None, None, -(-len(own) // PAIRED))
    (wholes, often), (parts, times) = (np.unique(v[some], return_counts=True) for v in (own, part))
    pairs = often @ (wholes[:, None] % parts == 0) @ times
    return len(own) * math.log(pairs / (often.sum() * times.sum()))
