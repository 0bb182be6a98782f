from __future__ import annotations

import dataclasses
import gc
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck
from torch.utils._python_dispatch import TorchDispatchMode

import torchbdi
from torchbdi import (
    NTK,
    RBF,
    DoesNotFitError,
    InputError,
    NotConvergedError,
    NotPositiveDefiniteError,
    fit_ridge,
)
from torchbdi.identity import table_hash
from torchbdi.kernels import memory
from torchbdi.kernels.solve import choice, packed
from torchbdi.kernels.solve.choice import SolveOptions, solve_by
from torchbdi.kernels.solve.costs import Candidate
from torchbdi.kernels.solve.inverse import inverse_diagonal
from torchbdi.kernels.solve.packed import CholeskyOptions, PackedCholesky
from torchbdi.kernels.solve.plan import Plan
from torchbdi.kernels.solve.report import SolveReport, check_residual
from torchbdi.kernels.solve.tiles import PackedTriangle


def table(n: int = 80, d: int = 5) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n, d, dtype=torch.float64, generator=generator)
    return x, torch.sin(x.sum(1))


@pytest.mark.parametrize("solver", ["auto", "cholesky", "pcg"])
@pytest.mark.parametrize("kernel", [NTK(), NTK(depth=3, b_std=0.3), RBF()], ids=repr)
@pytest.mark.parametrize("scale", ["trace", "absolute"])
def test_equals_the_dense_solution(solver: str, kernel: torchbdi.kernel.Kernel, scale: str) -> None:
    x, y = table()
    fit = fit_ridge(kernel, x, y, ridge=1e-3, ridge_scale=scale, solver=solver)
    k = kernel(x)
    added = 1e-3 * k.diagonal().mean() if scale == "trace" else 1e-3
    full = k + added * torch.eye(len(x), dtype=torch.float64)
    expected = torch.linalg.solve(full, y)
    assert fit.coefficients.shape == y.shape
    tolerance = 1e-9 if fit.report.solver == "cholesky" else 1e-3
    torch.testing.assert_close(fit.coefficients, expected, rtol=tolerance, atol=tolerance)
    report = fit.report
    assert report.ridge_added == pytest.approx(float(added), rel=1e-12)
    residual = (full @ fit.coefficients - y).norm() / y.norm()
    assert report.residual == pytest.approx(float(residual), rel=0.1, abs=1e-13)
    assert report.residual <= 1e-6
    assert report.solver in ("cholesky", "pcg")
    assert solver in ("auto", report.solver)
    assert report.seconds > 0
    assert report.peak_bytes > 0
    assert report.iterations >= 0


def test_several_right_hand_sides() -> None:
    x, y = table()
    both = torch.stack([y, y.cos()], 1)
    for solver in ("cholesky", "pcg"):
        fit = fit_ridge(NTK(), x, both, ridge=1e-2, solver=solver)
        assert fit.coefficients.shape == (80, 2)
        one = fit_ridge(NTK(), x, both[:, 1], ridge=1e-2, solver="cholesky")
        torch.testing.assert_close(fit.coefficients[:, 1], one.coefficients, rtol=1e-3, atol=1e-3)
        assert fit.predict(x[:3]).shape == (3, 2)


def test_predict() -> None:
    x, y = table()
    fit = fit_ridge(NTK(), x, y, ridge=1e-9)
    torch.testing.assert_close(fit.predict(x), y, rtol=1e-4, atol=1e-5)
    new = torch.randn(2, 3, 5, dtype=torch.float64)
    torch.testing.assert_close(fit.predict(new), NTK()(new, x) @ fit.coefficients)
    assert fit.predict(new[0, 0][None].float()).dtype == torch.float64
    assert gradcheck(fit.predict, (new.requires_grad_(),))
    with pytest.raises(InputError, match="D = 5"):
        fit.predict(new[..., :4])


def test_blocks_of_predict_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = table()
    fit = fit_ridge(NTK(), x, y, ridge=1e-3)
    new = x[:40] + x[40:]
    whole = fit.predict(new)
    monkeypatch.setattr("torchbdi.ridge._PREDICT_ENTRIES", 7 * len(x))
    torch.testing.assert_close(fit.predict(new), whole, rtol=1e-13, atol=1e-14)


def test_float32_and_lists_are_converted() -> None:
    x, y = table()
    fit = fit_ridge(NTK(), x.float(), y.float())
    assert fit.coefficients.dtype == torch.float64
    assert fit.x_l.dtype == torch.float64


