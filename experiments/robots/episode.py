"""What happens to a robot from a start to the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Episode:
    """One episode of T steps.

    Attributes:
        observations: (T + 1, ...), the start's first.
        rewards: (T,).
        total: sum of the rewards, added up in order in float64.
        distance: metres covered in the direction wanted.
    """

    observations: Array
    rewards: Array
    total: float
    distance: float
