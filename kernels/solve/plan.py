"""Which solver, how much memory and how long: decided before anything large is allocated.

A plan is a function of the sizes, the machine's memory, a table of rates and a trial solve. Neither
the clock nor what else runs on the machine plays a part, so the same table is solved the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import DoesNotFitError
from ..memory import USABLE_SHARE, show_bytes, total_bytes
from .costs import Candidate, cost_cholesky, cost_pcg
from .operator import GramOperator, check_problem
from .probe import PROBE_RANK, PROBE_ROWS, Probe, probe_conditioning
from .rates import Rates, rates_of
from .tiles import default_tile

RANKS = (500, 1000, 2000)
# A factorisation this short is not worth a probe.
PROBE_WORTH_SECONDS = 20.0
# Iterations of a trial solve differ a little between processors, and what they say of the whole
# table is off by half. So conjugate gradients must win with twice as many to be preferred.
MARGIN = 2.0
# The rank is chosen as if a trial had needed these iterations, whatever it did need.
NOMINAL = Probe(PROBE_ROWS, PROBE_RANK, 30)


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
    limit: int,
    rates: Rates,
    probe: Probe | None = None,
    device: torch.device | None = None,
) -> Plan:
    """Compares the solvers for an N x N float64 matrix; a pure function.

    Args:
        n: rows N.
        d: input features D.
        n_rhs: right-hand sides K.
        limit: bytes that may be used.
        rates: speeds to reckon with.
        probe: conditioning of the matrix; without it only the factorisation is considered.
        device: sets the tile size; the CPU where it is not given.

    Returns:
        The factorisation where it fits, unless conjugate gradients would be faster with twice the
        iterations that are expected of them; else what fits.

    Raises:
        DoesNotFitError: none fits, or the only one that fits would not converge.
    """
    tile = default_tile(n, device or torch.device("cpu"))
    direct = cost_cholesky(n, d, n_rhs, tile, rates)
    ways, cautious = [direct], {direct: direct.seconds}
    if probe is None:
        finding = "conjugate gradients were not considered: the matrix was not probed"
    elif probe.iterations is None:
        finding = f"ill-conditioned: conjugate gradients did not converge on {probe.rows} rows"
    else:
        finding = f"well conditioned: {probe.iterations} iterations on {probe.rows} rows"
        for stored in (True, False):
            rank = _rank(n, d, n_rhs, tile, rates, stored, limit)
            iterations = probe.iterations_at(n, rank)
            costs = [
                cost_pcg(n, d, n_rhs, tile, rates, times * iterations, rank, stored)
                for times in (1, MARGIN)
            ]
            ways.append(costs[0])
            cautious[costs[0]] = costs[1].seconds
    title = f"{n} x {n}, D = {d}, {n_rhs} right-hand side{'s' if n_rhs > 1 else ''}"
    fits = [way for way in ways if way.peak_bytes <= limit]
    if not fits:
        table = _table(title, ways, limit, None, finding)
        out = "Ways out: fewer rows, a GPU or a machine with more memory."
        raise DoesNotFitError(f"{table}\nnothing fits. {out}")
    chosen = min(fits, key=cautious.__getitem__)
    choice = "the fastest" if len(fits) > 1 else "the only one"
    if chosen is direct and any(way.seconds < direct.seconds for way in fits):
        choice = f"safe, and {MARGIN:g} times the iterations would make it the fastest, of those"
    reason = f"{chosen.solver} is {choice} that fits and converges; {finding}"
    return Plan(chosen, tuple(ways), reason, title, limit)


def _rank(n: int, d: int, n_rhs: int, tile: int, rates: Rates, stored: bool, limit: int) -> int:
    """The fastest rank that fits, or the smallest, for a matrix of the nominal conditioning."""
    ranks = [rank for rank in RANKS if 4 * rank <= n] or [max(1, n // 4)]
    costs = [
        cost_pcg(n, d, n_rhs, tile, rates, NOMINAL.iterations_at(n, rank), rank, stored)
        for rank in ranks
    ]
    fitting = [way for way in costs if way.peak_bytes <= limit]
    return min(fitting or costs[:1], key=lambda way: way.seconds).rank


def plan_for(
    operator: GramOperator,
    rhs: Tensor,
    ridge: float,
    tolerance: float = 1e-6,
    limit: int | None = None,
    rates: Rates | None = None,
    more: int = 0,
) -> Plan:
    """Probes the matrix where that pays, and plans (seconds).

    Args:
        operator: K, N x N.
        rhs: (N, K).
        ridge: absolute, added to the diagonal.
        tolerance: on the residual.
        limit: bytes that may be used; nine tenths of the memory of the control group, the machine
            or the card where it is not given, however much of it is free.
        rates: speeds to plan with; those of the table where they are not given.
        more: right-hand sides that will be solved for later on.

    Raises:
        DoesNotFitError: see :func:`plan_solve`.
        InputError: wrong shapes or numbers that are not finite.
    """
    check_problem(operator, rhs, ridge)
    n, n_rhs = rhs.shape[0], rhs.shape[1] + more
    limit = int(USABLE_SHARE * total_bytes(operator.device)) if limit is None else limit
    rates = rates_of(operator) if rates is None else rates
    direct = cost_cholesky(n, operator.width, n_rhs, default_tile(n, operator.device), rates)
    probe = None
    if direct.seconds > PROBE_WORTH_SECONDS or direct.peak_bytes > limit:
        probe = probe_conditioning(operator, rhs, ridge, tolerance)
    return plan_solve(n, operator.width, n_rhs, limit, rates, probe, operator.device)


def _table(
    title: str, ways: Sequence[Candidate], limit: int, chosen: Candidate | None, reason: str
) -> str:
    lines = [f"solve plan for {title}; {show_bytes(limit)} may be used"]
    for way in ways:
        mark = ">" if way is chosen else " " if way.peak_bytes <= limit else "x"
        lines.append(f" {mark} {way}")
    return "\n".join([*lines, f"   {reason}"])
