"""How far a proposal can be trusted: its nearest known design, and the errors made like it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..batch import Posterior
from .close import left_out
from .problem import Problem
from .solve import Solve
from .suspects import rank_correlation

# Entries of a block of distances.
BLOCK_ENTRIES = 1 << 24
# Errors are compared with those of a fifth of the known designs, between these numbers of them.
FEWEST, COMPARED = 20, 100
HIDDEN = 0.4  # share of the designs, the best ones, that are hidden
# The mean of all errors counts as so many designs more.
PRIOR = 5
FAR_SHARE = 0.99
TRUSTED = 50  # designs from which on a verdict needs no warning
MOST = 1e200  # of a squared error that is stated, in variances of the scores


@dataclass(frozen=True)
class Quality:
    """How well the model predicts designs it has not seen: leave-one-out, in the person's units.

    Attributes:
        rows: distinct designs that were left out, one at a time, or those that are nearly equal
            together, (S,) positions.
        true: their scores, (S,).
        predicted: predicted without them, (S,); farther from ``true`` where scales of columns made
            that too good, see :attr:`.model.Chosen.optimism`.
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


def left_out_by(groups: Tensor, posterior: Posterior, solved: Solve) -> Solve:
    """A solve whose errors are those of leaving groups (N,) out as a whole.

    Args:
        groups: of all designs.
        posterior: of all designs, see :func:`.search.posterior_of`.
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
    variance = float(share @ (y - share @ y).square())
    weights = share.numpy()
    return Quality(
        rows=rows,
        true=true,
        predicted=predicted,
        gaps=gaps[rows],
        far=float(np.quantile(gaps, FAR_SHARE)),
        exact=len(rows) == len(problem.scores),
        rmse=float(np.sqrt(weights @ (true - predicted) ** 2)),
        r2=1 - square / variance if variance > 0 else 0.0,
        factor=float(np.exp(abs(problem.y_scale) * square**0.5)) if problem.log else None,
        rank_correlation=rank_correlation(*_once(true, predicted, groups)),
        groups=None if groups is None else int(groups.max()) + 1,
    )


def _once(
    true: np.ndarray, predicted: np.ndarray, groups: Tensor | None
) -> tuple[np.ndarray, np.ndarray]:
    """Scores and predictions (S,), of groups their means."""
    if groups is None:
        return true, predicted
    own = groups.numpy()
    return tuple(np.bincount(own, v) / np.bincount(own) for v in (true, predicted))  # type: ignore[return-value]


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
