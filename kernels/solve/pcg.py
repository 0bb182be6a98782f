"""Preconditioned conjugate gradients for (K + ridge I) d = y, K stored or computed by tiles.

A solve ends only when the *recomputed* residual |y - K d - ridge d| / |y| is below the tolerance:
where the recurrence has drifted from it, the iteration starts again from the recomputed one.
"""

from __future__ import annotations

import math
import time
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from ..errors import InputError, NotConvergedError
from ..memory import PeakMemory
from .checkpoint import SolveCheckpoint
from .nystrom import NystromPreconditioner
from .operator import GramOperator, SolveStats, check_problem, check_symmetry
from .recurrence import CGState, Recurrence
from .tiles import PackedTriangle, default_tile

DEFAULT_RANK = 1000


class ConjugateGradient:
    """Prepares K + ridge I once; solves for as many right-hand sides as come.

    Args:
        operator: K.
        ridge: absolute, added to the diagonal.
        rank: of the Nystrom preconditioner.
        stored: keep the packed lower triangle of K; else every product computes K anew, by tiles.
        seed: of the preconditioner's sample.
        progress: show progress bars once two seconds have passed.

    Attributes:
        setup_seconds: wall time of the preconditioner and, where K is stored, of filling it.
        peak_bytes: highest memory use meanwhile, see :class:`PeakMemory`.

    Raises:
        DoesNotFitError: factor or stored K exceed the memory that is available.
        NotPositiveDefiniteError: K is not positive semi-definite.
        InputError: a diagonal or ridge that is not finite.
    """

    def __init__(
        self,
        operator: GramOperator,
        ridge: float,
        *,
        rank: int = DEFAULT_RANK,
        stored: bool = False,
        seed: int = 0,
        progress: bool = True,
    ) -> None:
        n = operator.n
        self.operator, self.ridge, self.progress = operator, ridge, progress
        self.preconditioner = torch.tensor([min(rank, n), seed])
        check_problem(operator, torch.zeros(n, 1).to(operator.diagonal()), ridge)
        start = time.perf_counter()
        with PeakMemory(operator.device) as memory:
            multiply = operator.multiply
            if stored:
                tile = default_tile(n, operator.device)
                matrix = PackedTriangle(n, tile, operator.dtype, operator.device)
                rows = range(len(matrix.spans))
                for i in tqdm(rows, desc=f"Gram {n}", delay=2, disable=not progress):
                    matrix.fill_row(i, operator)
                multiply = matrix.multiply
            check_symmetry(operator)
            preconditioner = NystromPreconditioner(operator, ridge, rank, seed)

            # Not a method: the solver would hold itself, and its memory until the next collection.
            def regularised(v: Tensor) -> Tensor:
                return multiply(v).add_(v, alpha=ridge)

            self.recurrence = Recurrence(regularised, preconditioner.apply)
        self.setup_seconds = time.perf_counter() - start
        self.peak_bytes = memory.peak_bytes

    def solve(
        self,
        rhs: Tensor,
        *,
        tolerance: float = 1e-6,
        max_iterations: int = 2000,
        checkpoint: Path | None = None,
        checkpoint_seconds: float = 120.0,
    ) -> tuple[Tensor, SolveStats]:
        """Solves (K + ridge I) d = rhs.

        Args:
            rhs: (N, K).
            tolerance: on the recomputed |rhs - K d - ridge d| / |rhs| of every column.
            max_iterations: iterations allowed, those before a resume included.
            checkpoint: a file that the state is written to and, where it exists, taken from. It
                stays when the solve is done: deleting it is the caller's.
            checkpoint_seconds: time between two writes, at least.

        Returns:
            d (N, K) and the stats.

        Raises:
            NotConvergedError: iterations ran out, or the residual stopped falling.
            NotPositiveDefiniteError: a direction with p.(K + ridge) p <= 0 was met.
            InputError: wrong shapes or dtypes, numbers that are not finite, a foreign checkpoint.
        """
        check_problem(self.operator, rhs, self.ridge)
        if not 0 < tolerance < 1:
            raise InputError(f"the tolerance must lie between 0 and 1, got {tolerance}.")
        start = time.perf_counter()
        file = None
        if checkpoint is not None:
            file = SolveCheckpoint(checkpoint, self.operator, rhs, self.ridge)
        with PeakMemory(self.operator.device) as memory:
            state = self._begin(file.load() if file else None, rhs)
            residual = self._iterate(
                state, rhs, tolerance, max_iterations, file, checkpoint_seconds
            )
        seconds = time.perf_counter() - start
        peak = max(memory.peak_bytes, self.peak_bytes)
        return state.d, SolveStats(residual, state.iteration, seconds, peak)

    def _begin(self, saved: dict[str, Tensor] | None, rhs: Tensor) -> CGState:
        """The state to go on from; with another preconditioner only its solution is of use."""
        if saved is None:
            return self.recurrence.start(rhs)
        state = CGState.from_file(saved, rhs)
        if not torch.equal(saved["preconditioner"], self.preconditioner):
            self.recurrence.restart(state, rhs - self.recurrence.matrix(state.d))
        return state

    def _save(self, file: SolveCheckpoint, state: CGState) -> None:
        file.save({**state.to_file(), "preconditioner": self.preconditioner})

    def _iterate(
        self,
        state: CGState,
        rhs: Tensor,
        tolerance: float,
        max_iterations: int,
        file: SolveCheckpoint | None,
        checkpoint_seconds: float,
    ) -> float:
        """Runs until every column is verified; returns the largest recomputed residual."""
        size = rhs.norm(dim=0)
        size = torch.where(size > 0, size, 1)
        written = time.perf_counter()
        # The residual falls about geometrically: the share done is a ratio of logarithms.
        worst = float((state.r.norm(dim=0) / size).max())
        with tqdm(
            total=1.0,
            initial=_share(worst, tolerance),
            desc=f"CG {len(rhs)}",
            bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}",
            miniters=0,
            smoothing=0,
            delay=2,
            disable=not self.progress,
        ) as bar:
            while True:
                relative = state.r.norm(dim=0) / size
                active = relative > tolerance
                worst = float(relative.max())
                note = f"iteration {state.iteration}, residual {worst:.2e}"
                bar.set_postfix_str(note, refresh=False)
                bar.update(max(0.0, _share(worst, tolerance) - bar.n))
                if not active.any() or state.iteration >= max_iterations:
                    left = rhs - self.recurrence.matrix(state.d)
                    true = float((left.norm(dim=0) / size).max())
                    if file:
                        self._save(file, state)
                    if true <= tolerance:
                        return true
                    self._give_up_where_hopeless(state, true, tolerance, max_iterations)
                    state.verified = true
                    self.recurrence.restart(state, left)
                    continue
                self.recurrence.step(state, active)
                if file and time.perf_counter() - written >= checkpoint_seconds:
                    self._save(file, state)
                    written = time.perf_counter()

    def _give_up_where_hopeless(
        self, state: CGState, true: float, tolerance: float, max_iterations: int
    ) -> None:
        if state.iteration >= max_iterations:
            why = f"{max_iterations} iterations were not enough"
        elif true > 0.5 * state.verified:
            why = f"the residual stopped falling after {state.iteration} iterations"
        else:
            return
        raise NotConvergedError(
            f"conjugate gradients: {why}; the residual is {true:.3g}, asked for was "
            f"{tolerance:.3g}. Nearly equal rows are the usual cause: keep one of each, factor the "
            "matrix instead (solver='cholesky'), or take a larger ridge or tolerance."
        )


def _share(residual: float, tolerance: float) -> float:
    return max(0.0, math.log(max(residual, tolerance, 1e-300)) / math.log(tolerance))
