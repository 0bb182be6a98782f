"""The posterior that deviations of predictions are of."""

from __future__ import annotations

import torch
from torch import Tensor

from ...posterior import Posterior
from .choice import ROWS
from .chosen import Chosen
from .problem import Problem
from .solve import Solve


def posterior_of(problem: Problem, chosen: Chosen, solved: Solve) -> tuple[Posterior, Tensor]:
    """The posterior that deviations are of, and the rows that it knows, (R,) ascending.

    Above 3,000 designs it is that of a sample, in which the rows are whose leave-one-out error is
    known.
    """
    rows = torch.arange(len(problem.y_l))
    if len(rows) > ROWS:
        order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(2))
        first = solved.sample if len(solved.sample) < ROWS else solved.sample[:0]
        order = torch.cat([first, order[~torch.isin(order, first)]])
        rows = order[:ROWS].sort().values
    inputs = chosen.inputs(problem.x_l[rows])
    return Posterior(chosen.model.covariance(), inputs, problem.y_l[rows], solved.added), rows
