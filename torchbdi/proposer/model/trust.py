"""How far a model can be trusted: the errors that it makes where known designs are left out."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...posterior import Posterior
from ..columns.ranks import rank_correlation
from .calibration import COMPARED
from .close import left_out
from .nearest import nearest
from .problem import Problem
from .solve import Solve

FAR_SHARE = 0.99
TRUSTED = 50  # designs from which on a verdict needs no warning


@dataclass(frozen=True)
class Quality:
    """How well the model predicts designs it has not seen: leave-one-out, in the person's units.

    Attributes:
        rows: distinct designs that were left out, one at a time, or those that are nearly equal
            together, (S,) positions.
        true: their scores, (S,).
        predicted: predicted without them, (S,); farther from ``true`` where scales of columns made
            that too good, see :attr:`.chosen.Chosen.optimism`.
        gaps: distance of each to its nearest other known design, (S,), in standard deviations.
        far: the distance that 99 % of all known designs stay below.
        exact: whether every design was left out (otherwise a random sample).
        rmse: root mean square error.
        r2: 1 - mean squared error / variance of the true scores; 0 is as good as their mean. Of
            logarithms, where these are modelled.
        rank_correlation: Spearman's, between true and predicted.
        factor: typical ratio of a true score and its prediction, > 1, where logarithms are
            modelled; None elsewhere.
        groups: how many the designs count as, where nearly equal ones were left out together.
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
    factor: float | None = None
    groups: int | None = None

    def verdict(self) -> str:
        """Whether the model is any good, and a warning where few designs say so."""
        own, count = self._verdict(), self.groups or len(self.rows)
        if self.groups:
            rows = len(self.rows)
            own += f" {rows} designs count as {count}: nearly equal ones were left out together."
        if count >= TRUSTED or own.startswith("Poor"):
            return own
        return f"{own} {count} designs are few to judge it by: of so few even noise can look so."

    def _verdict(self) -> str:
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


def left_out_by(groups: Tensor, posterior: Posterior, solved: Solve) -> Solve:
    """A solve whose errors are those of leaving groups (N,) out as a whole.

    Args:
        groups: of all designs.
        posterior: of all designs, see :func:`.posterior.posterior_of`.
        solved: knows the error of each of them.
    """
    inverse = torch.cholesky_inverse(posterior.factor)
    return dataclasses.replace(solved, errors=left_out(inverse, posterior.y, groups)[0])


def assess(problem: Problem, solved: Solve, groups: Tensor | None = None) -> Quality:
    """The model's quality on a solved table; each of the groups (N,) counts once."""
    rows = solved.sample.numpy()
    true, y = problem.taken[rows], problem.y_l[solved.sample]
    predicted = problem.in_units(y - solved.errors)
    gaps = nearest(problem.x_l, problem.x_l, itself=True)[0].numpy()
    share = torch.full_like(y, 1 / len(y))
    if groups is not None:
        share = 1 / groups.bincount()[groups].double() / (int(groups.max()) + 1)
    square = float(share @ solved.errors.square())
    weights = share.numpy()
    return Quality(
        rows=rows,
        true=true,
        predicted=predicted,
        gaps=gaps[rows],
        far=float(np.quantile(gaps, FAR_SHARE)),
        exact=len(rows) == len(problem.x_l),
        rmse=float(np.sqrt(weights @ (true - predicted) ** 2)),
        r2=r_squared(y, solved.errors, share),
        factor=float(np.exp(abs(problem.y_scale) * square**0.5)) if problem.log else None,
        rank_correlation=rank_correlation(*_once(true, predicted, groups)),
        groups=None if groups is None else int(groups.max()) + 1,
    )


def r_squared(y: Tensor, errors: Tensor, share: Tensor | None = None) -> float:
    """The share of the variance of scores that is predicted of designs left out, at most 1.

    Args:
        y: scores, (S,).
        errors: theirs, (S,).
        share: what each counts, (S,), 1 in all; None for the same.
    """
    share = torch.full_like(y, 1 / len(y)) if share is None else share
    variance = float(share @ (y - share @ y).square())
    return 1 - float(share @ errors.square()) / variance if variance > 0 else 0.0


def _once(
    true: np.ndarray, predicted: np.ndarray, groups: Tensor | None
) -> tuple[np.ndarray, np.ndarray]:
    """Scores and predictions (S,), of groups their means."""
    if groups is None:
        return true, predicted
    own = groups.numpy()
    return tuple(np.bincount(own, v) / np.bincount(own) for v in (true, predicted))  # type: ignore[return-value]
