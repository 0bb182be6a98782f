"""Values of two columns that stand in the same rows, as no ligand and none of its equivalents."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from itertools import combinations

import numpy as np

from ..reading.table import Values
from ..reading.ways import Ways
from .suspects import UNLIKELY

# What fewer designs have may be chance; so many pairs are told, the others counted.
FEWEST, MOST_PAIRS = 3, 3


def paired_remarks(columns: Mapping[str, Values], ways: Ways) -> list[str]:
    """Names values of two columns that stand in the same designs and in no others.

    Of a column of names that is each name, of numbers 0: what is absent has no amount.

    Args:
        columns: numbers or names of the distinct designs, (N,) each.
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
    pairs: dict[tuple[str, str], tuple[str, str]] = {}
    for mask, own in marks.items():
        at = np.frombuffer(mask, bool)
        n, m = len(at), int(at.sum())
        ways_to = math.lgamma(n + 1) - math.lgamma(m + 1) - math.lgamma(n - m + 1)
        if ways_to > math.log(UNLIKELY) + 2 * math.log(count):
            for a, b in combinations(own, 2):
                # Of two columns of two names one pair says it all.
                text = f"{b!r} is {own[b]} where {a!r} is {own[a]}"
                way = " ".join(ways("fix", f"{name}={own[name]}") for name in (a, b))
                pairs.setdefault((a, b), (text, way))
    if not pairs:
        return []
    told = [text for text, _ in pairs.values()]
    way = next(iter(pairs.values()))[1]
    more = f" ({len(told) - MOST_PAIRS} more pairs are so)" if len(told) > MOST_PAIRS else ""
    return [
        f"In all designs {', '.join(told[:MOST_PAIRS])}, and nowhere else{more}. Proposals need "
        f"not keep that: pass over those that make no sense, or search one side alone ({way})."
    ]
