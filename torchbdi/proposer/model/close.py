"""Groups of nearly equal designs: repetitions whose settings were measured, not set."""

from __future__ import annotations

import torch
from torch import Tensor

from ...leave_one_out import mean_of_others, missed
from .problem import Problem

NEAR = 0.1, 0.05, 0.02  # standard deviations, of each number; the first that leaves no chains
SAME = 1e-9  # of all else
FEWEST, MOST_DESIGNS = 3, 3000  # groups, and designs that are compared


def close_groups(problem: Problem) -> Tensor | None:
    """The group of every design, where most were made several times with nearly the same numbers.

    Designs are nearly equal where names, letters and numbers of a grid are the same and the others
    differ by what a measurement of a setting does.

    Returns:
        Numbers of groups, (N,) int64; None where less than half of the designs are nearly equal to
        another one, where one leads to the next, and of more than 3,000 designs.
    """
    x, space = problem.x_l, problem.design_space
    if not FEWEST < len(x) <= MOST_DESIGNS:
        return None
    grids = problem.grids
    loose = [c.name in grids and not grids[c.name].kind for c in space.columns]
    free = torch.tensor(loose)[problem.space.column_of]
    for limit in NEAR if any(loose) else ():
        near = torch.ones(len(x), len(x), dtype=torch.bool)
        for own, is_free in zip(x.mT, free.tolist(), strict=True):
            near &= (own[:, None] - own).abs() <= (limit if is_free else SAME)
        first = near.to(torch.uint8).argmax(1)
        groups = first.unique(return_inverse=True)[1]
        several = 2 * int((near.sum(1) > 1).sum()) >= len(x)
        if several and int(groups.max()) + 1 >= FEWEST and torch.equal(near, near[first]):
            return groups
    return None


def left_out(inverse: Tensor, y: Tensor, groups: Tensor | None) -> tuple[Tensor, Tensor]:
    """What is missed by where each design, or group of designs, is predicted from all others.

    With B = (K + r I)^-1 group G misses by B_GG^-1 [B (y - m 1)]_G, m being the mean of the other
    scores, and the variance of that is in proportion to the diagonal of B_GG^-1: the form for
    blocks of :mod:`torchbdi.leave_one_out`.

    Args:
        inverse: B, (N, N).
        y: scores, (N,).
        groups: of the rows, (N,) int64, two or more; None for each row by itself.

    Returns:
        Scores less predictions, (N,), and the diagonals, (N,).
    """
    d, b = inverse @ y, inverse.sum(0)
    if groups is None:
        diagonal = inverse.diagonal()
        return missed(d, b, diagonal, mean_of_others(y)), 1 / diagonal
    miss, variance = torch.empty_like(y), torch.empty_like(y)
    for group in groups.unique():
        own = groups == group
        block = torch.linalg.inv(inverse[own][:, own])
        miss[own] = block @ (d[own] - y[~own].mean() * b[own])
        variance[own] = block.diagonal()
    return miss, variance
