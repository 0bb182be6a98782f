"""What a plan has to know: how fast this device is, and how well conditioned this matrix is."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import NotConvergedError
from .operator import GramOperator, Principal
from .pcg import ConjugateGradient

PROBE_ROWS = 2000
PROBE_RANK = 500
# A matrix that needs more at 2,000 rows needs many times more in full: it is to be factored.
PROBE_LIMIT = 100


@dataclass(frozen=True)
class Rates:
    """Speeds of a device for one kind of kernel.

    Attributes:
        flops: floating point operations a second in matrix products.
        entry_seconds: seconds an entry of K, beside its 2 D flops.
        bytes_per_second: reading a stored matrix in a product with a vector.
    """

    flops: float
    entry_seconds: float
    bytes_per_second: float


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
    operator: GramOperator, rhs: Tensor, ridge: float, tolerance: float, seed: int = 0
) -> Probe:
    """Solves a random subset of at most 2,000 rows by conjugate gradients (seconds).

    Args:
        operator: K, N x N.
        rhs: (N, K).
        ridge: absolute, added to the diagonal.
        tolerance: on the residual, that of the solve to be planned.
        seed: of the subset.
    """
    rows = min(operator.n, PROBE_ROWS)
    generator = torch.Generator().manual_seed(seed)
    index = torch.randperm(operator.n, generator=generator)[:rows].sort().values.to(rhs.device)
    rank = min(PROBE_RANK, max(1, rows // 4))
    subset = Principal(operator, index)
    solver = ConjugateGradient(subset, ridge, rank=rank, stored=True, progress=False)
    try:
        _, stats = solver.solve(rhs[index], tolerance=tolerance, max_iterations=PROBE_LIMIT)
    except NotConvergedError:
        return Probe(rows, rank, None)
    return Probe(rows, rank, max(1, stats.iterations))


def measure_rates(operator: GramOperator) -> Rates:
    """Measures the device with the operator's own entries (a fraction of a second)."""
    cuda = operator.device.type == "cuda"
    b = min(4096, operator.n) if cuda else min(1024, operator.n)
    tile = torch.ones(b, b, dtype=operator.dtype, device=operator.device)
    left = tile.repeat(1, 4)
    right = left.clone()
    rows = slice(0, b)
    flops = 8 * b**3 / _fastest(lambda: torch.mm(left, right.mT, out=tile), operator.device)
    fill = _fastest(lambda: operator.fill(rows, rows, tile), operator.device) / b**2
    # Large enough not to sit in a cache.
    stored = tile.repeat(2, 4) if cuda else tile.repeat(4, 8)
    vector = stored[0].clone()
    read = _fastest(lambda: stored @ vector, operator.device)
    entry = max(fill - 2 * operator.width / flops, 0.1 * fill)
    return Rates(flops, entry, stored.numel() * operator.dtype.itemsize / read)


def _fastest(work: Callable[[], object], device: torch.device, repeats: int = 3) -> float:
    """Seconds of the fastest of a few runs, after one to warm up."""
    times = []
    for _ in range(repeats + 1):
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - start)
    return max(min(times[1:]), 1e-9)
