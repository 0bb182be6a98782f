"""Scores in bins, and their normalised maximum likelihood, for NEMO."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ._ensemble import Members


class Bins:
    """K bins of one width, from the least score of a table to above its largest.

    Args:
        y: scores, (N,).
        count: K.
        beyond: how far they reach above the largest score, as a share of the range.
        scale: of the logistic distribution, in widths of a bin.

    Attributes:
        edges: between the bins, (K - 1,).
        centres: of the bins, (K,).
    """

    def __init__(self, y: Tensor, count: int, beyond: float, scale: float) -> None:
        low, high = y.min(), y.max()
        self.size = (high - low) * (1 + beyond) / count
        self.edges = low + self.size * torch.arange(1, count, device=y.device)
        self.centres = low + self.size * (torch.arange(count, device=y.device) + 0.5)
        self.scale = self.size * scale

    def of(self, y: Tensor) -> Tensor:
        """The bins of scores, (N,) int64."""
        return torch.bucketize(y, self.edges)

    def log_p(self, mu: Tensor, label: Tensor) -> Tensor:
        """log p(bin) of a logistic distribution around mu; shapes broadcast.

        With a the lower edge's logit (mu - e) / s and b the upper one's, the probability is
        sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - exp(b - a)); the first bin has no
        lower edge and the last no upper one.
        """
        count = len(self.centres)
        a = (mu - self.edges[(label - 1).clamp(min=0)]) / self.scale
        b = (mu - self.edges[label.clamp(max=count - 2)]) / self.scale
        inner = torch.log(-torch.expm1(-self.size / self.scale))
        zero = torch.zeros_like(inner)
        first, last = label == 0, label == count - 1
        log = nn.functional.logsigmoid
        return (
            torch.where(first, zero, log(a))
            + torch.where(last, zero, log(-b))
            + torch.where(first | last, zero, inner)
        )


def nml_loss(copies: Members, bins: Bins, x: Tensor, label: Tensor, here: Tensor) -> Tensor:
    """What copy k learns from: rows of the table, and the designs labelled k.

    The designs count as much as one row of the batch, as if each in turn was the row that the
    table is extended by.

    Args:
        copies: K networks.
        bins: K of them.
        x: rows of the table, (B, D).
        label: their bins, (B,).
        here: designs, (n, D).

    Returns:
        The sum over the copies of (sum of the rows' -log p + mean of the designs') / (B + 1).
    """
    rows, own = copies(torch.cat([x, here])).squeeze(-1).split([len(x), len(here)], 1)
    k = torch.arange(len(rows), device=x.device).unsqueeze(1)
    total = bins.log_p(rows, label).sum(1) + bins.log_p(own, k).mean(1)
    return -(total / (len(x) + 1)).sum()


def expected(copies: Members, bins: Bins, x: Tensor) -> Tensor:
    """The expected score of designs (n, D) under the normalised maximum likelihood, (n,)."""
    k = torch.arange(len(bins.centres), device=x.device).unsqueeze(1)
    log_p = bins.log_p(copies(x).squeeze(-1), k)  # (K, n): of copy k for bin k
    return log_p.softmax(0).mT @ bins.centres
