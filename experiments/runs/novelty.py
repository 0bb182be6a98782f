"""How new a set of designs is: how far from the table and from each other, and what occurs twice.

Designs are raw. Sequences are whole numbers and their distance is the number of positions in which
they differ; rows of numbers are floats and their distance is the root of the mean squared
difference of their columns, each in its own standard deviation. Designs of any other kind come as
their standardised features.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch

from torchbdi import InputError

#: Numbers nearer than this are equal: what decoding and encoding leave, in standard deviations.
SAME = 1e-9


def distances(a: np.ndarray, b: np.ndarray, std: np.ndarray | None = None) -> np.ndarray:
    """Distances of all pairs.

    Args:
        a: designs, (n, ...).
        b: designs, (m, ...), of the same kind.
        std: standard deviations of the columns, (C,), for numbers; None leaves them as they are.

    Returns:
        (n, m): float32 counts for sequences, float64 for numbers.

    Raises:
        InputError: the designs are of different kinds or widths.
    """
    a, b = a.reshape(len(a), -1), b.reshape(len(b), -1)
    letters = np.issubdtype(a.dtype, np.integer)
    if a.shape[1] != b.shape[1] or letters != np.issubdtype(b.dtype, np.integer):
        raise InputError(
            f"distances: designs {a.dtype} {a.shape} and {b.dtype} {b.shape} are of two kinds."
        )
    if letters:
        return np.stack([(row != b).sum(1, dtype=np.float32) for row in a]).reshape(len(a), len(b))
    scale = np.ones(a.shape[1]) if std is None else np.asarray(std)
    # Without the shortcut through |a|^2 + |b|^2 - 2ab: a design of the table must be at 0.
    apart = torch.cdist(
        torch.from_numpy(a / scale),
        torch.from_numpy(b / scale),
        compute_mode="donot_use_mm_for_euclid_dist",
    )
    return apart.numpy() / a.shape[1] ** 0.5


def nearest(
    designs: np.ndarray, table: Iterable[np.ndarray], std: np.ndarray | None = None
) -> np.ndarray:
    """Distance of every design to the nearest row of a table, (n,).

    Args:
        designs: (n, ...).
        table: its rows in one part or more, (rows, ...) each.
        std: as in :func:`distances`.
    """
    found = [distances(designs, part, std).min(1) for part in table]
    return np.min(found, axis=0).astype(np.float64)


def novelty(
    designs: np.ndarray, table: Iterable[np.ndarray], std: np.ndarray | None = None
) -> dict[str, float]:
    """Shares and mean distances of a set of designs.

    Args:
        designs: (n, ...), n >= 1.
        table: the rows that the method has seen, in one part or more.
        std: as in :func:`distances`.

    Returns:
        ``share_equal``, the share that is the same as one before it; ``share_known``, the share
        that stands in the table; ``distance_to_data``, the mean distance to the nearest row;
        ``diversity``, the mean distance of two different proposals (0 for one).
    """
    n = len(designs)
    among = distances(designs, designs, std)
    earlier = np.tril(among <= SAME, -1).any(1)
    to_table = nearest(designs, table, std)
    pairs = among[np.triu_indices(n, 1)]
    return {
        "share_equal": float(earlier.mean()),
        "share_known": float((to_table <= SAME).mean()),
        "distance_to_data": float(to_table.mean()),
        "diversity": float(pairs.mean()) if len(pairs) else 0.0,
    }


def share_clipped(designs: np.ndarray, limits: np.ndarray | None) -> float:
    """Share of designs with a number out of bounds, which is moved there before it is scored.

    Args:
        designs: raw, (n, C).
        limits: the lowest and highest numbers that the true function takes, (2, C); None where it
            takes all.
    """
    if limits is None:
        return 0.0
    low, high = limits
    room = SAME * np.maximum(1.0, np.abs(limits).max(0))  # what decoding leaves
    return float(((designs < low - room) | (designs > high + room)).any(1).mean())
