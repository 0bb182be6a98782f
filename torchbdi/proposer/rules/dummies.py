"""Columns of 0 and 1 that are the names of one thing, of which one was left away."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np

from ...space.constraints import Linear
from ..reading.ways import Ways, listed
from .limits import BY_NAMES

# is_B, solvent_DMF, base.K2CO3, "solvent: DMF": what stands before the last of such signs.
_PREFIX = re.compile(r"(.*[^\W\d_])\s*[_.:=\-/ \[(]+[^_.:=/ ]+[\])]?")


def dummy_remarks(
    columns: Mapping[str, np.ndarray], rules: Sequence[Linear], ways: Ways
) -> tuple[list[str], set[str]]:
    """Names columns of 0 and 1 of one beginning of which never two are 1, and not always one is.

    Args:
        columns: numbers of the rows, (N,) each, those that are searched.
        rules: what proposals keep.
        ways: how options are typed.

    Returns:
        What to say, and the columns of which it is said.
    """
    ruled = {name for rule in rules for name in rule.coefficients}
    groups: dict[str, list[str]] = {}
    for name, values in columns.items():
        match = _PREFIX.fullmatch(name)
        if match and name not in ruled and set(np.unique(values)) == {0.0, 1.0}:
            groups.setdefault(match[1], []).append(name)
    out, told = [], set()
    for names in groups.values():
        total = np.sum([columns[name] for name in names], axis=0)
        if len(names) < 2 or total.max() > 1:
            continue
        shares = np.array([columns[name].mean() for name in names])
        # How often chance would leave at most one of them 1, row by row.
        none = float(np.prod(1 - shares))
        one = none * float((shares / (1 - shares)).sum())
        if len(total) * math.log(none + one) > -math.log(BY_NAMES):
            continue
        told |= set(names)
        out.append(
            f"Of {listed(names)} never two are 1, as where each is a name of one thing; proposals "
            f"need not keep that. If so, say {ways('rule', '+'.join(names) + '<=1')}, or make one "
            "column of names of them."
        )
    return out, told
