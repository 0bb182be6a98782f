"""The one large solve, and the leave-one-out errors that come with it.

With B = (K + ridge I)^-1, the error that the regression would make on row i, had it not seen that
row, is [B (y - m_i 1)]_i / B_ii, where m_i is the mean of the other scores (Rasmussen and Williams,
Gaussian Processes for Machine Learning, Eq. 5.12, and :mod:`torchbdi.leave_one_out`; ridge I stays
as it is). So it needs the solution for a constant 1, and the diagonal of the inverse:

* after a factorisation, exactly, for every row, for as many flops again; above 6,000 rows for a
  random sample of 1,000 of them;
* after conjugate gradients, to four digits, but for a random sample of 128, a right-hand side each.
  The plan counts these: what is fast for one right-hand side need not be for so many.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from ...kernel import Kernel
from ...kernels.solve.choice import SolveOptions, solve_by
from ...kernels.solve.packed import PackedCholesky
from ...kernels.solve.plan import plan_for
from ...kernels.solve.solver import Solver
from ...leave_one_out import mean_of_others, missed
from ...ridge import ridge_to_add

TOLERANCE = 1e-8
# A diagonal entry of the inverse needs no more: it is a denominator.
SAMPLE_TOLERANCE = 1e-4
SAMPLE_ROWS = 128
# So many columns that are solved together, to few digits, take the time of one that is alone.
TOGETHER = 10
# A factorisation gives the error of every row of a table of at most so many rows, else of a sample.
EVERY_ROW, FACTORED_ROWS = 6000, 1000


@dataclass(frozen=True)
class Solve:
    """A solved table.

    Attributes:
        coefficients: d, (N,).
        sample: rows of which the leave-one-out error is known, (S,) ascending; all N of them after
            a factorisation of at most 6,000 rows.
        errors: score less leave-one-out prediction of those rows, standardised, (S,).
        solver: "cholesky" or "pcg".
        residual: relative residual of d.
        added: what was added to the diagonal of K.
    """

    coefficients: Tensor
    sample: Tensor
    errors: Tensor
    solver: str
    residual: float
    added: float


def solve(
    kernel: Kernel,
    x_l: Tensor,
    y_l: Tensor,
    ridge: float,
    progress: bool = True,
    checkpoint: Path | None = None,
    options: SolveOptions | None = None,
    sample_rows: int = SAMPLE_ROWS,
    every_row: int = EVERY_ROW,
    factored_rows: int = FACTORED_ROWS,
) -> Solve:
    """Solves (K + ridge trace(K)/N I) d = y_l, and finds the leave-one-out errors.

    Args:
        kernel: the kernel.
        x_l: encoded designs, (N, D).
        y_l: standardised scores, (N,).
        ridge: beta, trace scaled.
        progress: show progress bars, with the time left, where it takes more than two seconds.
        checkpoint: file in which conjugate gradients keep their state, and from which they go on.
        options: of the solve, in place of those that follow from progress and checkpoint.
        sample_rows: rows whose error is found after conjugate gradients.
        every_row: up to so many rows a factorisation gives the error of all of them.
        factored_rows: of more rows than that it gives the errors of so many.

    Raises:
        DoesNotFitError: the solve needs more memory than there is.
        NotPositiveDefiniteError: to rounding, a row is a combination of others.
        NotConvergedError: see :func:`torchbdi.fit_ridge`.
    """
    if options is None:
        options = SolveOptions(
            tolerance=TOLERANCE, checkpoint=checkpoint, verbose=progress,
            plan=partial(plan_for, more=sample_rows // TOGETHER),
        )  # fmt: skip
    with torch.no_grad():
        added = ridge_to_add(kernel.diag(x_l), ridge, "trace").item()
        rhs = y_l.unsqueeze(1)
        solved = solve_by(kernel.matrix(x_l), rhs, added, options)
        d, solver = solved.d[:, 0], solved.solver
        if isinstance(solver, PackedCholesky):
            everything = len(d) <= every_row
            sample = torch.arange(len(d)) if everything else drawn(len(d), factored_rows)
            diagonal = solver.inverse_diagonal(None if everything else sample)
            one = solver.solve(torch.ones_like(rhs))[0][sample, 0]
        else:
            sample, diagonal, one = _sampled(solver, rhs, sample_rows)
    report = solved.report
    errors = missed(d[sample], one, diagonal, mean_of_others(y_l)[sample])
    return Solve(d, sample, errors, report.solver, report.residual, added)


def drawn(count: int, rows: int) -> Tensor:
    """At most so many of ``count`` rows, at random but the same each time, (S,) ascending."""
    generator = torch.Generator().manual_seed(0)
    return torch.randperm(count, generator=generator)[:rows].sort().values


def _sampled(solver: Solver, rhs: Tensor, rows: int) -> tuple[Tensor, Tensor, Tensor]:
    """Random rows, (S,) ascending, and there the diagonal of the inverse and its row sums, (S,)."""
    sample = drawn(len(rhs), rows)
    columns = torch.zeros(len(rhs), len(sample) + 1, dtype=rhs.dtype)
    columns[sample, torch.arange(len(sample))] = 1
    columns[:, -1] = 1
    quick = solver.with_options(tolerance=SAMPLE_TOLERANCE, checkpoint=None)
    inverse, _ = quick.solve(columns)
    return sample, inverse[sample, :-1].diagonal(), inverse[sample, -1]
