"""The errors that are stated of proposals: deviations, by the errors made where they are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...posterior import Posterior
from .close import left_out
from .problem import Problem
from .solve import Solve

# Errors are compared with those of a fifth of the known designs, between these numbers of them.
FEWEST, COMPARED = 20, 100
HIDDEN = 0.4  # share of the designs, the best ones, that are hidden
# Without these the rest can have hardly any spread, as all is 0 without a catalyst. That tells not
# how far others may lie: at least this share of the scale of all counts as the rest's.
FLAT = 0.1
# The mean of all errors counts as so many designs more.
PRIOR = 5
MOST = 1e200  # of a squared error that is stated, in variances of the scores


@dataclass(frozen=True)
class Calibration:
    """What the deviations of a posterior have to be multiplied by, to be the errors that are made.

    A regression errs more where it predicts much, or less, than its posterior knows: that depends
    on distances alone. So the errors of leaving known designs out are compared with the deviations
    stated for them, among those that are predicted about as high. Of designs that are predicted
    above all that is known they say nothing, and there errors are larger: so the best two fifths
    of the designs are hidden, and of all designs those are looked at that the rest predicts
    highest. What these are missed by is added: the deviation is next to nothing where a smooth
    function hardly has noise.

    Attributes:
        predicted: leave-one-out predictions, standardised, ascending, (S,).
        squares: squared error over squared deviation of these designs, (S,).
        beyond: mean squared error over squared deviation, the best two fifths hidden, of the 20
            designs predicted highest.
        missed: mean squared error of these, standardised.
        best: the best known score, standardised.
    """

    predicted: np.ndarray
    squares: np.ndarray
    beyond: float
    missed: float
    best: float

    @staticmethod
    def of(
        problem: Problem,
        solved: Solve,
        posterior: Posterior,
        rows: Tensor,
        optimism: float = 1.0,
        groups: Tensor | None = None,
    ) -> Calibration:
        """Compares the designs that both a solve and a posterior can leave out.

        Args:
            problem: the table.
            solved: knows the error of ``solved.sample``.
            posterior: of some designs.
            rows: which they are, (R,) ascending.
            optimism: of the regression, by which the errors of ``solved`` have grown already.
            groups: of all designs, (N,), where they were left out by these; all are in ``rows``.
        """
        inverse = torch.cholesky_inverse(posterior.factor)
        variance = posterior.scale * left_out(inverse, posterior.y, groups)[1]
        both = torch.isin(rows, solved.sample)
        errors = solved.errors[torch.searchsorted(solved.sample, rows[both])]
        predicted = problem.y_l[rows[both]] - errors
        order = torch.argsort(predicted, stable=True)
        squares = errors.square() / variance[both].clamp_min(1e-300)
        beyond, missed = (own * optimism**2 for own in _beyond(posterior, groups))
        return Calibration(
            predicted[order].numpy(), squares[order].numpy(), beyond, missed,
            float(problem.y_l.max()),
        )  # fmt: skip

    def error(self, mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
        """The error to be stated of proposals, (n,), standardised.

        Args:
            mean: what is predicted, (n,).
            variance: of a measurement there, by the posterior, (n,).
        """
        count = len(self.squares)
        window = min(count, max(FEWEST, min(COMPARED, count // 5)))
        start = np.clip(np.searchsorted(self.predicted, mean) - window // 2, 0, count - window)
        sums = np.concatenate([[0.0], np.cumsum(self.squares)])
        near = sums[start + window] - sums[start]
        factor = (near + PRIOR * self.squares.mean()) / (window + PRIOR)
        with np.errstate(over="ignore"):  # a design that lies at the end of float64
            above = np.maximum(factor, self.beyond) * variance + self.missed
            own: np.ndarray = np.where(mean > self.best, above, factor * variance)
        return np.sqrt(np.minimum(own, MOST))


def _beyond(posterior: Posterior, groups: Tensor | None) -> tuple[float, float]:
    """``beyond`` and ``missed`` of :class:`Calibration`; whole groups are hidden."""
    x, y = posterior.x, posterior.y
    order = torch.argsort(y, descending=True, stable=True)
    count = int(HIDDEN * len(y))
    if groups is not None:
        order, count = _whole_groups(y, groups)
    hidden, rest = order[:count], order[count:]
    middle = y[rest].mean()
    part = Posterior(posterior.kernel, x[rest], y[rest] - middle, posterior.ridge)
    part.scale = max(part.scale, FLAT * posterior.scale)
    inverse = torch.cholesky_inverse(part.factor)
    d = inverse @ part.y
    cross = posterior.kernel(x[hidden], x[rest])
    noise = part.scale * part.ridge
    misses, own = left_out(inverse, part.y, None if groups is None else groups[rest])
    predicted = torch.cat([cross @ d, part.y - misses])
    variance = torch.cat([part.deviation(x[hidden]).square() + noise, part.scale * own])
    true = torch.cat([y[hidden], y[rest]]) - middle
    top = torch.argsort(predicted, descending=True, stable=True)[:FEWEST]
    squares = (true - predicted)[top].square()
    return float((squares / variance[top].clamp_min(1e-300)).mean()), float(squares.mean())


def _whole_groups(y: Tensor, groups: Tensor) -> tuple[Tensor, int]:
    """Scores (N,) in the order of the best of their groups, and how many of these are hidden.

    Some groups are hidden, the best ones, and two or more are not.
    """
    best = torch.full((int(groups.max()) + 1,), -torch.inf, dtype=y.dtype)
    best.scatter_reduce_(0, groups, y, "amax")
    ranked = torch.argsort(best, descending=True, stable=True)
    hidden = ranked[: max(1, min(int(HIDDEN * len(ranked)), len(ranked) - 2))]
    place = torch.argsort(ranked)[groups]
    return torch.argsort(place, stable=True), int(torch.isin(groups, hidden).sum())
