"""Whether scores are modelled as they are, or by their logarithms."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .left_out import LeftOut
from .problem import Problem

# The largest score is at least so many times the smallest: below, the two hardly differ.
SPAN = 5.0


def can_be_log(problem: Problem) -> bool:
    """Whether logarithms come into question: positive scores of a wide span, more than two."""
    low, high = problem.taken.min(), problem.taken.max()
    return problem.limits is None and low > 0 and high >= SPAN * low


def log_densities(problem: Problem, left: LeftOut, rows: Tensor) -> Tensor:
    """Logarithm of the density of scores, in the table's unit, in what the others say, (n,).

    With z = (t - m) / s, t the score or its logarithm, a density of z is one of the score times
    |dz / dscore|: 1 / s, or 1 / (s score). So that both scales are measured alike.

    Args:
        problem: the table, on the scale of ``left``.
        left: what leaving out each of some designs said.
        rows: which they are, (n,).
    """
    jacobian = torch.full((len(rows),), -math.log(abs(problem.y_scale)), dtype=torch.float64)
    if problem.log:
        jacobian -= torch.from_numpy(problem.taken)[rows].log()
    return left.log_density() + jacobian


def log_is_better(plain: Tensor, log: Tensor) -> bool:
    """Whether logarithms explain the scores better, by more than chance: one standard error.

    Args:
        plain: see :func:`log_densities`, (n,), of the scores as they are.
        log: of their logarithms, (n,).
    """
    gain = log - plain
    return bool(gain.mean() > gain.std() / len(gain) ** 0.5)
