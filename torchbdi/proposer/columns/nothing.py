"""Names for nothing, as of no ligand, and the amounts that are 0 with them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from ..reading.table import Values
from ..reading.ways import Ways
from .paired import log_choose

_NOTHING = re.compile(
    r"[-\u2013\u2014]|(no(?!\. ?\d)|none|nothing|without|w/o|blank|absent|control|untreated|vehicle"
    r"|placebo|ohne|keine?|keiner|sans|aucun|sin|ninguno)\b.*",
    re.IGNORECASE | re.DOTALL,
)
# So many designs without something, whose amounts would all be 0 by chance once in so many tables.
FEWEST, CHANCE = 3, 1000.0


def nothing_remarks(columns: Mapping[str, Values], said: Sequence[str], ways: Ways) -> list[str]:
    """Names amounts that are 0 in all designs that have none of something by its name.

    Args:
        columns: numbers or names of the distinct designs, (N,) each.
        said: remarks so far; what one says of both columns is not told again.
        ways: how options are typed.
    """
    zeros = {name: v == 0 for name, v in columns.items() if v.dtype == np.float64}
    zeros = {name: at for name, at in zeros.items() if at.any() and not at.all()}
    absent = [
        (name, str(value), values == value)
        for name, values in columns.items()
        if values.dtype != np.float64
        for value, often in sorted(Counter(values.tolist()).items())
        if often >= FEWEST and _NOTHING.fullmatch(str(value))
    ]
    out = []
    for name, value, without in absent:
        for amount, zero in zeros.items():
            if (without & ~zero).any() or any(repr(name) in t and repr(amount) in t for t in said):
                continue
            n, z, m = len(zero), int(zero.sum()), int(without.sum())
            log = log_choose(z, m) - log_choose(n, m)
            if log > -math.log(CHANCE * len(absent) * len(zeros)):
                continue
            side = ways.several("fix", [f"{name}={value}", f"{amount}=0"])
            out.append(
                f"In all designs {amount!r} is 0 where {name!r} is {value}. Proposals need not "
                "keep that: pass over those that make no sense, or search that side alone "
                f"({side})."
            )
    return out
