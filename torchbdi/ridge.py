"""Kernel ridge regression: (K_ll + ridge I) d = y_l, solved once and used for ever."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from .identity import FitIdentity, fit_identity
from .inputs import as_float64, check_designs, ordinary_mode, table
from .kernel import Kernel, seen
from .kernels.errors import InputError
from .kernels.solve.choice import SolveOptions, SolverName, solve_by
from .kernels.solve.packed import CholeskyOptions, PackedCholesky
from .kernels.solve.report import SolveReport
from .kernels.untraced import untraced
from .labels import check_columns, columns_of
from .leave_one_out import mean_of_others, missed
from .space.moments import LARGE
from .unchanged import Unchanged
from .values import choice, instance, number, path_of, switch

__all__ = ["RidgeFit", "RidgeScale", "SolveReport", "fit_ridge", "ridge_to_add"]

RidgeScale = Literal["trace", "absolute"]
_CENTRED = 1e-6  # a mean of scores that is 0 to rounding, that of float32 too, in deviations
_PREDICT_ENTRIES = 1 << 24


@dataclass(frozen=True, eq=False)
class RidgeFit:
    """A fitted kernel ridge regression.

    Attributes:
        kernel: the kernel.
        x_l: the designs it was fitted on, (N, D), float64.
        y_l: their scores, (N,) or (N, K), float64.
        coefficients: dual coefficients (K_ll + ridge I)^-1 y_l, of the shape of y_l.
        report: what the solve cost and how good it is.
        identity: what it is the fit of, as it was when the fit was made; None where nobody has
            said.
        columns: names of the columns of the data frame that x_l was; None where it was none.

    Raises:
        InputError: the kernel is none, or a shape or value is wrong.
    """

    kernel: Kernel
    x_l: Tensor
    y_l: Tensor
    coefficients: Tensor
    report: SolveReport
    identity: FitIdentity | None = None
    columns: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        instance("RidgeFit", "kernel", self.kernel, Kernel, "a torchbdi kernel")
        x_l, y_l = table(self.x_l, self.y_l)
        d = as_float64("coefficients", self.coefficients).detach().to(x_l.device)
        if d.shape != y_l.shape or not torch.isfinite(d).all():
            raise InputError(
                f"RidgeFit: coefficients must be finite with the shape of y_l {tuple(y_l.shape)}, "
                f"got {tuple(d.shape)}."
            )
        for name, value in (("x_l", x_l), ("y_l", y_l), ("coefficients", d)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_unchanged", Unchanged(x_l=x_l, y_l=y_l, coefficients=d))
        # Of a kernel that does not say what it depends on, its parameters can be seen.
        object.__setattr__(self, "_seen", seen(self.kernel))

    @untraced
    def predict(self, x: Tensor) -> Tensor:
        """Predicted scores k(x, x_l) d.

        Args:
            x: designs, (..., M, D); converted to float64.

        Returns:
            (..., M), or (..., M, K) for K right-hand sides. Differentiable in x.

        Raises:
            InputError: x is not finite, has another D or columns of other names, or the kernel or
                the table has changed since the fit.
        """
        self.check_same()
        check_columns("x_l", self.columns, "x", columns_of(x))
        x = as_float64("x", x).to(self.x_l.device)
        check_designs("x", x)
        rows = max(1, _PREDICT_ENTRIES // len(self.x_l))
        blocks = x.reshape(-1, x.shape[-1]).split(rows)
        flat = torch.cat([self.kernel(block, self.x_l) @ self.coefficients for block in blocks])
        return flat.reshape(*x.shape[:-1], *self.coefficients.shape[1:])

    @untraced
    @torch.no_grad()
    def leave_one_out(self, *, verbose: bool = True) -> Tensor:
        """The prediction of each row by the regression on all others, with this ridge.

        With B = (K + ridge I)^-1, where what was added to the diagonal stays as it is, row i is
        predicted as y_i - [B (y - m_i 1)]_i / B_ii (Rasmussen and Williams, Gaussian Processes for
        Machine Learning, Eq. 5.12). Where y_l is centred, to rounding, its mean knows row i, and
        m_i is the mean of the other scores, by which they are centred anew (see
        :mod:`.leave_one_out`); elsewhere m_i is 0. A fit keeps no factor, which would be N^2/2
        numbers: K is factored again, and the diagonal of its inverse takes as long once more.

        Args:
            verbose: show progress bars where it takes more than two seconds.

        Returns:
            (N,), or (N, K) for K right-hand sides, in the units of y_l.

        Raises:
            InputError: the fit is of conjugate gradients, which do not give the inverse, or the
                kernel or the table has changed since the fit.
            DoesNotFitError: the factor is larger than the memory that is free.
        """
        verbose = switch("leave_one_out", "verbose", verbose)
        self.check_same()
        if self.report.solver != "cholesky":
            raise InputError(
                "leave_one_out needs the Cholesky factor, and this fit was made by conjugate "
                'gradients. Fit with solver="cholesky".'
            )
        options = CholeskyOptions(verbose=verbose)
        with ordinary_mode():
            matrix = self.kernel.matrix(self.x_l)
            factored = PackedCholesky().prepare(matrix, self.report.ridge_added, options)
            inverse = factored.inverse_diagonal()
            one = factored.solve(torch.ones_like(self.y_l).reshape(len(self.y_l), -1)[:, :1])[0]
        y, d = self.y_l.reshape(len(self.y_l), -1), self.coefficients.reshape(len(self.y_l), -1)
        centred = y.mean(0).abs() <= _CENTRED * y.std(0, correction=0)
        others = torch.where(centred, mean_of_others(y), 0)
        return (y - missed(d, one, inverse[:, None], others)).reshape(self.y_l.shape)

    def check_same(self) -> None:
        """Raises InputError where the kernel or a tensor has changed since the fit."""
        unchanged: Unchanged = vars(self)["_unchanged"]
        parts = {"x_l": self.x_l, "y_l": self.y_l, "coefficients": self.coefficients}
        unchanged.check("RidgeFit", **parts)
        said = None if self.identity is None else self.identity.kernel
        now = seen(self.kernel)
        fitted = said or vars(self).get("_seen", now)  # old pickles have none
        if now != fitted:
            raise InputError(
                f"the kernel has changed since the fit: it was {fitted} and is {now} now. Fit "
                "again."
            )


@untraced
def fit_ridge(
    kernel: Kernel,
    x_l: Tensor,
    y_l: Tensor,
    ridge: float = 1e-6,
    ridge_scale: RidgeScale = "trace",
    solver: SolverName = "auto",
    *,
    tolerance: float = 1e-8,
    checkpoint: Path | str | None = None,
    verbose: bool = True,
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
            where it fits into what is free, else computed anew in every product), or "auto", which
            plans memory and time before anything large is allocated, the same way each time: by
            the table and the memory of the machine, not by what else runs on it.
        tolerance: relative residual at which conjugate gradients stop.
        checkpoint: file from which interrupted conjugate gradients go on, and to which they
            write their state every two minutes; its folder must exist, and deleting it
            afterwards is the caller's. One that is damaged is said to be so, and the state before
            it, or none, is gone on from.
        verbose: print the plan, and show progress bars where it takes more than two seconds.

    Returns:
        The fit.

    Raises:
        InputError: wrong shapes, non-finite values, an unknown option, or a checkpoint that is
            not this problem's.
        NotPositiveDefiniteError: the factorisation met a pivot <= 0; nothing is added in silence.
        DoesNotFitError: the solve needs more memory than there is; raised before allocation.
        NotConvergedError: conjugate gradients did not reach their tolerance (where "auto" had
            chosen them and a factorisation fits, it says so and factors instead), or the residual
            of a factorisation is above 1e-3 and a hundred times the tolerance.
    """
    instance("fit_ridge", "kernel", kernel, Kernel, "a torchbdi kernel")
    ridge = number("fit_ridge", "ridge", ridge, low=0)
    choice("fit_ridge", "ridge_scale", ridge_scale, get_args(RidgeScale))
    choice("fit_ridge", "solver", solver, get_args(SolverName))
    tolerance = number("fit_ridge", "tolerance", tolerance, above=0, below=1)
    verbose = switch("fit_ridge", "verbose", verbose)
    options = SolveOptions(solver, tolerance, _checkpoint(checkpoint), verbose)
    columns = columns_of(x_l)
    with ordinary_mode(), torch.no_grad():
        x_l, y_l = table(x_l, y_l)
        _check_range(y_l)
        start = time.perf_counter()
        added = ridge_to_add(kernel.diag(x_l), ridge, ridge_scale).item()
        solved = solve_by(kernel.matrix(x_l), y_l.reshape(len(y_l), -1), added, options)
        report = dataclasses.replace(solved.report, seconds=time.perf_counter() - start)
        identity = fit_identity(kernel, x_l, y_l, ridge, ridge_scale)
        return RidgeFit(kernel, x_l, y_l, solved.d.reshape(y_l.shape), report, identity, columns)


