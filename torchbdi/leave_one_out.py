"""Errors of leaving each row out, in closed form, for any number of ridges."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor


class LeftOut:
    """Errors of leaving rows out: one eigendecomposition serves all ridges and scores.

    The prediction of y_i from the others misses by d_i / [(K + r I)^-1]_ii (Allen 1974).

    Args:
        k: kernel matrix, (N, N).
    """

    def __init__(self, k: Tensor):
        values, self.vectors = torch.linalg.eigh(k)
        self.values, self.square = values.clamp_min(0), self.vectors.square()
        self.size = float(k.diagonal().mean())

    def errors(self, y: Tensor, ridges: Iterable[float], noise: float = 0.0) -> list[float]:
        """See :func:`leave_one_out_errors`."""
        ridges = tuple(ridges)
        along = self.vectors.mT @ y
        out = []
        for ridge in ridges:
            inverse = self._inverse(ridge)
            miss = self._misses(along, inverse)
            scale = float((inverse * along.square()).mean())
            quiet = ridge * self.size * scale < noise and ridge < max(ridges)
            out.append(math.inf if quiet else float(miss.square().mean()))
        return out

    def misses(self, y: Tensor, ridge: float) -> Tensor:
        """What the prediction of each row from all others misses by, (N,)."""
        return self._misses(self.vectors.mT @ y, self._inverse(ridge))

    def _inverse(self, ridge: float) -> Tensor:
        return 1 / (self.values + ridge * self.size)

    def _misses(self, along: Tensor, inverse: Tensor) -> Tensor:
        return (self.vectors @ (inverse * along)) / (self.square @ inverse)


def leave_one_out_errors(
    k: Tensor, y: Tensor, ridges: Iterable[float], noise: float = 0.0
) -> list[float]:
    """Mean squared errors of predicting each row from all others, one for each ridge.

    Args:
        k: kernel matrix, (N, N).
        y: scores, (N,).
        ridges: on the scale of the trace.
        noise: known variance of the scores' noise, in their units. A ridge that stands for less
            has an infinite error: r times the scale of the process, y (K + r I)^-1 y / N, is the
            noise that a ridge stands for. Where all of them do, the largest one has its error.
    """
    return LeftOut(k).errors(y, ridges, noise)
