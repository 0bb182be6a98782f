"""What the ways of a search share: space, sites, counted objective, state and draws."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import torch
from torch import Tensor

from ..kernels.errors import InputError
from ..network import seeded
from ..space import Space
from .mutants import Mutants
from .objective import Counted, Objective
from .options import SearchOptions
from .reach import Reach
from .sites import Sites
from .state import SearchState

After: TypeAlias = Callable[[int, float], None]
"""Called with the number of rounds done, from 1, and the best value so far."""


class FewDesignsError(InputError):
    """A search found fewer designs than there must be."""


class Search:
    """What the ways of a search share.

    Args: as for :func:`maximise`.
    """

    def __init__(
        self,
        objective: Objective,
        space: Space,
        n: int,
        starts: Tensor | None,
        options: SearchOptions,
        seed: int,
        folder: Path | None,
        after: After | None,
        reach: Reach | None = None,
        of: str = "",
    ):
        space = space.boxed()
        self.space, self.n, self.options, self.seed = space, n, options, seed
        self.sites = Sites(space)
        empty = torch.zeros(0, space.width, dtype=torch.float64)
        if reach is not None and reach.rows.shape[1] != space.width:
            raise InputError(
                f"maximise: reach has rows of D = {reach.rows.shape[1]} features, the space has "
                f"{space.width}."
            )
        if reach is not None:  # what is between a design and a row is then in the space, too
            reach = replace(reach, rows=space.project(reach.rows, relax=True))
        self.reach, mutants = reach, None
        if reach is not None and reach.sites is not None and len(self.sites):
            made = reach.mutants or Mutants(self.sites, reach.rows)
            mutants = made.within(*reach.sites)
        self.f = Counted(objective, options.budget, mutants)
        self.starts = empty if starts is None else self.within(starts.detach().double().cpu())
        self.state = SearchState(folder, self._problem(of))
        self._after, self.rounds = after, 0

    def within(self, x: Tensor) -> Tensor:
        """Designs (n, D) that the space has, within reach but for what levels take."""
        x = self.space.project(x)
        if self.reach is None:
            return x
        return self.space.project(self.reach.pulled(x, self.space))

    def drawn(self, count: int, generator: torch.Generator) -> Tensor:
        """Random designs, (count, D); with the sites of rows where these are limited."""
        x = self.space.sample(count, generator)
        if self.reach is not None and self.reach.sites is not None:
            rows = torch.randint(len(self.reach.rows), (count,), generator=generator)
            for part, _ in self.sites.parts:
                x[:, part] = self.reach.rows[rows, part]
        return x

    def generator(self, number: int) -> torch.Generator:
        """The draws of one part of the search, the same after a resume."""
        return seeded(self.seed, number)

    def tell(self, best: float) -> None:
        """Says that a round is done; before its state is written, which is never ahead of it."""
        self.rounds += 1
        if self._after is not None:
            self._after(self.rounds, best)

    def _problem(self, of: str) -> str:
        digest = hashlib.sha256(repr((self.space, self.n, self.options, self.seed)).encode())
        digest.update(of.encode())
        if self.reach is not None:
            digest.update(self.reach.rows.numpy().tobytes() + repr(self.reach.distance).encode())
            if self.reach.sites is not None:
                digest.update(repr(self.reach.sites).encode())
        digest.update(self.starts.numpy().tobytes())
        for array in (self.space.mean, self.space.std):
            assert array is not None
            digest.update(array.tobytes())
        return digest.hexdigest()
