"""Sequences whose letters known designs have at the same sites: of others nothing is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from torch import Tensor

from ...space import Choice, Column, Space


def with_seen_letters(space: Space, known: Tensor) -> Space:
    """The space whose sequences have at each site only letters that a known design has there.

    Args:
        space: what a design may be.
        known: features of the known designs, (N, D).

    Returns:
        It, with the features of the whole; the same space where every site has had all letters.
    """
    each = zip(space.columns, space.decode(known).T, strict=True)
    columns = tuple(_with_seen(column, codes) for column, codes in each)
    return space if columns == space.columns else replace(space, columns=columns)


def _with_seen(column: Column, codes: np.ndarray) -> Column:
    """A column where sites keep to the letters that known designs (N,) have."""
    if not isinstance(column, Choice) or column.sequence is None or column.fixed is not None:
        return column
    seen = np.unique(codes).astype(int)
    if len(seen) == len(column.grid()):
        return column
    return replace(column, levels=tuple(seen.tolist()))
