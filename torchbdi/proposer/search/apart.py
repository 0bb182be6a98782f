"""How far designs are apart where two levels of a column are near each other, as 0 and 0.1."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ...space import Number, Space
from ..columns.grids import MAX_LEVELS

MARGIN = 1.001  # for rounding


def with_levels_apart(space: Space, least: float, *designs: Tensor) -> tuple[Tensor, ...]:
    """Features in which two levels of a column are at least so far from each other.

    Beside a dose of 10, those of 0 and 0.1 hardly differ in standard deviations; somebody chose
    them all the same, so they are two experiments.

    Args:
        space: of the designs.
        least: standard deviations.
        designs: standardised features, (n, D) each.

    Returns:
        The same designs; the same tensors where all levels are that far apart.
    """
    features = space.layout.number_features.tolist()
    numbers = [column for column in space.columns if isinstance(column, Number)]
    for at, number in zip(features, numbers, strict=True):
        if number.levels is None or len(number.levels) > MAX_LEVELS:
            continue
        own = [x[:, at].numpy() for x in designs]
        places = np.unique(np.round(np.concatenate(own), 6))
        gaps = np.diff(places)
        if not (gaps < least).any():
            continue
        moved = np.concatenate([[0.0], np.cumsum(np.maximum(gaps, MARGIN * least))])
        designs = tuple(x.clone() for x in designs)
        for x, values in zip(designs, own, strict=True):
            x[:, at] = torch.from_numpy(np.interp(values, places, moved))
    return designs
