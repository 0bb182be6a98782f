"""Cholesky factorisation of a matrix too large to hold twice: packed, by tiles, in place.

Row i of tiles is filled by the operator, then eliminated against the rows above it,

    L_ij = (K_ij - sum_{k<j} L_ik L_jk^T) L_jj^-T ,     L_ii L_ii^T = K_ii - sum_{k<i} L_ik L_ik^T ,

so nearly all of the N^3/3 flops are products of long panels, and the matrix is never there
unfactored. (Golub and Van Loan, Matrix Computations, 4.2.9, in the order of rows.)
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar, Self

import torch
from torch import Tensor

from ..errors import InputError, NotPositiveDefiniteError
from ..peak_memory import PeakMemory
from ..pieces import pieces
from .inverse import inverse_diagonal, inverse_diagonal_at
from .operator import GramOperator, check_problem, check_symmetry
from .progress import progress_bar
from .report import WORST_RESIDUAL, SolveReport, check_residual
from .solver import Solver
from .tiles import PackedTriangle, add_product, default_tile

# Rows of a diagonal tile updated together: only the upper triangle is needed, the rest is waste.
CORNER_STRIP = 256


@dataclass(frozen=True)
class CholeskyOptions:
    """How to factor and what to accept.

    Attributes:
        tile: tile size b; None chooses it for the device.
        refine: steps of iterative refinement against the matrix-free product. A step that does not
            lower the residual is dropped, and is the last.
        worst: the largest residual that is a solution; a larger one is an error.
        verbose: show a progress bar with the time left once two seconds have passed.
    """

    tile: int | None = None
    refine: int = 1
    worst: float = WORST_RESIDUAL
    verbose: bool = True


class PackedCholesky(Solver[CholeskyOptions]):
    """Factors K + ridge I in N(N + b)/2 numbers.

    Attributes:
        factor: L, whose corners hold L_ii^T.
    """

    name: ClassVar[str] = "cholesky"
    settled: ClassVar[frozenset[str]] = frozenset({"tile"})
    factor: PackedTriangle

    def prepare(
        self, operator: GramOperator, ridge: float, options: CholeskyOptions | None = None
    ) -> Self:
        """Fills the packed triangle tile by tile and factors it in place.

        Raises:
            NotPositiveDefiniteError: names the pivot that failed. Nothing is ever added to it.
            DoesNotFitError: the packed triangle is larger than the memory that is available.
            InputError: a diagonal or ridge that is not finite, or K is not symmetric.
        """
        n, options = operator.n, options or CholeskyOptions()
        self._prepare_for(operator, ridge, options)
        start = time.perf_counter()
        with PeakMemory(operator.device) as memory:
            tile = options.tile or default_tile(n, operator.device)
            self.factor = PackedTriangle(n, tile, operator.dtype, operator.device)
            check_symmetry(operator)
            self._work = self.factor.data.new_empty(tile * tile)
            with progress_bar(f"Cholesky {n}", options.verbose) as bar:
                for i, rows in enumerate(self.factor.spans):
                    self.factor.fill_row(i, operator)
                    self._eliminate(i)
                    # Rows up to m have taken m^3/3 of the flops.
                    bar.update((rows.stop**3 - rows.start**3) / n**3)
        del self._work
        self._prepared(time.perf_counter() - start, memory.peak_bytes)
        return self

    def _eliminate(self, i: int) -> None:
        """Turns row i of tiles of K into that row of L; corners hold L_ii^T, upper triangular."""
        factor = self.factor
        below, corner = factor.below(i), factor.corner(i)
        for j, cols in enumerate(factor.spans[:i]):
            target = below[:, cols]
            done, above = below[:, : cols.start], factor.below(j)
            work = self._work[: target.numel()].view(target.shape)
            torch.addmm(target, done, above.mT, alpha=-1, out=work)
            # A contiguous tile is solved in place; a strided one would be copied on every call.
            torch.linalg.solve_triangular(factor.corner(j), work, upper=True, left=False, out=work)
            target.copy_(work)
        corner.diagonal().add_(self.ridge)
        if i:
            for strip in pieces(len(corner), CORNER_STRIP):
                corner[strip, strip.start :].addmm_(below[strip], below[strip.start :].mT, alpha=-1)
        info = torch.empty((), dtype=torch.int32, device=corner.device)
        # Seen transposed the tile is column-major: factored in place, without a copy.
        torch.linalg.cholesky_ex(corner.mT, out=(corner.mT, info))
        if failed := int(info):
            if not torch.isfinite(corner).all():
                raise InputError("the matrix holds NaN or inf off its diagonal.")
            raise NotPositiveDefiniteError(self._explain(factor.spans[i].start + failed - 1))

    def _explain(self, pivot: int) -> str:
        diagonal = self.operator.diagonal()
        if self.ridge == 0 and diagonal[pivot] == 0:
            return (
                f"the matrix is not positive definite: k(x, x) is 0 for row {pivot} of "
                f"{self.operator.n}, and nothing is added to it. Kernels without biases are 0 "
                "where all features are, which is the mean of every column. Leave such rows out, "
                "take a kernel with b_std > 0 or RBF, or a ridge above 0 "
                '(ridge_scale="absolute" where all rows are such).'
            )
        text = (
            f"the matrix is not positive definite at row {pivot} of {self.operator.n} with ridge "
            f"{self.ridge:.3g}: to rounding, that row is a combination of the rows before it. "
        )
        if pivot:
            row = self.factor.data.new_empty(1, pivot)
            self.operator.fill(slice(pivot, pivot + 1), slice(0, pivot), row)
            cosine = row[0] / (diagonal[:pivot] * diagonal[pivot]).clamp_min(1e-300).sqrt()
            nearest = int(cosine.argmax())
            text += f"The row most like it is {nearest}, cosine {float(cosine[nearest]):.12g}. "
        return text + (
            "Likely causes: duplicate rows in the data, a ridge that is too small (1e-6 of the "
            "mean diagonal is usual), or a kernel that is not positive definite."
        )

    def solve(self, rhs: Tensor) -> tuple[Tensor, SolveReport]:
        """Solves (K + ridge I) d = rhs, see :meth:`Solver.solve`."""
        self.check_prepared()
        check_problem(self.operator, rhs, self.ridge)
        start, kept = time.perf_counter(), 0
        with PeakMemory(self.operator.device) as memory:
            d = self._substitute(rhs)
            left, residual = self._residual(d, rhs)
            for _ in range(self.options.refine):
                trial = d + self._substitute(left)
                trial_left, trial_residual = self._residual(trial, rhs)
                if not trial_residual < residual:
                    break
                d, left, residual, kept = trial, trial_left, trial_residual, kept + 1
        if not torch.isfinite(d).all():
            raise InputError("the solution is not finite: the matrix holds NaN or inf.")
        seconds, peak = time.perf_counter() - start, memory.peak_bytes
        report = self._report(d, rhs, residual, kept, seconds, peak, self.operator.multiply)
        check_residual(report, self.options.worst)
        return d, report

    def inverse_diagonal(self, at: Tensor | None = None) -> Tensor:
        """The diagonal of (K + ridge I)^-1, (N,), see :func:`inverse_diagonal`.

        Args:
            at: which entries of it, (S,) ascending; None for all.
        """
        self.check_prepared()
        if at is None:
            return inverse_diagonal(self.factor, self.options.verbose)
        return inverse_diagonal_at(self.factor, at, self.options.verbose)

    def _residual(self, d: Tensor, rhs: Tensor) -> tuple[Tensor, float]:
        left = rhs - self.operator.multiply(d) - self.ridge * d
        size = rhs.norm(dim=0)
        return left, float((left.norm(dim=0) / torch.where(size > 0, size, 1)).max())

    def _substitute(self, rhs: Tensor) -> Tensor:
        """L^-T L^-1 rhs, (N, K)."""
        factor, d = self.factor, rhs.clone()
        for i, rows in enumerate(factor.spans):
            if i:
                d[rows].sub_(_product(factor.below(i), d[: rows.start]))
            d[rows] = torch.linalg.solve_triangular(factor.corner(i).mT, d[rows], upper=False)
        for i, rows in reversed(list(enumerate(factor.spans))):
            d[rows] = torch.linalg.solve_triangular(factor.corner(i), d[rows], upper=True)
            if i:
                d[: rows.start].sub_(_product(factor.below(i).mT, d[rows]))
        return d


def _product(block: Tensor, v: Tensor) -> Tensor:
    out = v.new_zeros(block.shape[0], v.shape[1])
    add_product(block, v, out)
    return out
