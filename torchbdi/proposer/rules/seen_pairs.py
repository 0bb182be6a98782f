"""Names that stand together in some pairs alone: materials that a process can work."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from itertools import combinations

import numpy as np

from ..columns.column import class_name, level_codes
from ..columns.remark import Remark, told_together
from ..columns.suspects import UNLIKELY
from ..reading.table import Values
from ..reading.ways import Ways

# So many pairs of columns are told, the others counted; at most this share of their pairs is there.
MOST, SHARE = 3, 0.6
# Pairs of which fewer designs than these are expected are not counted.
EXPECTED = 2.0


def seen_pair_remarks(
    columns: Mapping[str, Values],
    levels: Collection[str],
    fixed: Mapping[str, object],
    said: Collection[str],
    ways: Ways,
) -> list[str]:
    """Names columns of names, or of few numbers, of which most pairs are in no design.

    Args:
        columns: numbers or names of the distinct designs, (N,) each, no sequences.
        levels: the columns of few numbers.
        fixed: columns that are fixed, with what at: where both are, nothing is told.
        said: earlier remarks: what one says of both is not told again.
        ways: how options are typed.
    """
    keys = [n for n, v in columns.items() if v.dtype != np.float64 or n in levels]
    sets = [*combinations(keys, 2)]
    out = list[str]()
    for a, b in sets:
        if {a, b} <= {*fixed} or told_together((a, b), said):
            continue
        one, other = level_codes(columns[a]), level_codes(columns[b])
        counts = np.zeros((one.max() + 1, other.max() + 1))
        np.add.at(counts, (one, other), 1)
        # So many designs would be of each pair, had both been drawn; of few none is by chance.
        expected = np.outer(counts.sum(1), counts.sum(0)) / len(one)
        there = counts > 0
        absent = float(expected[~there & (expected >= EXPECTED)].sum())
        if absent < math.log(UNLIKELY * len(sets)) or there.mean() > SHARE:
            continue
        shown = [
            {a: class_name(va), b: class_name(vb)}
            for va, vb in zip(columns[a].tolist(), columns[b].tolist(), strict=True)
        ]
        # What is fixed already is not to be fixed at something else.
        fits = (row for row in shown if all(row[n] == str(fixed[n]) for n in row if n in fixed))
        one_pair = [f"{n}={v}" for n, v in next(fits, shown[0]).items()]
        told = (
            f"Designs have {there.sum()} of the {there.size} pairs of {a!r} and {b!r}, and "
            "proposals do not keep to these. If the others cannot be made, pass over them, or "
            f"search one pair alone ({ways.several('fix', one_pair)})."
        )
        out.append(Remark(told, (a, b)))
    more = len(out) - MOST
    told = f"Of {'1 more pair' if more == 1 else f'{more} more pairs'} of columns that is so, too."
    return [*out[:MOST], *([told] if more > 0 else [])]