def _check_range(y_l: Tensor) -> None:
    """Raises InputError where squares of scores (N,) or (N, K) leave float64, as residuals then do.

    Scores that are all 0 have squares.
    """
    size = y_l.reshape(len(y_l), -1).abs().amax(0)
    far = (size > LARGE) | ((size > 0) & (size < 1 / LARGE))
    if far.any():
        raise InputError(
            f"fit_ridge: the numbers of y_l are up to {float(size[far][0]):.3g}: their squares "
            "leave the range of float64. Standardise them."
        )


def _checkpoint(given: Any) -> Path | None:
    """The file of a checkpoint.

    Raises:
        InputError: it is no path, or a folder, or its folder does not exist.
    """
    if given is None:
        return None
    path = path_of("fit_ridge", "checkpoint", given)
    if path.is_dir():
        raise InputError(f"fit_ridge: checkpoint {path} is a folder. Name a file in it.")
    if not path.parent.is_dir():
        raise InputError(
            f"fit_ridge: the folder of checkpoint {path} does not exist. Make it first."
        )
    return path


def ridge_to_add(diagonal: Tensor, ridge: float, ridge_scale: str) -> Tensor:
    """What is added to the diagonal of K, (...), given its diagonal (..., N)."""
    if ridge_scale == "trace":
        return ridge * diagonal.mean(-1)
    return torch.full_like(diagonal[..., 0], ridge)
