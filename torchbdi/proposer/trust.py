"""How far a proposal can be trusted: its nearest known design, and the errors made that far off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .problem import Problem
from .solve import Solve
from .suspects import rank_correlation

# Entries of a block of distances.
BLOCK_ENTRIES = 1 << 24
# A proposal's error is that of this many known designs, at most, about as far from their nearest.
COMPARED = 100
FAR_SHARE = 0.99


@dataclass(frozen=True)
class Quality:
    """How well the model predicts designs it has not seen: leave-one-out, in the person's units.

    Attributes:
        rows: distinct designs that were left out, one at a time, (S,) positions.
        true: their scores, (S,).
        predicted: predicted without them, (S,).
        gaps: distance of each to its nearest other known design, (S,), in standard deviations.
        far: the distance that 99 % of all known designs stay below.
        exact: whether every design was left out (otherwise a random sample).
        rmse: root mean square error.
        r2: 1 - rmse^2 / variance of the true scores; 0 is as good as their mean.
        rank_correlation: Spearman's, between true and predicted.
    """

    rows: np.ndarray
    true: np.ndarray
    predicted: np.ndarray
    gaps: np.ndarray
    far: float
    exact: bool
    rmse: float
    r2: float
    rank_correlation: float

    def verdict(self) -> str:
        """One sentence on whether the model is any good."""
        if self.r2 >= 0.8 and self.rank_correlation >= 0.8:
            return "Good: the model predicts designs it has not seen well."
        if self.r2 >= 0.4 and self.rank_correlation >= 0.6:
            return "Usable: the model ranks designs it has not seen, with sizeable errors."
        if self.rank_correlation >= 0.25:
            return (
                "Weak: the model knows a little about designs it has not seen. Test few at first."
            )
        return (
            "Poor: the model knows next to nothing about designs it has not seen. Do not trust it."
        )

    def error_at(self, distance: np.ndarray) -> np.ndarray:
        """Root mean square leave-one-out error of known designs about that far from the rest.

        Args:
            distance: of proposals to their nearest known design, (n,).

        Returns:
            (n,), in the person's units. Those compared are neighbours in the order of distance: a
            fifth of the known errors, at least 10 and at most 100.
        """
        order = np.argsort(self.gaps, kind="stable")
        squares = (self.true - self.predicted)[order] ** 2
        window = min(len(order), max(10, min(COMPARED, len(order) // 5)))
        place = np.searchsorted(self.gaps[order], distance)
        start = np.clip(place - window // 2, 0, len(order) - window)
        sums = np.concatenate([[0.0], np.cumsum(squares)])
        return np.sqrt((sums[start + window] - sums[start]) / window)


def assess(problem: Problem, solved: Solve) -> Quality:
    """The model's quality on a solved table."""
    rows = solved.sample.numpy()
    true = problem.scores[rows]
    predicted = true - solved.errors.numpy() * problem.y_scale
    gaps = nearest(problem.x_l, problem.x_l, itself=True)[0].numpy()
    rmse = float(np.sqrt(np.mean((true - predicted) ** 2)))
    return Quality(
        rows=rows,
        true=true,
        predicted=predicted,
        gaps=gaps[rows],
        far=float(np.quantile(gaps, FAR_SHARE)),
        exact=len(rows) == len(problem.scores),
        rmse=rmse,
        r2=1 - rmse**2 / float(true.var()) if true.var() > 0 else 0.0,
        rank_correlation=rank_correlation(true, predicted),
    )


def nearest(x: Tensor, x_l: Tensor, itself: bool = False) -> tuple[Tensor, Tensor]:
    """The nearest known design of each of some designs.

    Args:
        x: (n, D).
        x_l: (N, D).
        itself: x is x_l, and a design is not its own neighbour.

    Returns:
        Euclidean distances (n,), and positions in x_l (n,); the first where two are as near.
    """
    distances, places = [], []
    square = x_l.square().sum(1)
    rows = max(1, BLOCK_ENTRIES // len(x_l))
    for start in range(0, len(x), rows):
        block = x[start : start + rows]
        # |x - x_l|^2 less |x|^2, which does not change the order.
        score = torch.addmm(square, block, x_l.mT, alpha=-2)
        if itself:
            own = torch.arange(len(block))
            score[own, start + own] = torch.inf
        place = score.argmin(1)
        # Once more from the difference: the expanded square loses small distances.
        distances.append((block - x_l[place]).norm(dim=1))
        places.append(place)
    return torch.cat(distances), torch.cat(places)
