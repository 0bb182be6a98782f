"""Preconditioned conjugate gradients for (K + ridge I) d = y, K stored or computed by tiles.

A solve ends only when the *recomputed* residual |y - K d - ridge d| / |y| is below the tolerance:
where the recurrence has drifted from it, the iteration starts again from the recomputed one.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import torch
from torch import Tensor
from tqdm import tqdm

from ..errors import InputError, NotConvergedError
from ..peak_memory import PeakMemory
from .checkpoint import SolveCheckpoint
from .nystrom import NystromPreconditioner
from .operator import GramOperator, check_problem, check_symmetry
from .recurrence import CGState, Recurrence
from .report import SolveReport
from .solver import Solver
from .tiles import PackedTriangle, default_tile

DEFAULT_RANK = 1000


@dataclass(frozen=True)
class ConjugateGradientOptions:
    """How to precondition, and when to stop.

    Attributes:
        rank: of the Nystrom preconditioner, at most N.
        stored: keep the packed lower triangle of K; else every product computes K anew, by tiles.
        seed: of the preconditioner's sample.
        tolerance: on the recomputed |rhs - K d - ridge d| / |rhs| of every column.
        max_iterations: iterations allowed, those before a resume included.
        checkpoint: a file that the state is written to and, where it exists, taken from. It stays
            when the solve is done: deleting it is the caller's.
        checkpoint_seconds: time between two writes, at least.
        verbose: show progress bars once two seconds have passed.
    """

    rank: int = DEFAULT_RANK
    stored: bool = False
    seed: int = 0
    tolerance: float = 1e-6
    max_iterations: int = 2000
    checkpoint: Path | None = None
    checkpoint_seconds: float = 120.0
    verbose: bool = True


class ConjugateGradient(Solver[ConjugateGradientOptions]):
    """Preconditioned conjugate gradients.

    Attributes:
        recurrence: the steps; they know the matrix and the preconditioner.
        preconditioner: its rank and seed, as a checkpoint keeps them, (2,).
    """

    name: ClassVar[str] = "pcg"
    settled: ClassVar[frozenset[str]] = frozenset({"rank", "stored", "seed"})
    recurrence: Recurrence
    preconditioner: Tensor

    def prepare(
        self, operator: GramOperator, ridge: float, options: ConjugateGradientOptions | None = None
    ) -> Self:
        """Makes the preconditioner and, where K is to be stored, fills it.

        Raises:
            DoesNotFitError: factor or stored K exceed the memory that is available.
            NotPositiveDefiniteError: K is not positive semi-definite.
            InputError: a diagonal or ridge that is not finite, or K is not symmetric.
        """
        n, options = operator.n, options or ConjugateGradientOptions()
        self._prepare_for(operator, ridge, options)
        self.preconditioner = torch.tensor([min(options.rank, n), options.seed])
        start = time.perf_counter()
        with PeakMemory(operator.device) as memory:
            multiply = operator.multiply
            if options.stored:
                tile = default_tile(n, operator.device)
                matrix = PackedTriangle(n, tile, operator.dtype, operator.device)
                rows = range(len(matrix.spans))
                for i in tqdm(rows, desc=f"Gram {n}", delay=2, disable=not options.verbose):
                    matrix.fill_row(i, operator)
                multiply = matrix.multiply
            check_symmetry(operator)
            preconditioner = NystromPreconditioner(operator, ridge, options.rank, options.seed)

            # Not a method: the solver would hold itself, and its memory until the next collection.
            def regularised(v: Tensor) -> Tensor:
                return multiply(v).add_(v, alpha=ridge)

            self.recurrence = Recurrence(regularised, preconditioner.apply)
        self._prepared(time.perf_counter() - start, memory.peak_bytes)
        return self

    def solve(self, rhs: Tensor) -> tuple[Tensor, SolveReport]:
        """Solves (K + ridge I) d = rhs, see :meth:`Solver.solve`.

        Raises:
            NotConvergedError: iterations ran out, or the residual stopped falling.
            NotPositiveDefiniteError: a direction with p.(K + ridge) p <= 0 was met.
            InputError: wrong shapes or dtypes, numbers that are not finite, or the checkpoint of
                another problem.
        """
        self.check_prepared()
        check_problem(self.operator, rhs, self.ridge)
        options = self.options
        if not 0 < options.tolerance < 1:
            raise InputError(f"the tolerance must lie between 0 and 1, got {options.tolerance}.")
        start = time.perf_counter()
        file = None
        if options.checkpoint is not None:
            file = SolveCheckpoint(options.checkpoint, self.operator, rhs, self.ridge)
        with PeakMemory(self.operator.device) as memory:
            state = self._begin(file.load() if file else None, rhs)
            residual = self._iterate(state, rhs, file)
        seconds, peak, matrix = time.perf_counter() - start, memory.peak_bytes, self.recurrence
        report = self._report(state.d, rhs, residual, state.iteration, seconds, peak, matrix.matrix)
        return state.d, report

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

    def _iterate(self, state: CGState, rhs: Tensor, file: SolveCheckpoint | None) -> float:
        """Runs until every column is verified; returns the largest recomputed residual."""
        options = self.options
        tolerance, max_iterations = options.tolerance, options.max_iterations
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
            disable=not options.verbose,
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
                if file and time.perf_counter() - written >= options.checkpoint_seconds:
                    self._save(file, state)
                    written = time.perf_counter()

    def _give_up_where_hopeless(
        self, state: CGState, true: float, tolerance: float, max_iterations: int
    ) -> None:
        if not math.isfinite(true):
            why = f"a number left the range of float64 after {state.iteration} iterations"
        elif state.iteration >= max_iterations:
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
