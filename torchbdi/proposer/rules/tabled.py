"""Columns that one or two others tell exactly, as whether a polymer and a solvent mix."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations

import numpy as np

from ..columns.column import level_codes
from ..columns.remark import told_together
from ..columns.suspects import UNLIKELY
from ..reading.table import Values

# So many columns that others may follow from are put in pairs.
MOST_KEYS = 16
# This share of the rows, at least, have another one of the same pair.
SHARED = 0.5


def tabled(
    columns: Mapping[str, Values], passed_over: Collection[str], said: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """Columns that have one value for each value of another one, or of two, with these.

    What a plan of an experiment makes of two of its columns is none: the third column of a Latin
    square has each of its levels as often beside each level of the others.

    Args:
        columns: numbers or names of the distinct designs, (N,) each, no sequences.
        passed_over: columns that are part of the design because somebody or a sum says so.
        said: earlier remarks: what one says of all of them is not found again.
    """
    codes = {name: level_codes(v) for name, v in columns.items()}
    keys = [name for name, own in codes.items() if 2 * (own.max() + 1) <= len(own)][:MOST_KEYS]
    # A pair comes first: of a property that each pair has alone either name would follow.
    sets = [*combinations(keys, 2), *((key,) for key in keys)]
    least = -math.log(UNLIKELY * max(1, len(sets) * len(codes)))
    found: dict[str, tuple[str, ...]] = {}
    alone = {(name, key) for name in codes for key in keys if _follows(codes[name], codes[key])}
    for names in sets:
        pair = codes[names[0]] * (codes[names[-1]].max() + 1) + codes[names[-1]]
        _, first, place = np.unique(pair, return_index=True, return_inverse=True)
        if (np.bincount(place)[place] > 1).mean() < SHARED:
            continue
        for name in sorted(reversed(codes), key=lambda n: n not in passed_over):
            own = codes[name]
            if name in names or {name, *names} & found.keys():
                continue
            if len(names) > 1 and any((name, key) in alone for key in names):
                continue
            if (own != own[first][place]).any():
                continue
            keyed = [codes[n] for n in names] if len(names) > 1 else [np.zeros_like(own)]
            if max(_chance(own, place, key) for key in keyed) > least:
                continue
            if told_together((name, *names), said):
                continue
            if len(names) < 2 or not _planned(own[first], [codes[n][first] for n in names]):
                found[name] = names
    return {name: found[name] for name in columns if name in found and name not in passed_over}


def _follows(own: np.ndarray, key: np.ndarray) -> bool:
    """Whether codes (N,) are the same wherever those of a key (N,) are."""
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    return bool((own == own[first][place]).all())


def _chance(own: np.ndarray, place: np.ndarray, key: np.ndarray) -> float:
    """Logarithm of how often all rows of a pair have what one has, drawn beside the same key.

    Args:
        own: what they have, (N,).
        place: the pair of each row, (N,).
        key: one of its two values, (N,).
    """
    out = 0.0
    for level in np.unique(key):
        rows = key == level
        equal = float(((np.bincount(own[rows]) / rows.sum()) ** 2).sum())
        out += (rows.sum() - len(np.unique(place[rows]))) * math.log(equal)
    return out


def _planned(own: np.ndarray, keys: Sequence[np.ndarray]) -> bool:
    """Whether levels (P,) of pairs are balanced beside each level of either key, (P,) each."""
    size = own.max() + 1
    if size > max(len(np.unique(key)) for key in keys):
        return False
    for key in keys:
        for level in np.unique(key):
            counts = np.bincount(own[key == level], minlength=size)
            if counts.max() - counts.min() > 1:
                return False
    return True
