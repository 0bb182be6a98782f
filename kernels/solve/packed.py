"""Cholesky factorisation of a matrix too large to hold twice: packed, by tiles, in place.

Row i of tiles is filled by the operator, then eliminated against the rows above it,

    L_ij = (K_ij - sum_{k<j} L_ik L_jk^T) L_jj^-T ,     L_ii L_ii^T = K_ii - sum_{k<i} L_ik L_ik^T ,

so nearly all of the N^3/3 flops are products of long panels, and the matrix is never there
unfactored. (Golub and Van Loan, Matrix Computations, 4.2.9, in the order of rows.)
"""

from __future__ import annotations

import time

import torch
from torch import Tensor
from tqdm import tqdm

from ..errors import InputError, NotPositiveDefiniteError
from ..memory import PeakMemory
from .operator import GramOperator, SolveStats, check_problem, check_symmetry
from .tiles import PackedTriangle, add_product, default_tile, spans

# Rows of a diagonal tile updated together: only the upper triangle is needed, the rest is waste.
CORNER_STRIP = 256


class PackedCholesky:
    """Factors K + ridge I once, in N(N + b)/2 numbers; solves for as many right-hand sides as come.

    Args:
        operator: K, which fills the tiles.
        ridge: absolute, added to the diagonal.
        tile: tile size b, chosen for the device where it is not given.
        progress: show a progress bar with the time left once two seconds have passed.

    Attributes:
        setup_seconds: wall time of filling and factoring.
        peak_bytes: highest memory use meanwhile, see :class:`PeakMemory`.

    Raises:
        NotPositiveDefiniteError: names the pivot that failed. Nothing is ever added to it.
        DoesNotFitError: the packed triangle is larger than the memory that is available.
        InputError: a diagonal or ridge that is not finite.
    """

    def __init__(
        self, operator: GramOperator, ridge: float, tile: int | None = None, progress: bool = True
    ) -> None:
        n = operator.n
        self.operator, self.ridge = operator, ridge
        check_problem(operator, torch.zeros(n, 1).to(operator.diagonal()), ridge)
        start = time.perf_counter()
        with PeakMemory(operator.device) as memory:
            tile = tile or default_tile(n, operator.device)
            self.factor = PackedTriangle(n, tile, operator.dtype, operator.device)
            check_symmetry(operator)
            self._work = self.factor.data.new_empty(tile * tile)
            bar = tqdm(total=1.0, desc=f"Cholesky {n}", delay=2, disable=not progress)
            bar.bar_format = "{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}"
            with bar:
                for i, rows in enumerate(self.factor.spans):
                    self.factor.fill_row(i, operator)
                    self._eliminate(i)
                    # Rows up to m have taken m^3/3 of the flops.
                    bar.update((rows.stop**3 - rows.start**3) / n**3)
        del self._work
        self.setup_seconds = time.perf_counter() - start
        self.peak_bytes = memory.peak_bytes

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
            for strip in spans(len(corner), CORNER_STRIP):
                corner[strip, strip.start :].addmm_(below[strip], below[strip.start :].mT, alpha=-1)
        info = torch.empty((), dtype=torch.int32, device=corner.device)
        # Seen transposed the tile is column-major: factored in place, without a copy.
        torch.linalg.cholesky_ex(corner.mT, out=(corner.mT, info))
        if failed := int(info):
            if not torch.isfinite(corner).all():
                raise InputError("the matrix holds NaN or inf off its diagonal.")
            raise NotPositiveDefiniteError(self._explain(factor.spans[i].start + failed - 1))

    def _explain(self, pivot: int) -> str:
        text = (
            f"the matrix is not positive definite at row {pivot} of {self.operator.n} with ridge "
            f"{self.ridge:.3g}: to rounding, that row is a combination of the rows before it. "
        )
        if pivot:
            row = self.factor.data.new_empty(1, pivot)
            self.operator.fill(slice(pivot, pivot + 1), slice(0, pivot), row)
            diagonal = self.operator.diagonal()
            cosine = row[0] / (diagonal[:pivot] * diagonal[pivot]).clamp_min(1e-300).sqrt()
            nearest = int(cosine.argmax())
            text += f"The row most like it is {nearest}, cosine {float(cosine[nearest]):.12g}. "
        return text + (
            "Likely causes: duplicate rows in the data, a ridge that is too small (1e-6 of the "
            "mean diagonal is usual), or a kernel that is not positive definite."
        )

    def solve(self, rhs: Tensor, refine: int = 1) -> tuple[Tensor, SolveStats]:
        """Solves (K + ridge I) d = rhs.

        Args:
            rhs: (N, K).
            refine: steps of iterative refinement against the matrix-free product. A step that does
                not lower the residual is dropped, and is the last.

        Returns:
            d (N, K) and the stats; ``iterations`` counts the steps kept.

        Raises:
            InputError: a wrong shape or dtype, or numbers that are not finite.
        """
        check_problem(self.operator, rhs, self.ridge)
        start, kept = time.perf_counter(), 0
        with PeakMemory(self.operator.device) as memory:
            d = self._substitute(rhs)
            left, residual = self._residual(d, rhs)
            for _ in range(refine):
                trial = d + self._substitute(left)
                trial_left, trial_residual = self._residual(trial, rhs)
                if not trial_residual < residual:
                    break
                d, left, residual, kept = trial, trial_left, trial_residual, kept + 1
        if not torch.isfinite(d).all():
            raise InputError("the solution is not finite: the matrix holds NaN or inf.")
        seconds = time.perf_counter() - start
        return d, SolveStats(residual, kept, seconds, max(memory.peak_bytes, self.peak_bytes))

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
