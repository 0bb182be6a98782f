"""Designs without the columns that all of them were crossed with, as each recipe at three times."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..columns.column import level_codes
from ..reading.table import Values

# Designs were crossed with a column where this share of all combinations with its levels is there.
CROSSED = 0.8


def not_crossed(columns: Mapping[str, Values]) -> tuple[list[str], np.ndarray]:
    """Names of the columns that designs were not crossed with, and rows of their different designs.

    Rows that differ in nothing but such a column are one draw of all others: that these agree in
    them shows nothing.

    Args:
        columns: numbers or names of the distinct designs, (N,) each.

    Returns:
        The names, in order, and positions, (n,).
    """
    draws = np.random.default_rng(0)
    # A number for each value of each column; the sum of a row's tells its design.
    parts = {}
    for name, values in columns.items():
        codes = level_codes(values)
        parts[name] = draws.integers(2**62, size=codes.max(initial=0) + 1, dtype=np.uint64)[codes]
    rows = np.arange(len(next(iter(parts.values()), ())))
    while len(parts) > 1:
        whole = np.sum([own[rows] for own in parts.values()], axis=0, dtype=np.uint64)
        for name, own in parts.items():
            first = np.unique(whole - own[rows], return_index=True)[1]
            levels = len(np.unique(own[rows]))
            if levels > 1 and len(rows) >= CROSSED * levels * len(first):
                del parts[name]
                rows = rows[np.sort(first)]
                break
        else:
            break
    return [*parts], rows
