"""Additives of which no row has more than a few, though there are many: at most two of eight."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from ...space.present import AtMost
from ..columns.paired import log_choose
from ..columns.remark import Remark, told_together
from ..columns.suspects import UNLIKELY
from ..reading.ways import Ways, listed
from .limits import SELDOM

# Fewer recipes than these say little; of more columns than these all are asked about together, as
# elements of compounds are.
FEWEST, MOST_COLUMNS = 10, 30


def present_remark(
    columns: Mapping[str, np.ndarray],
    at_most: Sequence[AtMost],
    said: Collection[str],
    ways: Ways,
) -> list[Remark]:
    """Names amounts of which no row has more than so many above 0, and chance would allow more.

    Args:
        columns: numbers of the designs, (N,) each, those that are searched.
        at_most: the rules on how many parts are present that the person gave.
        said: remarks so far; of columns of which never two are 1 nothing more is told.
        ways: how options are typed.
    """
    ruled = {name for rule in at_most for name in rule.names}
    names = [
        name for name, v in columns.items() if name not in ruled and v.min() == 0 and v.max() > 0
    ]
    if len(names) > MOST_COLUMNS:  # so many of 0 and 1 are the bits of a fingerprint
        names = [name for name in names if not np.isin(columns[name], (0, 1)).all()]
    if len(names) < 2:
        return []
    x = np.stack([columns[name] for name in names], axis=1)
    if (at := _fewest_present(x)) is None:
        return []
    own, most = [names[i] for i in at], int((x[:, at] > 0).sum(1).max())
    if told_together(own[:1], said, "exclusive"):
        return []
    rule = ways("at-most", f"{most} of {','.join(own)}")
    told = (
        f"No row has more than {most} of {listed(own)} above 0, which proposals need not keep. If "
        f"it has to be so, say {rule}."
    )
    return [Remark(told, own)]


def _fewest_present(x: np.ndarray) -> list[int] | None:
    """Which columns of amounts (N, k) have fewer above 0 at once than chance would make.

    One column after the other is left out, the one without which that is least likely; none where
    there are many.
    """
    there = x > 0
    at, best, least = [*range(x.shape[1])], None, 0.0
    total = len(at)
    while len(at) >= 2:
        # What differs elsewhere alone has the same additives, and shows nothing more.
        recipes = len(np.unique(x[:, at], axis=0))
        seldom = SELDOM if there[:, at].mean(0).max() < 0.5 else UNLIKELY
        excess = recipes * _log_chance(there[:, at])
        excess += math.log(seldom) + log_choose(total, len(at))
        if recipes >= FEWEST and excess < least:
            best, least = list(at), excess
        if total > MOST_COLUMNS:
            break
        fewer = [[i for i in at if i != gone] for gone in at]
        at = min(fewer, key=lambda own: _log_chance(there[:, own]))
    return best


def _log_chance(there: np.ndarray) -> float:
    """Logarithm of how often a row has as few as all have, each column by itself; (N, k) bool."""
    most = int(there.sum(1).max())
    counts = np.ones(1)  # how often 0, 1, ... of the columns so far are present
    for share in there.mean(0):
        counts = np.convolve(counts, [1 - share, share])
    within = float(counts[: most + 1].sum())
    return math.log(min(1.0, within)) if within > 0 else -math.inf
