from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck

import torchbdi
from torchbdi import NTK, RBF, InputError, NotPositiveDefiniteError, fit_ridge


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
    fit = torchbdi.fit_ridge(torchbdi.NTK(), x, y, solver="pcg", checkpoint=str(path))  # type: ignore[arg-type]
    assert torch.equal(fit.coefficients, expected)
    torch.save(torch.ones(3), path)
    with pytest.raises(torchbdi.InputError, match="not a readable solve checkpoint"):
        torchbdi.fit_ridge(torchbdi.NTK(), x, y, solver="pcg", checkpoint=path)
    monkeypatch.setattr("torchbdi.ridge.ConjugateGradient", None)
    with pytest.raises(torchbdi.InputError, match=r"folder of checkpoint .* does not exist"):
        torchbdi.fit_ridge(
            torchbdi.NTK(), x, y, solver="pcg", checkpoint=tmp_path / "none" / "pcg.ckpt"
        )
    with pytest.raises(torchbdi.InputError, match="tolerance must lie between 0 and 1"):
        torchbdi.fit_ridge(torchbdi.NTK(), x, y, solver="pcg", tolerance=0)


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
