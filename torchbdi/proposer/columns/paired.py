"""Values of columns that stand in the same rows, as no ligand and none of its equivalents."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping

import numpy as np

from ..reading.table import Values
from ..reading.ways import Ways
from .remark import Remark
from .suspects import UNLIKELY

# What fewer designs have may be chance; so many groups of columns are told, the others counted.
FEWEST, MOST = 3, 3


def paired_remarks(
    columns: Mapping[str, Values], kept: Collection[set[str]], ways: Ways
) -> list[Remark]:
    """Names values of columns that stand in the same designs and in no others.

    Of a column of names that is each name, of numbers 0: what is absent has no amount.

    Args:
        columns: numbers or names of the distinct designs, (N,) each.
        kept: pairs, or more, of columns that proposals keep together.
        ways: how options are typed.
    """
    marks: dict[bytes, dict[str, str]] = {}
    count = 0
    for name, values in columns.items():
        number = values.dtype == np.float64
        often = Counter(values.tolist())
        for value in [0.0] if number else sorted(often):
            count += 1
            if often[value] >= FEWEST:
                mark = (values == value).tobytes()
                marks.setdefault(mark, {})[name] = "0" if number else str(value)
    groups: dict[tuple[str, ...], dict[str, str]] = {}
    for mark, own in marks.items():
        at = np.frombuffer(mark, bool)
        n, m = len(at), int(at.sum())
        ways_to = log_choose(n, m)
        first, *_ = own
        own = {name: text for name, text in own.items() if {first, name} not in kept}
        if len(own) > 1 and ways_to > math.log(UNLIKELY) + 2 * math.log(count):
            # Of two columns of two names one pair says it all.
            groups.setdefault(tuple(own), own)
    if not groups:
        return []
    pairs = []
    for own in groups.values():
        first, *others = (f"{name!r} is {text}" for name, text in own.items())
        pairs.append(f"{' and '.join(others)} where {first}")
    way = ways.several(
        "fix", [f"{name}={text}" for name, text in next(iter(groups.values())).items()]
    )
    more = f" ({len(pairs) - MOST} more are so)" if len(pairs) > MOST else ""
    told = (
        f"In all designs {', '.join(pairs[:MOST])}, and nowhere else{more}. Proposals need not "
        f"keep that: pass over those that make no sense, or search that side alone ({way})."
    )
    return [Remark(told, (name for names in [*groups][:MOST] for name in names))]


def log_choose(n: int, m: int) -> float:
    """The logarithm of how many ways there are to choose m of n."""
    return math.lgamma(n + 1) - math.lgamma(m + 1) - math.lgamma(n - m + 1)
