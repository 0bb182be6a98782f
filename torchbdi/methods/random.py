"""Designs drawn at random: what a method must beat to have learnt anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch

from ..kernels.errors import InputError
from ..network import seeded
from .base import Method, Result, Run

if TYPE_CHECKING:
    from ..data import OfflineData

_TRIES = 100


@dataclass(frozen=True)
class Random(Method):
    """Uniform over the space: classes and levels alike, numbers within their bounds."""

    revision: ClassVar[int] = 1
    fidelity = "ours"

    unseen: bool = False
    """Leave out designs that stand in the table, and draw none twice.

    Ours: design-bench's tables hold the worse part of their spaces, so what is outside them is
    better by itself.
    """

    def solve(self, data: OfflineData, n: int, run: Run | None = None) -> Result:
        """See :meth:`Method.solve`.

        Raises:
            InputError: ``unseen`` finds fewer than n designs outside the table.
        """
        own, run = self.begin(data, n, run)
        generator = seeded(run.seed)
        if not own.unseen:
            return Result(data.space.sample(n, generator))
        table, x = data.x.cpu(), data.x[:0].cpu()
        for _ in range(_TRIES):
            both = torch.cat([table, x, data.space.sample(n, generator)])
            first = data.space.distinct(both)
            x = both[first[first >= len(table)]]
            if len(x) >= n:
                return Result(x[:n])
        raise InputError(
            f"Random: found {len(x)} of n={n} designs outside the table. Ask for fewer."
        )
