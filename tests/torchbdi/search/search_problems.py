"""Spaces to search, a function with many local maxima, and all designs of a space."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from torchbdi import Space
from torchbdi.search import SearchOptions

NO_ENUMERATION = SearchOptions(enumerate=0)


class StopError(Exception):
    """Stands for a kill."""


class KilledOnce:
    """Is told of the rounds of a search, and kills it after the second one.

    Attributes:
        told: the numbers of all rounds.
    """

    def __init__(self) -> None:
        self.told: list[int] = []

    def __call__(self, rounds: int, best: float) -> None:
        self.told.append(rounds)
        if len(self.told) == 2:
            raise StopError


def sequences(length: int = 6, letters: str = "ACGT") -> Space:
    rng = np.random.default_rng(0)
    return Space.sequence(length, letters).fit(rng.integers(0, len(letters), (50, length)))


def rough(space: Space, seed: int) -> Callable[[Tensor], Tensor]:
    """A function of neighbouring features, with many local maxima."""
    rng = torch.Generator().manual_seed(seed)
    a = torch.randn(space.width, space.width, generator=rng, dtype=torch.float64)
    b = torch.randn(space.width, generator=rng, dtype=torch.float64)
    return lambda x: ((x @ a) * x).sum(1) / space.width + x @ b


def everything(space: Space) -> Tensor:
    levels = [c.grid().tolist() for c in space.columns]
    return space.encode(np.array(list(itertools.product(*levels)), dtype=float))
