"""Errors of leaving each row out, in closed form, for any number of ridges.

Scores are centred by a mean that knows row i, and so would its prediction: where there are more
features than rows, x_i is minus the sum of all other rows, and minus the sum of their scores is
y_i. So the others are centred anew by their own mean m_i before they predict row i. With
B = (K + r I)^-1 the prediction then misses by [B (y - m_i 1)]_i / B_ii.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

_EPS = torch.finfo(torch.float64).eps


def mean_of_others(y: Tensor) -> Tensor:
    """The mean of all scores (N,) or (N, K) but each one, like y; 0 where there is one only."""
    return (y.sum(0) - y) / max(1, len(y) - 1)


def missed(d: Tensor, b: Tensor, diagonal: Tensor, others: Tensor) -> Tensor:
    """What the predictions of rows from all others miss by, see this module.

    Args:
        d: B y of those rows, (S,) or (S, K).
        b: B 1, as wide as d or of one column.
        diagonal: of B, likewise.
        others: m_i, like d.
    """
    return (d - others * b) / diagonal


@dataclass(frozen=True)
class Judged:
    """How a regression with one ridge predicts each row from all others.

    Attributes:
        ridge: on the scale of the trace.
        error: mean square of what is missed; infinite where the ridge stands for too little noise,
            and where the matrix has no inverse with it.
        spread: standard deviation of the squared errors.
        largest: share of the row that is missed most in their sum.
        surprise: but for a constant, minus twice the mean logarithm of the density of each score in
            what the others predict: a normal distribution of variance s / B_ii, B being the inverse
            of K with its ridge and s the scale for which these variances are right on average. A
            row that a regression claims to know, and misses, counts for more in it than in the
            error.
    """

    ridge: float
    error: float = math.inf
    spread: float = math.nan
    largest: float = math.nan
    surprise: float = math.inf


class RidgePath:
    """Rows left out with one ridge after the other: one eigendecomposition serves all of them.

    See this module; with m_i = 0 the errors are those of Allen (1974).

    Args:
        k: kernel matrix, (N, N).
    """

    def __init__(self, k: Tensor):
        values, self.vectors = torch.linalg.eigh(k)
        self.values, self.square = values.clamp_min(0), self.vectors.square()
        self.size = float(k.diagonal().mean())

    def judged(
        self,
        y: Tensor,
        ridges: Iterable[float],
        noise: float = 0.0,
        others: Tensor | None = None,
    ) -> list[Judged]:
        """Each ridge, by the errors of predicting each row from all others.

        Args:
            y: scores, (N,).
            ridges: on the scale of the trace.
            noise: known variance of the scores' noise, in their units. A ridge that stands for less
                has an infinite error: r times the scale of the process, y (K + r I)^-1 y / N, is
                the noise that a ridge stands for. Where all of them do, the largest one has its
                error.
            others: by what the scores are centred where each row is left out, (N,): the mean of the
                table's other scores. None: of the others of these rows.
        """
        ridges = tuple(ridges)
        others = mean_of_others(y) if others is None else others
        along, one = self.vectors.mT @ y, self.vectors.sum(0)
        out = []
        for ridge in ridges:
            shifted = self.values + ridge * self.size
            # What rounding leaves of a singular matrix would be taken for knowledge.
            if not float(shifted.min()) > len(y) * _EPS * float(shifted.max()):
                out.append(Judged(ridge))
                continue
            inverse = 1 / shifted
            scale = float((inverse * along.square()).mean())
            if ridge * self.size * scale < noise and ridge < max(ridges):
                out.append(Judged(ridge))
                continue
            d, b = self.vectors @ (inverse * along), self.vectors @ (inverse * one)
            diagonal = self.square @ inverse
            squares = missed(d, b, diagonal, others).square()
            weighted = (squares * diagonal).mean().clamp_min(1e-300)
            out.append(
                Judged(
                    ridge,
                    float(squares.mean()),
                    float(squares.std(correction=0)),
                    float(squares.max() / squares.sum().clamp_min(1e-300)),
                    float(weighted.log() - diagonal.log().mean()),
                )
            )
        return out
