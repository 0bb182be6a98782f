"""What each way of solving costs: expected memory and time."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..memory import show_bytes
from .nystrom import factor_bytes
from .rates import Rates
from .tiles import packed_size

# Share of the rate of plain matrix products that the factorisation keeps; r^3 of such flops that
# eigh of an r x r matrix takes. Both measured on two cores.
CHOLESKY_SHARE = 0.8
EIGH_FLOPS = 60
FLOAT = torch.float64


@dataclass(frozen=True)
class Candidate:
    """One way to solve.

    Attributes:
        solver: "cholesky", "pcg-stored" or "pcg" (K computed anew by tiles in every product).
        rank: of the preconditioner, 0 for Cholesky.
        iterations: expected, 0 for Cholesky.
        seconds: expected wall time, setup included.
        peak_bytes: expected peak beyond what the process holds now.
    """

    solver: str
    rank: int
    iterations: int
    seconds: float
    peak_bytes: int

    def __str__(self) -> str:
        text = f"{self.solver:<10} {show_bytes(self.peak_bytes):>8} {_show_time(self.seconds):>8}"
        if self.rank:
            text += f"  about {self.iterations} iterations, rank {self.rank}"
        return text


def cost_cholesky(n: int, d: int, n_rhs: int, tile: int, rates: Rates) -> Candidate:
    """The packed factorisation, with one step of refinement."""
    packed = packed_size(n, tile)
    # One fill to factor; two residuals, before and after refinement.
    seconds = 3 * _fill(packed, d, rates) + n**3 / 3 / (CHOLESKY_SHARE * rates.flops)
    seconds += 4 * _read(packed, n_rhs, rates)
    numbers = packed + 4 * tile**2 + 6 * n * n_rhs
    return Candidate("cholesky", 0, 0, seconds, FLOAT.itemsize * numbers)


def cost_pcg(
    n: int,
    d: int,
    n_rhs: int,
    tile: int,
    rates: Rates,
    iterations: float,
    rank: int,
    stored: bool,
) -> Candidate:
    """Conjugate gradients with K stored, or computed anew by tiles in every product."""
    packed = packed_size(n, tile)
    setup = _fill(n * rank, d, rates) + (5 * n * rank**2 + EIGH_FLOPS * rank**3) / rates.flops
    product = _read(packed, n_rhs, rates) if stored else _fill(packed, d, rates)
    step = product + _read(2 * n * rank, n_rhs, rates)
    seconds = setup + (iterations + 1) * step + (_fill(packed, d, rates) if stored else 0)
    name = "pcg-stored" if stored else "pcg"
    peak = pcg_bytes(n, n_rhs, tile, rank, stored)
    return Candidate(name, rank, round(iterations), seconds, peak)


def pcg_bytes(n: int, n_rhs: int, tile: int, rank: int, stored: bool) -> int:
    """Bytes that conjugate gradients take at their peak: K or a tile, preconditioner, vectors."""
    numbers = (packed_size(n, tile) if stored else tile**2) + 8 * n * n_rhs
    return factor_bytes(n, rank, FLOAT) + FLOAT.itemsize * numbers


def _fill(entries: int, d: int, rates: Rates) -> float:
    return entries * (rates.entry_seconds + 2 * d / rates.flops)


def _read(numbers: int, n_rhs: int, rates: Rates) -> float:
    # Further right-hand sides find the numbers in cache: about half a reading each.
    return numbers * FLOAT.itemsize / rates.bytes_per_second * (1 + 0.5 * (n_rhs - 1))


def _show_time(seconds: float) -> str:
    for unit, size in (("h", 3600.0), ("min", 60.0)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.2g} s"
