"""What designs score that no method has thought about: random ones, and the best rows of the table.

A pool of random designs is scored once. Sets as large as a method's are drawn from it many times,
so that mean and deviation of their best, median and so on are known.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from torchbdi import InputError
from torchbdi.space import Choice, Space

from .scores import score_statistics

POOL = 2048
DRAWS = 200

Told = dict[str, tuple[float, float]]  # mean and sample deviation by statistic


def drawn(y: np.ndarray, size: int, draws: int = DRAWS, seed: int = 0) -> Told:
    """Statistics of sets drawn from a pool of scored designs.

    Args:
        y: scores of the pool, (P,).
        size: of a set; drawn without replacement.
        draws: how many sets.
        seed: of the draws.

    Returns:
        Mean and sample deviation over the sets of every statistic.

    Raises:
        InputError: the pool is smaller than a set.
    """
    if not 1 <= size <= len(y):
        raise InputError(f"a set of {size} designs cannot be drawn from a pool of {len(y)}.")
    rng = np.random.default_rng(seed)
    return spread([score_statistics(rng.choice(y, size, replace=False)) for _ in range(draws)])


def spread(sets: list[dict[str, float]]) -> Told:
    """Mean and sample deviation of the statistics of several sets; the deviation of one is 0."""
    values: Mapping[str, np.ndarray] = {
        name: np.array([told[name] for told in sets]) for name in sets[0]
    }
    return {
        name: (float(v.mean()), float(v.std(ddof=1)) if len(v) > 1 else 0.0)
        for name, v in values.items()
    }


def changed_places(
    space: Space, designs: np.ndarray, places: int, table: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Designs with some places drawn anew; those that are fixed stay.

    Letters of words of one alphabet are drawn from it, other values from rows of the table. Where
    rules couple columns, others follow: the nearest designs that keep the rules are taken.

    Args:
        space: of the designs, fitted to the table.
        designs: raw ones, (n, C).
        places: how many of each are drawn anew.
        table: the rows from which values are taken, (N, C).
        rng: of the draws.

    Returns:
        (n, C).
    """
    sites = [
        c.classes for c in space.columns
        if isinstance(c, Choice) and c.kind == "site" and c.levels is None
    ]  # fmt: skip
    free = np.array([column.fixed is None for column in space.columns])
    out, own = designs.copy(), (designs[:, free], places)
    if len(sites) == len(space.columns) and len(set(sites)) == 1:
        out[:, free] = changed_letters(*own, len(sites[0]), rng)
    else:
        out[:, free] = changed_columns(*own, table[:, free], rng)
    if space.constraints or space.at_most:
        return space.decode(space.project(space.encode(out)))
    return out


def changed_letters(
    designs: np.ndarray, positions: int, classes: int, rng: np.random.Generator
) -> np.ndarray:
    """Sequences with other letters at some positions.

    Args:
        designs: int (n, L).
        positions: how many positions of each sequence, all different.
        classes: how many letters there are; the new one is uniform among the others.
        rng: of the draws.

    Returns:
        int (n, L), each at Hamming distance ``positions`` from its own.
    """
    n, length = designs.shape
    _check(positions, length)
    out = designs.copy()
    at = rng.permuted(np.tile(np.arange(length), (n, 1)), axis=1)[:, :positions]
    rows = np.arange(n)[:, None]
    out[rows, at] = (out[rows, at] + rng.integers(1, classes, at.shape)) % classes
    return out


def changed_columns(
    designs: np.ndarray, columns: int, table: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Rows of numbers with some columns taken from another row of the table.

    Args:
        designs: (n, C).
        columns: how many columns of each row, all different.
        table: the rows from which values are taken, (N, C); for each column another row.
        rng: of the draws.

    Returns:
        (n, C).
    """
    n, width = designs.shape
    _check(columns, width)
    out = designs.copy()
    at = rng.permuted(np.tile(np.arange(width), (n, 1)), axis=1)[:, :columns]
    out[np.arange(n)[:, None], at] = table[rng.integers(len(table), size=at.shape), at]
    return out


def _check(places: int, width: int) -> None:
    if not 1 <= places <= width:
        raise InputError(f"{places} places of a design cannot be drawn anew: it has {width}.")