def test_a_failed_pivot_is_named() -> None:
    """80 rows of 5 features: the linear kernel has rank 5 and runs out of pivots there."""
    x, y = table()
    message = r"not positive definite at row [5-9] of 80 with ridge 0.*duplicate.*ridge"
    with pytest.raises(NotPositiveDefiniteError, match=message):
        fit_ridge(NTK(depth=1), x, y, ridge=0.0, solver="cholesky")


@pytest.mark.parametrize("zeros", [[0, 1, 2], [1]])
def test_designs_without_a_kernel_are_named(zeros: list[int]) -> None:
    """They were said to be a combination of the rows before them, of which the first has none."""
    x, y = table()[0][:3].clone(), table()[1][:3]
    x[zeros] = 0
    message = rf"k\(x, x\) is 0 for row {zeros[0]} of 3.*mean of every column.*ridge above 0"
    with pytest.raises(NotPositiveDefiniteError, match=message):
        fit_ridge(NTK(), x, y, ridge=0.0)
    assert torch.isfinite(fit_ridge(NTK(), x, y, 1e-3, "absolute").coefficients).all()


def test_a_graph_behind_the_table_is_left_alone() -> None:
    x = torch.randn(30, 3, dtype=torch.float64, requires_grad=True)
    y = (x**2).sum(1)
    for kernel in (torchbdi.RBF(), torchbdi.NTK(), torchbdi.NTK(b_std=0.1)):
        assert not torchbdi.fit_ridge(kernel, x, y).x_l.requires_grad
        model = torchbdi.BDI(x, y, x[:2], kernel=kernel)
        for _ in range(2):
            model.loss()["total"].backward()
    assert x.grad is None


def test_a_checkpoint_is_looked_at_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = torch.randn(30, 3).double(), torch.randn(30).double()
    path = tmp_path / "pcg.ckpt"
    expected = torchbdi.fit_ridge(torchbdi.NTK(), x, y, solver="pcg").coefficients
    fit = torchbdi.fit_ridge(torchbdi.NTK(), x, y, solver="pcg", checkpoint=str(path))
    assert torch.equal(fit.coefficients, expected)
    torch.save(torch.ones(3), path)  # damaged, or of something else: it does not block
    with pytest.warns(RuntimeWarning, match=r"pcg\.ckpt is damaged.*begins anew"):
        fit = torchbdi.fit_ridge(torchbdi.NTK(), x, y, solver="pcg", checkpoint=path)
    assert torch.equal(fit.coefficients, expected)
    with pytest.raises(InputError, match=r"another problem; not the same: right-hand side"):
        fit_ridge(NTK(), x, -y, solver="pcg", checkpoint=path)
    monkeypatch.setattr("torchbdi.ridge.solve_by", None)
    with pytest.raises(torchbdi.InputError, match=r"folder of checkpoint .* does not exist"):
        torchbdi.fit_ridge(
            torchbdi.NTK(), x, y, solver="pcg", checkpoint=tmp_path / "none" / "pcg.ckpt"
        )
    with pytest.raises(torchbdi.InputError, match="tolerance must be finite and > 0 and < 1"):
        torchbdi.fit_ridge(torchbdi.NTK(), x, y, solver="pcg", tolerance=0)


def left_out(fit: torchbdi.RidgeFit, centred: bool) -> Tensor:
    """The slow obvious leave-one-out: as many fits as rows, of scores that are centred anew."""
    x, y, k = fit.x_l, fit.y_l, fit.kernel(fit.x_l)
    full = k + fit.report.ridge_added * torch.eye(len(x), dtype=torch.float64)
    rows = []
    for i in range(len(x)):
        others = torch.arange(len(x)) != i
        mean = y[others].mean(0) if centred else 0
        known = torch.linalg.solve(full[others][:, others], y[others] - mean)
        rows.append(k[i, others] @ known + mean)
    return torch.stack(rows)


