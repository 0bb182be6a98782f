"""The one large solve, and the leave-one-out errors that come with it.

With d = (K + ridge I)^-1 y, the error that the regression would make on row i, had it not seen that
row, is e_i = d_i / [(K + ridge I)^-1]_ii (Rasmussen and Williams, Gaussian Processes for Machine
Learning, Eq. 5.12; ridge I stays as it is). So it needs the diagonal of the inverse:

* after a factorisation, exactly, for every row, for as many flops again;
* after conjugate gradients, exactly too, but for a random sample of rows, a right-hand side each.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from ..kernel import Kernel
from ..kernels.solve.operator import GramOperator
from ..kernels.solve.packed import PackedCholesky
from ..kernels.solve.plan import Plan, plan_for
from ..kernels.solve.probe import Rates
from ..kernels.solve.tiles import PackedTriangle
from ..ridge import PLANNED_ROWS, iterate_or_give_up, planned_iteration, ridge_to_add

TOLERANCE = 1e-8
# Of two cores. Not measured: a plan must not depend on how busy a machine is, since all errors
# are known after a factorisation, and those of a sample after conjugate gradients.
RATES = Rates(flops=6e10, entry_seconds=5e-9, bytes_per_second=6e9)
# A diagonal entry of the inverse needs no more: it is a denominator.
SAMPLE_TOLERANCE = 1e-4
SAMPLE_ROWS = 128


@dataclass(frozen=True)
class Solve:
    """A solved table.

    Attributes:
        coefficients: d, (N,).
        sample: rows of which the leave-one-out error is known, (S,) ascending; all N of them after
            a factorisation.
        errors: score less leave-one-out prediction of those rows, standardised, (S,).
        solver: "cholesky" or "pcg".
        residual: relative residual of d.
    """

    coefficients: Tensor
    sample: Tensor
    errors: Tensor
    solver: str
    residual: float


def solve(
    kernel: Kernel,
    x_l: Tensor,
    y_l: Tensor,
    ridge: float,
    progress: bool = True,
    checkpoint: Path | None = None,
) -> Solve:
    """Solves (K + ridge trace(K)/N I) d = y_l, and finds the leave-one-out errors.

    Args:
        kernel: the kernel.
        x_l: encoded designs, (N, D).
        y_l: standardised scores, (N,).
        ridge: beta, trace scaled.
        progress: show progress bars, with the time left, where it takes more than two seconds.
        checkpoint: file in which conjugate gradients keep their state, and from which they go on.

    Raises:
        DoesNotFitError: the solve needs more memory than there is.
        NotPositiveDefiniteError: to rounding, a row is a combination of others.
        NotConvergedError: see :func:`torchbdi.fit_ridge`.
    """
    with torch.no_grad():
        added = ridge_to_add(kernel.diag(x_l), ridge, "trace").item()
        matrix, rhs = kernel.matrix(x_l), y_l.unsqueeze(1)
        if matrix.n > PLANNED_ROWS:
            plan = plan_for(matrix, rhs, added, TOLERANCE, rates=RATES)
            if progress:
                print(plan, flush=True)
            if plan.solver != "cholesky":
                found = _iterate(matrix, added, rhs, plan, checkpoint, progress)
                if found is not None:
                    return found
        factored = PackedCholesky(matrix, added, progress=progress)
        d, stats = factored.solve(rhs)
        diagonal = inverse_diagonal(factored.factor, progress)
    errors = d[:, 0] / diagonal
    return Solve(d[:, 0], torch.arange(matrix.n), errors, "cholesky", stats.residual)


def _iterate(
    matrix: GramOperator,
    ridge: float,
    rhs: Tensor,
    plan: Plan,
    checkpoint: Path | None,
    progress: bool,
) -> Solve | None:
    """By conjugate gradients; None where they fail and the matrix can be factored."""
    iterative = planned_iteration(matrix, ridge, plan, progress)
    solved = iterate_or_give_up(iterative, rhs, TOLERANCE, checkpoint, plan)
    if solved is None:
        return None
    d, stats = solved
    generator = torch.Generator().manual_seed(0)
    sample = torch.randperm(len(rhs), generator=generator)[:SAMPLE_ROWS].sort().values
    columns = torch.zeros(len(rhs), len(sample), dtype=rhs.dtype)
    columns[sample, torch.arange(len(sample))] = 1
    inverse, _ = iterative.solve(columns, tolerance=SAMPLE_TOLERANCE)
    return Solve(d[:, 0], sample, d[sample, 0] / inverse[sample].diagonal(), "pcg", stats.residual)


def inverse_diagonal(factor: PackedTriangle, progress: bool = True) -> Tensor:
    """The diagonal of (L L^T)^-1 from a packed factor L.

    Its entry i is the squared length of column i of L^-1. Those columns are found a tile at a time
    by forward substitution, N^3/3 flops in all, as many as the factorisation took, and N b numbers
    of memory.

    Args:
        factor: L as :class:`PackedCholesky` leaves it: corners hold L_ii^T.
        progress: show a progress bar with the time left once two seconds have passed.

    Returns:
        (N,).
    """
    n, spans = factor.n, factor.spans
    out = factor.data.new_empty(n)
    panel = factor.data.new_empty(n, factor.tile)
    with tqdm(
        total=1.0,
        desc=f"Leave-one-out {n}",
        delay=2,
        disable=not progress,
        bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}",
    ) as bar:
        for j, columns in enumerate(spans):
            width = columns.stop - columns.start
            z = panel[:, :width]
            eye = torch.eye(width, dtype=out.dtype, device=out.device)
            z[columns] = torch.linalg.solve_triangular(factor.corner(j).mT, eye, upper=False)
            for i in range(j + 1, len(spans)):
                rows = spans[i]
                right = factor.below(i)[:, columns.start :] @ z[columns.start : rows.start]
                torch.linalg.solve_triangular(
                    factor.corner(i).mT, right.neg_(), upper=False, out=right
                )
                z[rows] = right
            out[columns] = z[columns.start :].square().sum(0)
            # Columns from m on take (N - m)^3/3 of the flops.
            before, after = n - columns.start, n - columns.stop
            bar.update(min((before**3 - after**3) / n**3, 1 - bar.n))
    return out
