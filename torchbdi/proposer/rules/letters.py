"""Numbers that follow from the letters of a sequence: its content of G and C, its mutations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..reading.table import Values
from ..reading.ways import Ways
from .powers import OF_ROUNDING

_EXACT = 1e-6
# By how many halves of the last unit rounded numbers may miss what was fitted to them.
_HALVES = 1.5


def letter_remarks(
    sequences: Mapping[str, Values],
    numbers: Mapping[str, np.ndarray],
    half: Mapping[str, np.ndarray],
    ways: Ways,
) -> list[str]:
    """Names the columns that are sums over the letters of a sequence, or count its changes.

    Args:
        sequences: texts of equal length, (N,) each.
        numbers: the columns that may follow from them, (N,) each.
        half: by how much these can have been rounded, (N,) each.
        ways: how options are typed.
    """
    out = []
    for name, texts in sequences.items():
        letters = np.array([list(text) for text in texts.tolist()])
        counts = np.stack([(letters == one).sum(1) for one in np.unique(letters)], axis=1)
        for other, own in numbers.items():
            if _sums(counts.astype(float), own, half[other]) or _changes(letters, own):
                out.append(
                    f"Column {other!r} follows from the letters of {name!r} in every row, and "
                    f"proposals do not keep to that: leave it out ({ways('ignore', other)}), and "
                    "compute it for what is proposed."
                )
    return out


def _sums(counts: np.ndarray, own: np.ndarray, half: np.ndarray) -> bool:
    """Whether numbers (N,) are linear in how often each letter stands in a row, (N, k)."""
    different = len(np.unique(counts, axis=0))
    x = np.column_stack([counts, np.ones(len(own))])
    weights, _, rank, _ = np.linalg.lstsq(x, own, rcond=1e-9)
    if different < 2 * int(rank) + 3:
        return False
    miss, size = np.abs(own - x @ weights), float(np.abs(own).max())
    if (miss <= _EXACT * size).all():
        return True
    return bool(
        (miss <= _HALVES * half + 1e-9 * size).all() and own.std() >= OF_ROUNDING * half.mean()
    )


def _changes(letters: np.ndarray, own: np.ndarray) -> bool:
    """Whether numbers (N,) say how many letters (N, L) are others than those of the one with 0."""
    parents = np.unique(letters[own == 0], axis=0)
    return len(parents) == 1 and bool(((letters != parents[0]).sum(1) == own).all())
