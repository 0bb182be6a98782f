"""What every large solver is: prepared once, then asked for as many solutions as wanted."""

from __future__ import annotations

import copy
import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Generic, Self, TypeVar

import torch
from torch import Tensor

from ..errors import InputError
from .operator import GramOperator, check_problem
from .report import SolveReport

Options = TypeVar("Options")


class Solver(ABC, Generic[Options]):
    """Solves (K + ridge I) d = y for many y.

        solver = PackedCholesky().prepare(operator, ridge)
        d, report = solver.solve(rhs)

    Attributes:
        name: "cholesky" or "pcg", as reports have it.
        settled: names of the options that the preparation depends on.
        operator: K.
        ridge: absolute, added to the diagonal.
        options: the solver's own dataclass, which documents them.
        setup_seconds: wall time of the preparation.
        peak_bytes: highest memory use meanwhile, see :class:`.peak_memory.PeakMemory`.
    """

    name: ClassVar[str]
    settled: ClassVar[frozenset[str]]

    operator: GramOperator
    ridge: float
    options: Options
    setup_seconds: float = 0.0
    peak_bytes: int = 0
    # Shared by all that have this preparation: what of its time no report has told yet, and |K|.
    _told: dict[str, float]

    @abstractmethod
    def prepare(self, operator: GramOperator, ridge: float, options: Options | None = None) -> Self:
        """Does what is the same for every right-hand side.

        Args:
            operator: K, N x N.
            ridge: absolute, added to the diagonal.
            options: the defaults where they are not given.

        Returns:
            The solver itself.

        Raises:
            DoesNotFitError: it needs more memory than is free; nothing large was allocated.
            NotPositiveDefiniteError: K + ridge I is not positive definite.
            InputError: K is not symmetric, or a number is not finite.
        """

    @abstractmethod
    def solve(self, rhs: Tensor) -> tuple[Tensor, SolveReport]:
        """Solves (K + ridge I) d = rhs.

        Args:
            rhs: (N, K).

        Returns:
            d, (N, K), and the report.

        Raises:
            InputError: wrong shapes or dtypes, numbers that are not finite, or no preparation.
            NotConvergedError: what was found is no solution.
        """

    def with_options(self, **changes: Any) -> Self:
        """The same preparation with other options.

        Raises:
            InputError: an option that the preparation depends on.
        """
        self.check_prepared()
        if settled := self.settled.intersection(changes):
            raise InputError(
                f"{type(self).__name__}: {', '.join(sorted(settled))} cannot be changed once the "
                "solver is prepared. Prepare another one."
            )
        other = copy.copy(self)
        other.options = dataclasses.replace(self.options, **changes)  # type: ignore[type-var]
        return other

    def check_prepared(self) -> None:
        """Raises InputError where :meth:`prepare` was not called."""
        if not hasattr(self, "_told"):
            raise InputError(f"{type(self).__name__}: call prepare(operator, ridge) before solve.")

    def _prepare_for(self, operator: GramOperator, ridge: float, options: Options) -> None:
        self.__dict__.pop("_told", None)
        check_problem(operator, torch.zeros(operator.n, 1).to(operator.diagonal()), ridge)
        self.operator, self.ridge, self.options = operator, ridge, options

    def _prepared(self, seconds: float, peak_bytes: int) -> None:
        self.setup_seconds, self.peak_bytes = seconds, peak_bytes
        self._told = {"seconds": seconds}

    def _report(
        self,
        d: Tensor,
        rhs: Tensor,
        residual: float,
        iterations: int,
        seconds: float,
        peak_bytes: int,
        multiply: Callable[[Tensor], Tensor],
    ) -> SolveReport:
        if "size" not in self._told:
            self._told["size"] = matrix_size(multiply, rhs)
        return SolveReport(
            residual=residual,
            ridge_added=self.ridge,
            seconds=seconds + self._told.pop("seconds", 0.0),
            peak_bytes=max(peak_bytes, self.peak_bytes),
            solver=self.name,
            iterations=iterations,
            floor=residual_floor(self._told["size"], d, rhs),
        )


def matrix_size(multiply: Callable[[Tensor], Tensor], like: Tensor) -> float:
    """|K|, from one product with the vector of ones.

    The leading eigenvector of a matrix of positive entries resembles that vector.
    """
    ones = torch.ones_like(like[:, :1])
    return float(multiply(ones).norm() / ones.norm())


def residual_floor(size: float, d: Tensor, rhs: Tensor) -> float:
    """eps |K| |d| / |y|: the residual that rounding alone leaves, the largest over columns."""
    scale = rhs.norm(dim=0)
    ratio = float((d.norm(dim=0) / torch.where(scale > 0, scale, 1)).max())
    return torch.finfo(d.dtype).eps * size * ratio
