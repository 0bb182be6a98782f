"""Groups of nearly equal designs: repetitions whose settings were measured, not set."""

from __future__ import annotations

import torch
from torch import Tensor

NEAR = 0.05, 0.02, 0.01  # of the median distance of two designs
FEWEST, MOST_DESIGNS = 3, 3000  # groups, and designs whose distances are compared


def close_groups(x: Tensor) -> Tensor | None:
    """The group of every design, where some are nearly equal and all others are far from these.

    Args:
        x: designs, (N, D), standardised.

    Returns:
        Numbers of groups, (N,) int64; None where there are no such groups, where one design leads
        to the next, and of more than 3,000 designs.
    """
    if not FEWEST < len(x) <= MOST_DESIGNS:
        return None
    apart = torch.cdist(x, x)
    for share in NEAR:
        near = apart <= share * float(apart.median())
        near.fill_diagonal_(True)
        first = near.to(torch.uint8).argmax(1)
        groups = first.unique(return_inverse=True)[1]
        if FEWEST <= int(groups.max()) + 1 < len(x) and torch.equal(near, near[first]):
            return groups
    return None


def left_out_together(inverse: Tensor, y: Tensor, groups: Tensor) -> tuple[Tensor, Tensor]:
    """What is missed by where each group is predicted from all others, in closed form.

    With B = (K + r I)^-1 group G misses by B_GG^-1 [B (y - m 1)]_G, m being the mean of the other
    scores, and the variance of that is in proportion to the diagonal of B_GG^-1: the form for
    blocks of :mod:`torchbdi.leave_one_out`.

    Args:
        inverse: B, (N, N).
        y: scores, (N,).
        groups: of the rows, (N,) int64, two or more.

    Returns:
        Scores less predictions, (N,), and the diagonals, (N,).
    """
    d, b = inverse @ y, inverse.sum(0)
    miss, variance = torch.empty_like(y), torch.empty_like(y)
    for group in groups.unique():
        own = groups == group
        block = torch.linalg.inv(inverse[own][:, own])
        miss[own] = block @ (d[own] - y[~own].mean() * b[own])
        variance[own] = block.diagonal()
    return miss, variance
