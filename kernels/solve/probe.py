"""What a plan has to know of a matrix: how well conditioned it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import NotConvergedError
from .operator import GramOperator, Principal
from .pcg import ConjugateGradient, ConjugateGradientOptions

PROBE_ROWS = 2000
PROBE_RANK = 500
# A matrix that needs more at 2,000 rows needs many times more in full: it is to be factored.
PROBE_LIMIT = 100


@dataclass(frozen=True)
class Probe:
    """A trial solve on a random subset.

    Attributes:
        rows: size of the subset.
        rank: rank of its preconditioner.
        iterations: conjugate gradient iterations, or None where ``PROBE_LIMIT`` were not enough.
    """

    rows: int
    rank: int
    iterations: int | None

    def iterations_at(self, n: int, rank: int) -> float:
        """Iterations expected with N rows: they grow as sqrt(N) and fall as rank^-0.35.

        Both exponents are measured on the sequence tables, between 3,000 and 20,000 rows and
        ranks 500 and 2,000. Infinite where the trial did not converge.
        """
        if self.iterations is None:
            return math.inf
        return self.iterations * (n / self.rows) ** 0.5 * (self.rank / rank) ** 0.35


def probe_conditioning(
    operator: GramOperator, rhs: Tensor, ridge: float, tolerance: float
) -> Probe:
    """Solves a random subset of at most 2,000 rows by conjugate gradients (seconds).

    Args:
        operator: K, N x N.
        rhs: (N, K).
        ridge: absolute, added to the diagonal.
        tolerance: on the residual, that of the solve to be planned.
    """
    rows = min(operator.n, PROBE_ROWS)
    generator = torch.Generator().manual_seed(0)
    index = torch.randperm(operator.n, generator=generator)[:rows].sort().values.to(rhs.device)
    rank = min(PROBE_RANK, max(1, rows // 4))
    subset = Principal(operator, index)
    options = ConjugateGradientOptions(
        rank=rank, stored=True, tolerance=tolerance, max_iterations=PROBE_LIMIT, verbose=False
    )
    solver = ConjugateGradient().prepare(subset, ridge, options)
    try:
        _, report = solver.solve(rhs[index])
    except NotConvergedError:
        return Probe(rows, rank, None)
    return Probe(rows, rank, max(1, report.iterations))
