"""Which solver, how much memory and how long: decided before anything large is allocated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import DoesNotFitError
from ..memory import USABLE_SHARE, available_bytes, show_bytes
from .costs import Candidate, cost_cholesky, cost_pcg
from .operator import GramOperator, check_problem
from .probe import Probe, Rates, measure_rates, probe_conditioning
from .tiles import default_tile

RANKS = (500, 1000, 2000)
# A factorisation this short is not worth a probe.
PROBE_WORTH_SECONDS = 10.0


@dataclass(frozen=True)
class Plan:
    """The chosen way and why; ``str(plan)`` is a table of all ways.

    Attributes:
        chosen: the candidate to run.
        candidates: all that were compared.
        reason: why, in words.
        title: what is solved.
        limit_bytes: what a candidate may take at most.
    """

    chosen: Candidate
    candidates: tuple[Candidate, ...]
    reason: str
    title: str
    limit_bytes: int

    @property
    def solver(self) -> str:
        """One of "cholesky", "pcg-stored" or "pcg"."""
        return self.chosen.solver

    @property
    def can_factor(self) -> bool:
        """Whether the factorisation fits."""
        return any(
            way.solver == "cholesky" and way.peak_bytes <= self.limit_bytes
            for way in self.candidates
        )

    def __str__(self) -> str:
        return _table(self.title, self.candidates, self.limit_bytes, self.chosen, self.reason)


def plan_solve(
    n: int,
    d: int,
    n_rhs: int,
    available: int,
    rates: Rates,
    probe: Probe | None = None,
    device: torch.device | None = None,
) -> Plan:
    """Compares the solvers for an N x N float64 matrix; allocates nothing.

    Args:
        n: rows N.
        d: input features D.
        n_rhs: right-hand sides K.
        available: bytes that can be allocated; nine tenths are used at most.
        rates: speeds of the device.
        probe: conditioning of the matrix; without it only the factorisation is considered.
        device: sets the tile size; the CPU where it is not given.

    Returns:
        The fastest way that fits.

    Raises:
        DoesNotFitError: none fits, or the only one that fits would not converge.
    """
    tile = default_tile(n, device or torch.device("cpu"))
    limit = int(USABLE_SHARE * available)
    ways = [cost_cholesky(n, d, n_rhs, tile, rates)]
    if probe is None:
        finding = "conjugate gradients were not considered: the matrix was not probed"
    elif probe.iterations is None:
        finding = f"ill-conditioned: conjugate gradients did not converge on {probe.rows} rows"
    else:
        finding = f"well conditioned: {probe.iterations} iterations on {probe.rows} rows"
        ranks = [rank for rank in RANKS if 4 * rank <= n] or [max(1, n // 4)]
        for stored in (True, False):
            costs = [
                cost_pcg(n, d, n_rhs, tile, rates, probe.iterations_at(n, rank), rank, stored)
                for rank in ranks
            ]
            fitting = [way for way in costs if way.peak_bytes <= limit]
            ways.append(min(fitting or costs[:1], key=lambda way: way.seconds))
    title = f"{n} x {n}, D = {d}, {n_rhs} right-hand side{'s' if n_rhs > 1 else ''}"
    fits = [way for way in ways if way.peak_bytes <= limit]
    if not fits:
        table = _table(title, ways, limit, None, finding)
        out = "Ways out: fewer rows, a GPU or a machine with more memory."
        raise DoesNotFitError(f"{table}\nnothing fits. {out}")
    chosen = min(fits, key=lambda way: way.seconds)
    choice = "the fastest" if len(fits) > 1 else "the only one"
    reason = f"{chosen.solver} is {choice} that fits and converges; {finding}"
    return Plan(chosen, tuple(ways), reason, title, limit)


def plan_for(
    operator: GramOperator,
    rhs: Tensor,
    ridge: float,
    tolerance: float = 1e-6,
    available: int | None = None,
    rates: Rates | None = None,
) -> Plan:
    """Measures the device, probes the matrix where that pays, and plans (seconds).

    Args:
        operator: K, N x N.
        rhs: (N, K).
        ridge: absolute, added to the diagonal.
        tolerance: on the residual.
        available: bytes to plan with; what the device has free where it is not given.
        rates: speeds to plan with, measured where they are not given.

    Raises:
        DoesNotFitError: see :func:`plan_solve`.
        InputError: wrong shapes or numbers that are not finite.
    """
    check_problem(operator, rhs, ridge)
    n, n_rhs = rhs.shape
    free = available_bytes(operator.device) if available is None else available
    rates = measure_rates(operator) if rates is None else rates
    direct = cost_cholesky(n, operator.width, n_rhs, default_tile(n, operator.device), rates)
    probe = None
    if direct.seconds > PROBE_WORTH_SECONDS or direct.peak_bytes > USABLE_SHARE * free:
        probe = probe_conditioning(operator, rhs, ridge, tolerance)
    return plan_solve(n, operator.width, n_rhs, free, rates, probe, operator.device)


def _table(
    title: str, ways: Sequence[Candidate], limit: int, chosen: Candidate | None, reason: str
) -> str:
    lines = [f"solve plan for {title}; {show_bytes(limit)} may be used"]
    for way in ways:
        mark = ">" if way is chosen else " " if way.peak_bytes <= limit else "x"
        lines.append(f" {mark} {way}")
    return "\n".join([*lines, f"   {reason}"])
