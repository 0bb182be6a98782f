"""Ranks of methods over tasks, as the paper counts them: ties take the best rank."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Ranks are taken of the digits a table shows, so that a reader can check them.
DIGITS = 3


@dataclass(frozen=True)
class Ranks:
    """The ranks of one method.

    Attributes:
        ranks: one a task in which the method has a score, 1 the best.
        methods: how many methods stand in the largest of those comparisons.
    """

    ranks: tuple[int, ...]
    methods: int

    @property
    def mean(self) -> float:
        """Rank mean."""
        return statistics.fmean(self.ranks)

    @property
    def median(self) -> float:
        """Rank median."""
        return statistics.median(self.ranks)


def ranks(scores: Sequence[float]) -> list[int]:
    """Rank of every score, the largest first; equal scores all take the best of their ranks.

    Scores are compared as printed, with three digits after the point.
    """
    shown = [round(score, DIGITS) for score in scores]
    return [1 + sum(other > score for other in shown) for score in shown]


def rank_methods(scores: Mapping[str, Mapping[str, float]]) -> dict[str, Ranks]:
    """Ranks methods within every task.

    Args:
        scores: scores[task][method]. A method may lack tasks: it is then not ranked there.

    Returns:
        The ranks of every method that has a score somewhere.
    """
    by_method: dict[str, list[tuple[int, int]]] = {}
    for by_name in scores.values():
        for name, rank in zip(by_name, ranks(list(by_name.values())), strict=True):
            by_method.setdefault(name, []).append((rank, len(by_name)))
    return {
        name: Ranks(tuple(rank for rank, _ in found), max(n for _, n in found))
        for name, found in by_method.items()
    }