@pytest.mark.parametrize("tile", [1024, 16])
@pytest.mark.parametrize("columns", [None, 1, 3])
@pytest.mark.parametrize("kernel", [NTK(), NTK(depth=3, b_std=0.3), RBF()], ids=repr)
def test_leave_one_out_equals_as_many_fits(
    kernel: torchbdi.Kernel, columns: int | None, tile: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one tile, and with several of which the last is shorter."""
    monkeypatch.setattr(packed, "default_tile", lambda n, device: min(n, tile))
    x, y = table(70)
    if columns is not None:
        y = torch.stack([(i + 1) * y + x[:, i] for i in range(columns)], 1)
    for scale, centred in (("trace", True), ("absolute", True), ("trace", False)):
        scores = y - y.mean(0) if centred else y + 1
        fit = fit_ridge(kernel, x, scores, 1e-3, scale)
        found = fit.leave_one_out()
        assert found.shape == y.shape
        torch.testing.assert_close(found, left_out(fit, centred), rtol=1e-8, atol=1e-9)
    lone = fit_ridge(kernel, x[:1], y[:1], 1e-3)
    assert float(lone.leave_one_out().abs().max()) < 1e-12  # nobody is left to say anything


def test_leave_one_out_needs_a_factor_and_the_kernel_of_the_fit() -> None:
    x, y = table()
    with pytest.raises(InputError, match='solver="cholesky"'):
        fit_ridge(NTK(), x, y, 1e-2, solver="pcg").leave_one_out()
    kernel = RBF()
    fit = fit_ridge(kernel, x, y, 1e-2)
    kernel.gamma = 3.0
    for use in (fit.leave_one_out, lambda: fit.predict(x)):
        with pytest.raises(InputError, match=r"changed since the fit: it was .*Fit again"):
            use()


def test_leave_one_out_takes_little_more_memory_than_a_factor() -> None:
    """The panel beside the packed triangle has N b numbers, not N^2."""
    kept: list[int] = []

    class Watched(TorchDispatchMode):
        def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None):  # type: ignore[no-untyped-def]
            out = function(*args, **(kwargs or {}))
            for tensor in out if isinstance(out, tuple | list) else [out]:
                if isinstance(tensor, Tensor):
                    kept.append(tensor.untyped_storage().nbytes())
            return out

    n, tile = 600, 50
    factor = PackedTriangle(n, tile, torch.float64, torch.device("cpu"))
    factor.data.fill_(0.1)
    for i in range(len(factor.spans)):
        factor.corner(i).fill_diagonal_(1)
    with Watched():
        inverse_diagonal(factor, verbose=False)
    assert 0 < max(size for size in kept if size != factor.data.nbytes) <= 8 * n * tile


def test_a_fit_knows_what_it_is_of() -> None:
    x, y = table()
    kernel = NTK(depth=3)
    known = fit_ridge(kernel, x.numpy(), y.tolist(), np.float64(1e-3), "absolute").identity
    assert known is not None
    assert (known.table, known.kernel) == (table_hash(x, y), kernel.identity())
    assert (known.ridge, known.ridge_scale) == (1e-3, "absolute")
    assert type(known.ridge) is float


@pytest.mark.parametrize("beta", [0.0, 1e-15, 1e-14])
def test_conflicting_duplicates_without_a_ridge_are_an_error(beta: float) -> None:
    """Coefficients of 1e15, whose residual is 0.01 to 2, if the factorisation does not fail."""
    x, y = table(60, 1)
    x[30:] = x[:30]
    y[30:] = -y[30:]
    for build in (
        lambda: fit_ridge(RBF(), x, y, beta, solver="cholesky"),
        lambda: torchbdi.BDI(x, y / y.std(), x[:2], kernel=RBF(), ridge=beta).loss(),
    ):
        with pytest.raises((NotConvergedError, NotPositiveDefiniteError), match=r"(?s)ridge"):
            build()


def test_what_is_no_solution_is_an_error_that_names_causes() -> None:
    x, y = table(40)
    solver = PackedCholesky().prepare(NTK().matrix(x), 1e-3, CholeskyOptions(verbose=False))
    solver.factor.data.mul_(0.5)  # a quarter of the matrix: the residual is 3
    message = (
        r"residual of the solution is 3 .*0\.001 is the most.*ridge 0\.001.*"
        r"equal designs with different scores, or a ridge of 0.*larger ridge"
    )
    with pytest.raises(NotConvergedError, match=message):
        solver.solve(y[:, None])
    report = solver.with_options(worst=4).solve(y[:, None])[1]
    assert report.residual == pytest.approx(3)
    check_residual(report, 3.1)
    for residual, worst in ((math.nan, 1e-3), (1.001e-3, 1e-3), (0.6, 0.5)):
        with pytest.raises(NotConvergedError):
            check_residual(dataclasses.replace(report, residual=residual), worst)


def test_a_person_who_asks_for_little_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred times the tolerance is allowed where that is more than 1e-3."""
    x, y = table(40)
    asked: list[float] = []

    def solve(self: PackedCholesky, rhs: Tensor) -> tuple[Tensor, SolveReport]:
        asked.append(self.options.worst)
        return real(self, rhs)

    real = PackedCholesky.solve
    monkeypatch.setattr(PackedCholesky, "solve", solve)
    for tolerance in (1e-8, 1e-4, 1e-2):
        fit_ridge(NTK(), x, y, tolerance=tolerance, verbose=False)
    assert asked == pytest.approx([1e-3, 1e-2, 1])


def test_verbose_is_a_switch(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = table(40)
    for verbose in (True, False):
        made = SolveOptions(planned_rows=10, verbose=verbose)
        solve_by(NTK().matrix(x), y[:, None], 1e-3, made)
        assert ("solve plan for 40 x 40" in capsys.readouterr().out) == verbose
    fit_ridge(NTK(), x, y, verbose=False)
    assert capsys.readouterr() == ("", "")


def test_what_is_not_free_names_another_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan goes by the machine; the error says that, and what to do."""
    x, y = table(300)
    matrix, rhs = NTK().matrix(x), y[:, None]
    chosen = Candidate("pcg-stored", 10, 10, 1.0, 1000)
    options = SolveOptions(
        planned_rows=10,
        plan=lambda *_: Plan(chosen, (chosen,), "", "a title", 10**12),
        verbose=False,
    )
    expected = solve_by(matrix, rhs, 1e-3, options).d
    monkeypatch.setattr(memory, "available_bytes", lambda device: 8 * 300 * 150)
    with pytest.raises(DoesNotFitError, match=r"(?s)available.*a title.*not by what is free.*sol"):
        solve_by(matrix, rhs, 1e-3, options)
    monkeypatch.undo()
    monkeypatch.setattr(
        "torchbdi.kernels.solve.choice.available_bytes", lambda device: 8 * 300 * 150
    )
    tiled = solve_by(matrix, rhs, 1e-3, SolveOptions("pcg", rank=10, verbose=False))
    torch.testing.assert_close(tiled.d, expected, rtol=1e-5, atol=1e-7)


def test_k_is_stored_only_where_the_preconditioner_fits_beside_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x, y = table(300)  # packed K takes 0.72 MB, making a preconditioner of rank 100 takes 1.44

    def available(device: torch.device) -> int:
        made = (t for t in gc.get_objects() if type(t) is PackedTriangle)
        return 2_000_000 - sum(t.data.nbytes for t in made if "data" in vars(t))

    for module in (memory, choice):
        monkeypatch.setattr(module, "available_bytes", available)
    solved = solve_by(
        NTK().matrix(x), y[:, None], 1e-3, SolveOptions("pcg", rank=100, verbose=False)
    )
    assert solved.report.residual <= 1e-8


def test_bad_input() -> None:
    x, y = table()
    for ridge in (-1.0, math.nan, math.inf):
        with pytest.raises(InputError, match="ridge"):
            fit_ridge(NTK(), x, y, ridge=ridge)
    with pytest.raises(InputError, match="auto"):
        fit_ridge(NTK(), x, y, solver="lu")
    with pytest.raises(InputError, match="absolute"):
        fit_ridge(NTK(), x, y, ridge_scale="none")
    with pytest.raises(InputError, match="N = 80"):
        fit_ridge(NTK(), x, y[:-1])
    with pytest.raises(InputError, match="y_l contains NaN"):
        fit_ridge(NTK(), x, y / 0)
    with pytest.raises(InputError, match="x_l contains NaN"):
        fit_ridge(NTK(), x / 0, y)
    with pytest.raises(InputError, match=r"\(N, D\)"):
        fit_ridge(NTK(), x[None], y)


@pytest.mark.parametrize("solver", ["cholesky", "pcg"])
@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_scores_whose_squares_leave_float64_are_refused(solver: Any, size: float) -> None:
    """Residuals are norms: of such scores they are NaN, or 0 whatever the solution is."""
    x, y = table()
    with pytest.raises(InputError, match=r"y_l are up to .*e[+-](199|200).* Standardise"):
        fit_ridge(NTK(), x, torch.stack([y, size * y], 1), solver=solver)
