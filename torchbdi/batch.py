"""A batch of designs out of a pool: one by one, so that each says something new."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .posterior import Posterior


class Conditioned:
    """A posterior at the designs of a pool while some of them are taken for measured.

    A design counts as measured at its mean (Ginsbourger et al. 2010, the kriging believer): means
    stay, and deviations shrink around it.

    Args:
        posterior: of the data.
        x: the pool, as its kernel takes it, (P, D).
        n: how many will be taken for measured, at most.
    """

    @torch.no_grad()
    def __init__(self, posterior: Posterior, x: Tensor, n: int):
        self.posterior, self.x = posterior, x
        self._white = posterior.whitened(x)
        self._variance = (posterior.kernel.diag(x) - self._white.square().sum(0)).clamp_min(0)
        self._known, self._measured = x.new_zeros(n, len(x)), 0

    @property
    def deviation(self) -> Tensor:
        """Standard deviations of the pool, (P,)."""
        return (self.posterior.scale * self._variance).sqrt()

    @torch.no_grad()
    def measure(self, at: int) -> None:
        """Takes a design of the pool for measured."""
        own, i = self.posterior, self._measured
        row = own.kernel(self.x[at : at + 1], self.x)[0] - self._white[:, at] @ self._white
        row -= self._known[:i, at] @ self._known[:i]
        row = row / (self._variance[at] + own.ridge).sqrt().clamp_min(1e-150)
        self._known[i] = row
        self._variance = (self._variance - row.square()).clamp_min(0)
        self._measured += 1


@torch.no_grad()
def fill_by_improvement(
    posterior: Posterior, x: Tensor, mean: Tensor, best: float, n: int
) -> Tensor:
    """Picks n of a pool by expected improvement, the posterior conditioned on what is picked.

    See :class:`Conditioned`; the score to improve on may rise.

    Args:
        posterior: of the data.
        x: the pool, (P, D).
        mean: what the regression predicts there, (P,).
        best: score to improve on.
        n: how many, at most P.

    Returns:
        Positions in the pool, (n,), in the order of picking.
    """
    pool = Conditioned(posterior, x, n)
    free = torch.ones(len(x), dtype=torch.bool)
    picked: list[int] = []
    for _ in range(n):
        value = improvement(mean, pool.deviation, best)
        # Far below the best all improvements are 0 in double precision: then the mean decides.
        at = int(torch.where(free, value, -math.inf).argmax())
        if not value[at] > 0:
            at = int(torch.where(free, mean, -math.inf).argmax())
        pool.measure(at)
        best, free[at] = max(best, float(mean[at])), False
        picked.append(at)
    return torch.tensor(picked)


def improvement(mean: Tensor, deviation: Tensor, best: float) -> Tensor:
    """Expected improvement of a normal score on ``best``, (n,) (Jones, Schonlau & Welch 1998)."""
    over = mean - best
    z = over / deviation.clamp_min(1e-300)
    density = torch.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    share = torch.erfc(-z / math.sqrt(2)) / 2
    return torch.where(deviation > 0, over * share + deviation * density, over.clamp_min(0))


def fill_by_distance(x: Tensor, n: int, distance: float) -> tuple[Tensor, int]:
    """The first n of a pool that keep a least distance; the first left over where too few do.

    Args:
        x: the pool, the best first, (P, D).
        n: how many, at most P.
        distance: root of the mean squared difference of features, in standard deviations.

    Returns:
        Positions in the pool, ascending, (n,); and how many of them keep the distance.
    """
    nearest = torch.full((len(x),), math.inf, dtype=x.dtype)
    picked: list[int] = []
    for i in range(len(x)):
        if len(picked) == n:
            break
        if nearest[i] >= distance:
            picked.append(i)
            apart = (x - x[i]).square().mean(1).sqrt()
            nearest = torch.minimum(nearest, apart)
    kept, chosen = len(picked), set(picked)
    picked += [i for i in range(len(x)) if i not in chosen][: n - kept]
    return torch.tensor(sorted(picked)), kept
