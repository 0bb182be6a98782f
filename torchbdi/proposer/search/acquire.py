"""Which candidates to try: one by one, each chosen with the others taken for measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ...batch import Conditioned, improvement
from ...posterior import Posterior
from ...solved import SingleLoss
from ..model.chosen import Chosen
from ..model.problem import Problem
from ..model.solve import Solve
from ..model.trust import r_squared
from ..settings import TARGET
from .apart import with_levels_apart
from .novelty import APART

# Deviations that the upper bound lies above the prediction: of 1/2, 1 and 2 what serves best and
# median of a batch most, on functions other than those that proposals are judged by.
ABOVE = 1.0


def choose_batch(
    problem: Problem,
    chosen: Chosen,
    solved: Solve,
    posterior: Posterior,
    acquisition: str,
    x: Tensor,
    predicted: Tensor,
    n: int,
    around: Tensor | None = None,
) -> Tensor:
    """Positions of the n candidates to try, in the order of choosing.

    By the upper bound, a share of them may lie around the ends of ascents, the square of what the
    regression explains of the scores: the others hold where these ends are wrong. Around an end
    candidates are dense: there a tenth of a deviation, on average over the columns of numbers,
    makes another experiment.

    Args:
        problem: the table.
        chosen: its regression.
        solved: the solve of it.
        posterior: of its designs, or of a sample of them.
        acquisition: see :class:`Settings`.
        x: standardised features of the candidates, (P, D).
        predicted: what is predicted of them, (P,).
        n: how many, at most P.
        around: see :class:`Candidates`.
    """
    scaled = x * chosen.scale

    def loss() -> Tensor:
        return SingleLoss(
            chosen.model.covariance(), problem.x_l * chosen.scale, problem.y_l,
            solved.coefficients, target=TARGET, alpha=problem.design_space.alpha,
            ridge=chosen.model.ridge, constant=chosen.model.feature(x.shape[1]),
        )(scaled)  # fmt: skip

    value = worth(acquisition, predicted, loss)
    best = float(problem.y_l.max())
    (places,) = with_levels_apart(problem.design_space, APART[0], x)
    inputs, share = chosen.extended(scaled), 1.0
    apart: tuple[float, ...] = APART
    if around is not None:
        numbers = int((~problem.design_space.logits).sum())
        apart = (APART[0] * max(1, numbers) ** 0.5, *APART)
        if acquisition == "ucb":
            share = explained(problem, solved) ** 2
    return fill(posterior, inputs, places, predicted, n, value, best, apart, around, share)


def explained(problem: Problem, solved: Solve) -> float:
    """The share of the scores' variance that is predicted of designs left out, 0 to 1."""
    return max(0.0, r_squared(problem.y_l[solved.sample], solved.errors))


def fill(
    posterior: Posterior,
    inputs: Tensor,
    x: Tensor,
    mean: Tensor,
    n: int,
    value: Callable[[Tensor, float], Tensor],
    best: float,
    apart: Sequence[float] = APART,
    some: Tensor | None = None,
    share: float = 1.0,
) -> Tensor:
    """Picks n candidates that lie apart, as long as that leaves n.

    See :class:`torchbdi.batch.Conditioned`; the best score may rise.

    Args:
        posterior: of the known designs.
        inputs: the candidates as its kernel takes them, (P, D').
        x: their standardised features, in which distances are counted, (P, D).
        mean: what is predicted of them, (P,).
        n: how many, at most P.
        value: how much a candidate is worth, (P,), given the deviations (P,) and the best score.
        best: the score to improve on; what is picked can raise it.
        apart: how far picks lie from each other: the first of these, descending, that leaves one.
        some: which candidates may be a share of what is picked at most, (P,) bool; None for none.
        share: which one, 0 to 1; more where no others lie apart.

    Returns:
        Positions of the candidates, (n,), in the order of picking.
    """
    pool = Conditioned(posterior, inputs, n)
    free = torch.ones(len(x), dtype=torch.bool)
    gap = torch.full((len(x),), math.inf, dtype=torch.float64)
    picked: list[int] = []
    due = 0.0
    for _ in range(n):
        due += share
        allowed = free
        if due >= 1:
            due -= 1
        elif some is not None and bool((free & ~some & (gap >= apart[0])).any()):
            allowed = free & ~some
        least = next((a for a in apart if bool((allowed & (gap >= a)).any())), 0.0)
        open_ = allowed & (gap >= least)
        own = value(pool.deviation, best)
        at = int(torch.where(open_, own, -math.inf).argmax())
        pool.measure(at)
        best = max(best, float(mean[at]))
        free[at] = False
        gap = torch.minimum(gap, (x - x[at]).norm(dim=1))
        picked.append(at)
    return torch.tensor(picked)


def worth(
    acquisition: str, mean: Tensor, loss: Callable[[], Tensor]
) -> Callable[[Tensor, float], Tensor]:
    """What :func:`fill` maximises.

    Args:
        acquisition: "ucb", the prediction and a deviation more; "ei", the expected improvement
            on the best score; "mean", the prediction; "bdi", the loss of BDI.
        mean: what is predicted of the candidates, (P,).
        loss: that loss with its sign changed, (P,).
    """
    if acquisition == "ucb":
        return lambda deviation, best: mean + ABOVE * deviation
    if acquisition == "mean":
        return lambda deviation, best: mean
    if acquisition == "bdi":
        negative = loss()
        return lambda deviation, best: negative

    def expected(deviation: Tensor, best: float) -> Tensor:
        value = improvement(mean, deviation, best)
        # Far below the best all improvements are 0 in double precision: the mean decides.
        return value if bool((value > 0).any()) else mean - mean.max()

    return expected
