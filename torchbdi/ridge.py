"""Kernel ridge regression: (K_ll + ridge I) d = y_l, solved once and used for ever."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from .kernel import Kernel, check_designs
from .kernels.errors import InputError, NotConvergedError
from .kernels.memory import USABLE_SHARE, available_bytes
from .kernels.solve.operator import GramOperator, SolveStats
from .kernels.solve.packed import PackedCholesky
from .kernels.solve.pcg import DEFAULT_RANK, ConjugateGradient
from .kernels.solve.plan import Plan, plan_for
from .kernels.solve.tiles import default_tile, packed_size

SOLVERS = ("auto", "cholesky", "pcg")
RIDGE_SCALES = ("trace", "absolute")
_PREDICT_ENTRIES = 1 << 24
# Up to here the factorisation takes less time than a plan would.
PLANNED_ROWS = 3000


@dataclass(frozen=True)
class SolveReport:
    """What a solve cost and how good it is.

    Attributes:
        residual: |K d + ridge d - y| / |y|, the largest over right-hand sides, recomputed.
        ridge_added: the number that was added to the diagonal.
        seconds: wall time of the solve.
        peak_bytes: peak memory of the process during the solve.
        solver: "cholesky" or "pcg".
        iterations: refinement steps (cholesky) or conjugate-gradient steps (pcg).
        floor: eps |K| |d| / |y|, the residual that rounding alone leaves; a residual near it
            cannot be lowered.
    """

    residual: float
    ridge_added: float
    seconds: float
    peak_bytes: int
    solver: str
    iterations: int
    floor: float


@dataclass(frozen=True)
class RidgeFit:
    """A fitted kernel ridge regression.

    Attributes:
        kernel: the kernel.
        x_l: the designs it was fitted on, (N, D).
        coefficients: dual coefficients (K_ll + ridge I)^-1 y_l, (N,) or (N, K).
        report: what the solve cost and how good it is.
    """

    kernel: Kernel
    x_l: Tensor
    coefficients: Tensor
    report: SolveReport

    def predict(self, x: Tensor) -> Tensor:
        """Predicted scores k(x, x_l) d.

        Args:
            x: designs, (..., M, D); converted to float64.

        Returns:
            (..., M), or (..., M, K) for K right-hand sides. Differentiable in x.

        Raises:
            InputError: x is not finite or has another D.
        """
        x = torch.as_tensor(x).to(self.x_l)
        check_designs("x", x)
        rows = max(1, _PREDICT_ENTRIES // len(self.x_l))
        blocks = x.reshape(-1, x.shape[-1]).split(rows)
        flat = torch.cat([self.kernel(block, self.x_l) @ self.coefficients for block in blocks])
        return flat.reshape(*x.shape[:-1], *self.coefficients.shape[1:])


def fit_ridge(
    kernel: Kernel,
    x_l: Tensor,
    y_l: Tensor,
    ridge: float = 1e-6,
    ridge_scale: str = "trace",
    solver: str = "auto",
    *,
    tolerance: float = 1e-8,
    checkpoint: Path | None = None,
) -> RidgeFit:
    """Solves (K_ll + ridge I) d = y_l in float64.

    Args:
        kernel: a torchbdi kernel.
        x_l: designs, (N, D), standardised; converted to float64.
        y_l: scores, (N,) or (N, K), standardised; converted to float64.
        ridge: beta of the paper, >= 0.
        ridge_scale: "trace" adds ridge * trace(K_ll)/N to the diagonal (the authors' code),
            "absolute" adds ridge (the paper's equations).
        solver: "cholesky" (packed, half of the N^2 numbers), "pcg" (conjugate gradients, K stored
            where it fits, else computed anew in every product), or "auto", which plans memory and
            time before anything large is allocated and prints its choice.
        tolerance: relative residual at which conjugate gradients stop.
        checkpoint: file from which interrupted conjugate gradients go on, and to which they
            write their state every two minutes; its folder must exist, and deleting it
            afterwards is the caller's.

    Returns:
        The fit.

    Raises:
        InputError: wrong shapes, non-finite values, an unknown option, or a checkpoint that is
            not this problem's.
        NotPositiveDefiniteError: the factorisation met a pivot <= 0; nothing is added in silence.
        DoesNotFitError: the solve needs more memory than there is; raised before allocation.
        NotConvergedError: conjugate gradients did not reach their tolerance; where "auto" had
            chosen them and a factorisation fits, it says so and factors instead.
    """
    check_options(ridge, ridge_scale)
    if not 0 < tolerance < 1:
        raise InputError(f"fit_ridge: tolerance must lie between 0 and 1, got {tolerance!r}.")
    checkpoint = None if checkpoint is None else Path(checkpoint)
    if checkpoint is not None and not checkpoint.parent.is_dir():
        raise InputError(f"fit_ridge: the folder of checkpoint {checkpoint} does not exist.")
    if solver not in SOLVERS:
        raise InputError(f"fit_ridge: solver must be one of {SOLVERS}, got {solver!r}.")
    x_l, y_l = check_table(x_l, y_l)
    with torch.no_grad():
        added = ridge_to_add(kernel.diag(x_l), ridge, ridge_scale).item()
        matrix, rhs = kernel.matrix(x_l), y_l.reshape(len(y_l), -1)
        start = time.perf_counter()
        plan, iterative, solved = None, None, None
        if solver == "pcg":
            stored = _packed_fits(matrix)
            iterative = ConjugateGradient(matrix, added, rank=DEFAULT_RANK, stored=stored)
        elif solver == "auto" and matrix.n > PLANNED_ROWS:
            plan = plan_for(matrix, rhs, added, tolerance)
            print(plan, flush=True)
            if plan.solver != "cholesky":
                iterative = planned_iteration(matrix, added, plan)
        if iterative is not None:
            solved = iterate_or_give_up(iterative, rhs, tolerance, checkpoint, plan)
        if solved is None:
            iterative = None  # frees a K that it has stored
            solved = PackedCholesky(matrix, added).solve(rhs)
        d, stats = solved
        # Where K is stored, its product is much the faster.
        multiply = matrix.multiply if iterative is None else iterative.recurrence.matrix
        report = SolveReport(
            residual=stats.residual,
            ridge_added=added,
            seconds=time.perf_counter() - start,
            peak_bytes=stats.peak_bytes,
            solver="cholesky" if iterative is None else "pcg",
            iterations=stats.iterations,
            floor=residual_floor(multiply, d, rhs),
        )
    return RidgeFit(kernel, x_l, d.reshape(y_l.shape), report)


def planned_iteration(
    matrix: GramOperator, ridge: float, plan: Plan, progress: bool = True
) -> ConjugateGradient:
    """Conjugate gradients as a plan wants them."""
    return ConjugateGradient(
        matrix,
        ridge,
        rank=plan.chosen.rank,
        stored=plan.solver == "pcg-stored",
        progress=progress,
    )


def iterate_or_give_up(
    iterative: ConjugateGradient,
    rhs: Tensor,
    tolerance: float,
    checkpoint: Path | None,
    plan: Plan | None,
) -> tuple[Tensor, SolveStats] | None:
    """Solves by conjugate gradients.

    A plan has seen a part of the rows. Where the others are worse conditioned than these and a
    factorisation fits, that is the way on.

    Returns:
        d (N, K) and the stats; None where it did not converge and ``plan`` says that the matrix
        can be factored.

    Raises:
        NotConvergedError: it did not converge, and there is no such way on.
    """
    try:
        return iterative.solve(rhs, tolerance=tolerance, checkpoint=checkpoint)
    except NotConvergedError as error:
        if plan is None or not plan.can_factor:
            raise
        print(f"{error}\nIt can be factored, and that is done now.", flush=True)
        return None


def _packed_fits(matrix: GramOperator) -> bool:
    tile = default_tile(matrix.n, matrix.device)
    packed = matrix.dtype.itemsize * (packed_size(matrix.n, tile) + matrix.n * DEFAULT_RANK)
    return packed <= USABLE_SHARE * available_bytes(matrix.device)


def residual_floor(multiply: Callable[[Tensor], Tensor], d: Tensor, y: Tensor) -> float:
    """eps |K| |d| / |y|: the residual that rounding alone leaves, the largest over columns.

    |K| is taken from one product with the vector of ones, which the leading eigenvector of a
    matrix of positive entries resembles.
    """
    ones = torch.ones_like(d[:, :1])
    size = float(multiply(ones).norm() / ones.norm())
    scale = y.norm(dim=0)
    ratio = float((d.norm(dim=0) / torch.where(scale > 0, scale, 1)).max())
    return torch.finfo(d.dtype).eps * size * ratio


def check_options(ridge: float, ridge_scale: str) -> None:
    """Raises InputError unless the ridge is finite and >= 0 and its scale is known."""
    if not (math.isfinite(ridge) and ridge >= 0):
        raise InputError(f"ridge must be finite and >= 0, got {ridge!r}.")
    if ridge_scale not in RIDGE_SCALES:
        raise InputError(f"ridge_scale must be one of {RIDGE_SCALES}, got {ridge_scale!r}.")


def ridge_to_add(diagonal: Tensor, ridge: float, ridge_scale: str) -> Tensor:
    """What is added to the diagonal of K, (...), given its diagonal (..., N)."""
    if ridge_scale == "trace":
        return ridge * diagonal.mean(-1)
    return torch.full_like(diagonal[..., 0], ridge)


def check_table(x_l: Tensor, y_l: Tensor) -> tuple[Tensor, Tensor]:
    """Checks a table of designs and scores and converts it to float64.

    Args:
        x_l: (N, D).
        y_l: (N,) or (N, K).

    Returns:
        x_l and y_l as float64, without a graph; not copied where they are that already.

    Raises:
        InputError: a shape is wrong, or a number is not finite.
    """
    x_l = torch.as_tensor(x_l).detach().double()
    y_l = torch.as_tensor(y_l).detach().double()
    check_designs("x_l", x_l)
    if x_l.ndim != 2 or len(x_l) == 0:
        raise InputError(f"x_l must have shape (N, D) with N >= 1, got {tuple(x_l.shape)}.")
    if y_l.ndim not in (1, 2) or len(y_l) != len(x_l) or y_l.numel() == 0:
        raise InputError(
            f"y_l must have shape (N,) or (N, K) with N = {len(x_l)} as x_l, got "
            f"{tuple(y_l.shape)}."
        )
    if not torch.isfinite(y_l).all():
        raise InputError("y_l contains NaN or inf. Remove those rows.")
    return x_l, y_l.to(x_l.device)
