"""Numbers that follow from the letters of a sequence: its content of G and C, its mutations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..columns.remark import Remark
from ..reading.table import Values
from ..reading.ways import Ways
from .powers import OF_ROUNDING

_EXACT = 1e-6
# Singular values below this share of the largest are rounding.
_RANK = 1e-9
# By how many halves of the last unit rounded numbers may miss what was fitted to them.
_HALVES = 1.5


def letter_remarks(
    sequences: Mapping[str, Values],
    numbers: Mapping[str, np.ndarray],
    half: Mapping[str, np.ndarray],
    ways: Ways,
) -> list[Remark]:
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
        basis = _basis(counts)
        for other, own in numbers.items():
            if _sums(basis, own, half[other]) or _changes(letters, own):
                told = (
                    f"Column {other!r} follows from the letters of {name!r} in every row, and "
                    f"proposals do not keep to that: leave it out ({ways('ignore', other)}), and "
                    "compute it for what is proposed."
                )
                out.append(Remark(told, (other, name), (other,), "follows"))
    return out


def _basis(counts: np.ndarray) -> np.ndarray:
    """What is linear in counts (N, k), orthonormal, (N, r); of few different rows nothing.

    A fit to these would go through any numbers.
    """
    u, s, _ = np.linalg.svd(np.column_stack([counts, np.ones(len(counts))]), full_matrices=False)
    basis = u[:, s > _RANK * s[0]]
    enough = len(np.unique(counts, axis=0)) >= 2 * basis.shape[1] + 3
    return basis if enough else basis[:, :0]


def _sums(basis: np.ndarray, own: np.ndarray, half: np.ndarray) -> bool:
    """Whether numbers (N,) are linear in how often each letter stands in a row: basis (N, r)."""
    if not basis.shape[1]:
        return False
    miss, size = np.abs(own - basis @ (basis.T @ own)), float(np.abs(own).max())
    if (miss <= _EXACT * size).all():
        return True
    return bool(
        (miss <= _HALVES * half + 1e-9 * size).all() and own.std() >= OF_ROUNDING * half.mean()
    )


def _changes(letters: np.ndarray, own: np.ndarray) -> bool:
    """Whether numbers (N,) say how many letters (N, L) are others than those of the one with 0."""
    zero = np.flatnonzero(own == 0)
    # Others with 0 have the same letters, or they are not counted right.
    if not len(zero) or (letters[zero[-1]] != letters[zero[0]]).any():
        return False
    return bool(((letters != letters[zero[0]]).sum(1) == own).all())
