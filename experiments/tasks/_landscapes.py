"""Two tables whose true function is a formula; no tasks, as no run is made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from torchbdi import OfflineData
from torchbdi.space import Choice, Number, Space

SEEN = 1000
CENTRE = (0.9, -0.6, 0.3, -1.2, 0.0, 0.7)  # of the quadratic
SIDE = 2.0  # of its box, from 0
SITES = 8


@dataclass(frozen=True, eq=False)
class Landscape:
    """A formula, and the table that is made by it.

    Attributes:
        name: of the formula.
        space: of the designs; all numbers with bounds, or all letters.
        score: true scores of raw designs (n, C), (n,).
    """

    name: str
    space: Space
    score: Callable[[np.ndarray], np.ndarray]

    def table(self) -> OfflineData:
        """The worse half of 2,000 random designs."""
        ends = [(0, 1) if isinstance(c, Choice) else (c.low, c.high) for c in self.space.columns]
        fitted = self.space.fit(np.array(ends).T)
        raw = fitted.decode(fitted.sample(2 * SEEN, torch.Generator().manual_seed(0)))
        y = self.score(raw)
        seen = np.sort(np.argsort(y, kind="stable")[:SEEN])
        return OfflineData.from_raw(raw[seen], y[seen], self.space)


def landscapes() -> dict[str, Landscape]:
    """Both, by name: a concave quadratic of six numbers, and eight letters that add up."""
    weights = np.random.default_rng(0).standard_normal((SITES, 4))
    box = tuple(Number(f"x{i}", low=-SIDE, high=SIDE) for i in range(len(CENTRE)))

    def quadratic(raw: np.ndarray) -> np.ndarray:
        score: np.ndarray = -((raw - CENTRE) ** 2).sum(1)
        return score

    def letters(raw: np.ndarray) -> np.ndarray:
        score: np.ndarray = weights[np.arange(SITES), raw.astype(int)].sum(1)
        return score

    both = (
        Landscape("quadratic", Space(box), quadratic),
        Landscape("letters", Space.sequence(SITES, "ACGT"), letters),
    )
    return {one.name: one for one in both}
