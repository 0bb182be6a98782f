"""From the name of a solver to a solution: one plan, carried out by one of the solvers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from torch import Tensor

from ..errors import DoesNotFitError, InputError, NotConvergedError
from ..memory import USABLE_SHARE, available_bytes
from .costs import pcg_bytes
from .operator import GramOperator
from .packed import CholeskyOptions, PackedCholesky
from .pcg import DEFAULT_RANK, ConjugateGradient, ConjugateGradientOptions
from .plan import Plan, plan_for
from .report import WORST_RESIDUAL, SolveReport
from .solver import Solver
from .tiles import default_tile

SolverName = Literal["auto", "cholesky", "pcg"]
# Up to here the factorisation takes less time than a plan would.
PLANNED_ROWS = 3000


@dataclass(frozen=True)
class Solution:
    """A solved table.

    Attributes:
        d: coefficients, (N, K).
        report: what the solve cost and how good it is.
        solver: prepared, for further right-hand sides.
    """

    d: Tensor
    report: SolveReport
    solver: Solver


@dataclass(frozen=True)
class SolveOptions:
    """What a person chooses of a solve.

    Attributes:
        solver: "cholesky", "pcg" (K stored where it fits into what is free), or "auto", a plan.
        tolerance: relative residual at which conjugate gradients stop.
        checkpoint: file from which interrupted conjugate gradients go on, and to which they write
            their state.
        verbose: print the plan, and show progress bars where it takes more than two seconds.
        rank: of the preconditioner of "pcg"; a plan chooses its own.
        planned_rows: up to this many rows "auto" factors without a plan.
        plan: makes the plan, see :func:`plan_for`.
    """

    solver: SolverName = "auto"
    tolerance: float = 1e-8
    checkpoint: Path | None = None
    verbose: bool = True
    rank: int = DEFAULT_RANK
    planned_rows: int = PLANNED_ROWS
    plan: Callable[[GramOperator, Tensor, float, float], Plan] = plan_for


def solve_by(
    operator: GramOperator, rhs: Tensor, ridge: float, options: SolveOptions | None = None
) -> Solution:
    """Solves (K + ridge I) d = rhs.

    Args:
        operator: K, N x N.
        rhs: (N, K).
        ridge: absolute, added to the diagonal.
        options: the defaults where they are not given.

    Raises:
        InputError: wrong shapes, numbers that are not finite, an unknown option, or a checkpoint
            that is not this problem's.
        NotPositiveDefiniteError: the factorisation met a pivot <= 0.
        DoesNotFitError: the way needs more memory than there is, or than is free.
        NotConvergedError: no solution was found, or what was found is none. Where "auto" had chosen
            conjugate gradients and a factorisation fits, it says so and factors instead.
    """
    options = options or SolveOptions()
    if options.solver not in get_args(SolverName):
        raise InputError(f"solver must be one of {get_args(SolverName)}, got {options.solver!r}.")
    if not 0 < options.tolerance < 1:
        raise InputError(f"tolerance must lie between 0 and 1, got {options.tolerance!r}.")
    if options.solver == "pcg":
        stored = _packed_fits(operator, rhs, options.rank)
        return _iterate(operator, rhs, ridge, options, options.rank, stored)
    if options.solver == "cholesky" or operator.n <= options.planned_rows:
        return _factor(operator, rhs, ridge, options)
    plan = options.plan(operator, rhs, ridge, options.tolerance)
    if options.verbose:
        print(plan, flush=True)
    try:
        return _follow(plan, operator, rhs, ridge, options)
    except DoesNotFitError as error:
        raise DoesNotFitError(
            f"{error}\n{plan}\nA plan goes by the memory of the machine, not by what is free now, "
            "so that a table is always solved the same way. Free some, or name another way: "
            "solver='pcg' stores K only where that fits into what is free, solver='cholesky' "
            "factors it."
        ) from error


def _follow(
    plan: Plan, operator: GramOperator, rhs: Tensor, ridge: float, options: SolveOptions
) -> Solution:
    """Carries a plan out.

    A plan has seen a part of the rows. Where the others are worse conditioned than these and a
    factorisation fits, that is the way on.
    """
    if plan.solver != "cholesky":
        stored = plan.solver == "pcg-stored"
        try:
            return _iterate(operator, rhs, ridge, options, plan.chosen.rank, stored)
        except NotConvergedError as error:
            if not plan.can_factor:
                raise
            why = str(error)
        # Here, outside of the handler, nothing holds the K that may have been stored.
        if options.verbose:
            print(f"{why}\nIt can be factored, and that is done now.", flush=True)
    return _factor(operator, rhs, ridge, options)


def _iterate(
    operator: GramOperator,
    rhs: Tensor,
    ridge: float,
    options: SolveOptions,
    rank: int,
    stored: bool,
) -> Solution:
    how = ConjugateGradientOptions(
        rank=rank,
        stored=stored,
        tolerance=options.tolerance,
        checkpoint=options.checkpoint,
        verbose=options.verbose,
    )
    solver = ConjugateGradient().prepare(operator, ridge, how)
    return Solution(*solver.solve(rhs), solver)


def _factor(operator: GramOperator, rhs: Tensor, ridge: float, options: SolveOptions) -> Solution:
    worst = max(WORST_RESIDUAL, 100 * options.tolerance)
    how = CholeskyOptions(worst=worst, verbose=options.verbose)
    solver = PackedCholesky().prepare(operator, ridge, how)
    return Solution(*solver.solve(rhs), solver)


def _packed_fits(operator: GramOperator, rhs: Tensor, rank: int) -> bool:
    n, tile = operator.n, default_tile(operator.n, operator.device)
    needed = pcg_bytes(n, rhs.shape[-1], tile, min(rank, n), stored=True)
    return needed <= USABLE_SHARE * available_bytes(operator.device)
