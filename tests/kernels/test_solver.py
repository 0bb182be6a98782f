"""What every large solver promises, each in its own way."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from solve_operators import DenseOperator, SlowNTK, dense, random_spd, reference, right_sides
from solve_operators import sequences as sequences_of

from torchbdi.kernels.errors import InputError
from torchbdi.kernels.solve.operator import GramOperator
from torchbdi.kernels.solve.packed import CholeskyOptions, PackedCholesky
from torchbdi.kernels.solve.pcg import ConjugateGradient, ConjugateGradientOptions
from torchbdi.kernels.solve.report import SolveReport
from torchbdi.kernels.solve.solver import Solver, matrix_size, residual_floor

KINDS = [
    (PackedCholesky, CholeskyOptions(tile=32, verbose=False), "tile", 16),
    (ConjugateGradient, ConjugateGradientOptions(rank=20, tolerance=1e-12), "rank", 5),
    (ConjugateGradient, ConjugateGradientOptions(rank=20, tolerance=1e-12, stored=True), "seed", 3),
]


def operators() -> list[GramOperator]:
    return [DenseOperator(random_spd(90)), SlowNTK(sequences_of(90))]


@pytest.mark.parametrize(("kind", "options", "settled", "other"), KINDS)
@pytest.mark.parametrize("which", [0, 1], ids=["dense", "ntk"])
@pytest.mark.parametrize("columns", [1, 3])
def test_prepared_once_and_solved_as_often_as_wanted(
    kind: type[Solver], options: Any, settled: str, other: int, which: int, columns: int
) -> None:
    operator, ridge = operators()[which], 1e-2
    solver = kind().prepare(operator, ridge, options)
    solver._told["seconds"] = 1000.0  # as if the preparation had taken that long
    reports = []
    for seed in (1, 2):
        rhs = right_sides(90, columns, seed)
        d, report = solver.solve(rhs)
        torch.testing.assert_close(d, reference(dense(operator), ridge, rhs), rtol=1e-7, atol=1e-9)
        assert type(report) is SolveReport
        assert report.solver == solver.name == kind.name
        assert report.ridge_added == ridge
        assert report.residual <= 1e-11
        assert report.peak_bytes >= solver.peak_bytes > 0
        size = float(torch.linalg.matrix_norm(dense(operator), 2))
        floor = torch.finfo(d.dtype).eps * size * (d.norm(dim=0) / rhs.norm(dim=0)).max()
        assert 0.01 * floor < report.floor <= 1.2 * floor
        reports.append(report)
    # The preparation is told once: all reports together say what was spent.
    assert solver.setup_seconds > 0
    assert reports[0].seconds > 1000 > reports[1].seconds > 0
    with pytest.raises(InputError, match=f"{settled} cannot be changed once"):
        solver.with_options(**{settled: other})
    assert solver.with_options(verbose=False).solve(rhs)[0].equal(d)
    assert solver.options == options


@pytest.mark.parametrize("kind", [PackedCholesky, ConjugateGradient])
def test_what_is_not_prepared_says_so(kind: type[Solver]) -> None:
    solver, rhs = kind(), right_sides(20, 1)
    for use in (lambda: solver.solve(rhs), lambda: solver.with_options(verbose=False)):
        with pytest.raises(InputError, match=r"call prepare\(operator, ridge\) before solve"):
            use()
    solver.prepare(DenseOperator(random_spd(20)), 0.1)
    solver.solve(rhs)
    broken = random_spd(20)
    broken[3, 3] = torch.nan
    with pytest.raises(InputError):
        solver.prepare(DenseOperator(broken), 0.1)
    with pytest.raises(InputError, match="prepare"):  # it is not half of one and half of another
        solver.solve(rhs)


def test_size_and_floor() -> None:
    k, rhs = random_spd(40).abs(), right_sides(40, 2)
    size = float(torch.linalg.matrix_norm(k, 2))
    assert 0.9 * size < matrix_size(lambda v: k @ v, rhs) <= size * (1 + 1e-12)
    d = torch.stack([rhs[:, 0] * 1e9, rhs[:, 1]], 1)
    expected = torch.finfo(torch.float64).eps * 7.0 * 1e9
    assert residual_floor(7.0, d, rhs) == pytest.approx(expected, rel=1e-12)
    assert residual_floor(7.0, torch.zeros_like(d), torch.zeros_like(rhs)) == 0
