"""Sequences whose letters known designs have at the same sites: of others nothing is known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from ...space import Choice, Space


def seen_letters(space: Space, known: Tensor) -> dict[int, np.ndarray]:
    """The letters of free sites at which some letter of the sequence stands in no known design.

    Args:
        space: what a design may be.
        known: features of the known designs, (N, D).

    Returns:
        Numbers of the letters that do stand there, by the number of the site's column.
    """
    sites = [
        i for i, column in enumerate(space.columns)
        if isinstance(column, Choice) and column.sequence is not None and column.fixed is None
    ]  # fmt: skip
    if not sites:
        return {}
    raw = space.decode(known)
    seen = {i: np.unique(raw[:, i]) for i in sites}
    return {i: codes for i, codes in seen.items() if len(codes) <= space.columns[i].width}


def with_seen(x: Tensor, space: Space, seen: Mapping[int, np.ndarray]) -> Tensor:
    """Designs (n, D) in which letters that their site has not had give way to some that it had.

    Args:
        x: features of designs.
        space: they lie in it.
        seen: see :func:`seen_letters`.
    """
    if not seen or not len(x):
        return x
    raw = space.decode(x)
    changed = np.zeros(len(raw), bool)
    for i, codes in seen.items():
        other = ~np.isin(raw[:, i], codes)
        raw[other, i] = np.resize(codes, other.sum())  # all of them in turn
        changed |= other
    moved = torch.from_numpy(changed)[:, None] & space.logits
    return torch.where(moved, space.encode(raw).to(x), x)
