from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from solve_operators import (
    DenseOperator,
    SlowNTK,
    cholesky,
    dense,
    random_spd,
    reference,
    right_sides,
    sequences,
)

from torchbdi.kernels import compiled
from torchbdi.kernels.errors import DoesNotFitError, InputError, NotPositiveDefiniteError
from torchbdi.kernels.pieces import pieces
from torchbdi.kernels.solve import tiles
from torchbdi.kernels.solve.operator import (
    GramOperator,
    Principal,
    multiply_matrix_free,
    set_diagonal,
)
from torchbdi.kernels.solve.packed import PackedCholesky
from torchbdi.kernels.solve.pcg import ConjugateGradient
from torchbdi.kernels.solve.tiles import PackedTriangle, packed_size, row_offset
from torchbdi.kernels.threads import share


def make(kind: str, n: int) -> GramOperator:
    return DenseOperator(random_spd(n)) if kind == "dense" else SlowNTK(sequences(n))


@pytest.mark.parametrize("kind", ["dense", "ntk"])
@pytest.mark.parametrize(("n", "tile"), [(1, 1), (7, 3), (64, 16), (130, 64), (257, 256), (90, 90)])
@pytest.mark.parametrize("columns", [1, 3])
def test_equals_the_dense_solve(kind, n, tile, columns):
    operator, rhs, ridge = make(kind, n), right_sides(n, columns), 1e-3
    d, stats = cholesky(operator, ridge, tile=tile).solve(rhs)
    expected = reference(dense(operator), ridge, rhs)
    torch.testing.assert_close(d, expected, rtol=1e-9, atol=1e-9 * float(expected.abs().max()))
    left = rhs - dense(operator) @ d - ridge * d
    assert float((left.norm(dim=0) / rhs.norm(dim=0)).max()) < 1e-11
    assert stats.residual < 1e-11
    assert stats.seconds > 0
    assert stats.peak_bytes > 0


@pytest.mark.parametrize(("n", "tile"), [(1, 1), (7, 3), (130, 64), (130, 16)])
def test_some_of_the_inverse_s_diagonal_equals_the_dense_one(n, tile):
    """Entries in the first and the last tile alone, a few, and all."""
    operator = DenseOperator(random_spd(n))
    solver = cholesky(operator, 1e-3, tile=tile)
    expected = torch.linalg.inv(operator.k + 1e-3 * torch.eye(n, dtype=operator.k.dtype)).diagonal()
    for at in ([0], [n - 1], sorted({0, n // 2, n // 3, n - 1}), list(range(n))):
        found = solver.inverse_diagonal(torch.tensor(at))
        torch.testing.assert_close(found, expected[at], rtol=1e-9, atol=0)
    torch.testing.assert_close(solver.inverse_diagonal(), expected, rtol=1e-9, atol=0)


def test_factors_once_and_solves_for_ever():
    operator = DenseOperator(random_spd(100))
    solver = cholesky(operator, 0.1, tile=32)
    operator.fills = 0
    for seed in (1, 2):
        rhs = right_sides(100, 1, seed)
        torch.testing.assert_close(solver.solve(rhs)[0], reference(operator.k, 0.1, rhs))
    # Ten tiles of the lower triangle for each of two residuals a solve and once for |K|, and none
    # to factor again.
    assert operator.fills <= (2 * 2 + 1) * 10


def test_the_factor_is_that_of_torch():
    k, tile = random_spd(150), 64
    packed = cholesky(DenseOperator(k), 0.0, tile=tile).factor
    expected = torch.linalg.cholesky(k)
    for i, rows in enumerate(packed.spans):
        torch.testing.assert_close(packed.below(i), expected[rows, : rows.start])
        torch.testing.assert_close(packed.corner(i), expected[rows, rows].mT)


def test_refinement_lowers_the_residual():
    rhs = right_sides(120, 2)
    solver = cholesky(DenseOperator(random_spd(120)), 0.1, tile=50)
    solver.factor.data.mul_(1 + 1e-5)
    _, plain = solver.with_options(refine=0).solve(rhs)
    _, refined = solver.with_options(refine=1).solve(rhs)
    assert plain.residual > 1e-5
    assert refined.residual < 1e-3 * plain.residual
    assert (plain.iterations, refined.iterations) == (0, 1)


def test_a_refinement_that_hurts_is_dropped():
    rhs = right_sides(40, 1)
    solver = cholesky(DenseOperator(random_spd(40)), 0.1, tile=40)
    # A quarter of the matrix: the first solution is four times too large, the next would be worse.
    solver.factor.data.mul_(0.5)
    _, stats = solver.with_options(refine=3, worst=4).solve(rhs)
    assert stats.residual == pytest.approx(3)
    assert stats.iterations == 0


def test_packed_size_and_offsets():
    for n, tile in ((1, 1), (10, 3), (12, 4), (5, 8), (2049, 1024)):
        entries = sum((rows.stop - rows.start) * rows.stop for rows in pieces(n, tile))
        assert packed_size(n, tile) == entries <= n * (n + tile) / 2


def test_indices_beyond_two_to_the_31(monkeypatch):
    n, tile = 140_000, 2048
    monkeypatch.setattr(tiles, "require", lambda *_: None)
    packed = PackedTriangle(n, tile, torch.float64, torch.device("meta"))
    assert packed.data.numel() == packed_size(n, tile) > 2**33
    assert packed_size(n, tile) <= n * (n + tile) // 2
    last = len(packed.spans) - 1
    height = n - last * tile
    assert packed.below(last).storage_offset() == row_offset(last, tile) > 2**33
    assert packed.below(last).shape == (height, last * tile)
    corner = packed.corner(last)
    assert corner.storage_offset() + corner.numel() == packed.data.numel()
    for i in (0, 1, 33, last - 1):
        row = packed.below(i).numel() + packed.corner(i).numel()
        assert row_offset(i, tile) + row == row_offset(i + 1, tile)


@pytest.mark.parametrize("columns", [1, 4])
@pytest.mark.parametrize(("n", "tile"), [(1, 1), (37, 8), (64, 64), (100, 33)])
def test_products(n, tile, columns):
    operator, v = make("ntk", n), right_sides(n, columns)
    packed = PackedTriangle(
        n, tile, operator.dtype, operator.device, cell_columns=10, fill_entries=50
    )
    for i in range(len(packed.spans)):
        packed.fill_row(i, operator)
    expected = dense(operator) @ v
    for enabled in (False, True):
        with compiled.use(enabled):
            torch.testing.assert_close(packed.multiply(v), expected)
    torch.testing.assert_close(multiply_matrix_free(operator, v, tile), expected)
    torch.testing.assert_close(operator.multiply(v), expected)


def test_shared_work_is_done_once_in_single_threaded_operations():
    before, done, seen = torch.get_num_threads(), [], set()

    def work(item: int) -> None:
        if item == 7:
            raise ValueError("item 7")
        done.append(item)
        seen.add(torch.get_num_threads())

    torch.set_num_threads(3)
    try:
        share(work, range(6))
        assert sorted(done) == list(range(6))
        assert seen == {1}
        with pytest.raises(ValueError, match="item 7"):
            share(work, range(8))
        assert torch.get_num_threads() == 3
        # The order of summation is fixed, so a product is the same to the last bit.
        operator, v = make("ntk", 300), right_sides(300, 1)
        packed = PackedTriangle(300, 16, operator.dtype, operator.device)
        for i in range(len(packed.spans)):
            packed.fill_row(i, operator)
        assert all(torch.equal(packed.multiply(v), packed.multiply(v)) for _ in range(5))
    finally:
        torch.set_num_threads(before)


def test_set_diagonal_and_principal():
    k, index = random_spd(20), torch.tensor([13, 2, 7, 19])
    other = torch.arange(20.0, dtype=torch.float64)
    for rows, cols in (
        (slice(3, 9), slice(6, 20)),
        (slice(0, 4), slice(10, 14)),
        (slice(0, 20), index),
        (index, slice(5, 15)),
        (index, index.flip(0)),
    ):
        block = k[rows][:, cols].clone()
        set_diagonal(block, rows, cols, other)
        full = k.clone()
        full.diagonal().copy_(other)
        torch.testing.assert_close(block, full[rows][:, cols])
    part = Principal(DenseOperator(k), index)
    torch.testing.assert_close(dense(part), k[index][:, index])
    torch.testing.assert_close(part.diagonal(), k.diagonal()[index])


@pytest.mark.parametrize("row", [0, 31, 32, 70, 99])
def test_a_pivot_that_fails_is_named(row):
    k = torch.eye(100, dtype=torch.float64)
    k[row, row] = -1e-3
    with pytest.raises(NotPositiveDefiniteError, match=rf"at row {row} of 100"):
        cholesky(DenseOperator(k), 0.0, tile=32)


def test_a_duplicate_row_is_named():
    k = random_spd(60)
    twin = torch.arange(60)
    twin[50] = 11
    with pytest.raises(NotPositiveDefiniteError, match=r"(?s)at row 50 .*is 11, cosine 1.*ridge"):
        # A little less than singular, whatever the rounding.
        cholesky(DenseOperator(k[twin][:, twin] - 1e-9 * torch.eye(60)), 0.0, tile=16)


def test_errors_of_input():
    k = random_spd(10)
    solver = cholesky(DenseOperator(k), 0.1)
    with pytest.raises(InputError, match=r"must be \(10, K\)"):
        solver.solve(torch.ones(10, dtype=torch.float64))
    with pytest.raises(InputError, match="float32"):
        solver.solve(torch.ones(10, 1))
    rhs = torch.ones(10, 1, dtype=torch.float64)
    rhs[7] = torch.nan
    with pytest.raises(InputError, match="first at row 7"):
        solver.solve(rhs)
    for ridge in (-1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="ridge"):
            cholesky(DenseOperator(k), ridge)
    for at, match in (((4, 4), "diagonal.*row 4"), ((6, 2), "NaN or inf off its diagonal")):
        broken = k.clone()
        broken[at] = torch.nan
        with pytest.raises(InputError, match=match):
            cholesky(DenseOperator(broken), 0.1, tile=4)


@pytest.mark.parametrize("solver", [PackedCholesky, ConjugateGradient])
def test_a_matrix_that_is_not_symmetric_is_refused(solver):
    k = random_spd(100)
    k[99] *= 1.001
    with pytest.raises(InputError, match=r"not symmetric: K\[\d+, 99\]|symmetric: K\[99, \d+\]"):
        solver().prepare(DenseOperator(k), 0.1)


def test_what_does_not_fit_is_refused_before_it_is_computed():
    class Huge(DenseOperator):
        def __init__(self) -> None:
            super().__init__(torch.ones(1, 1, dtype=torch.float64))
            self.n = 3_000_000

        def diagonal(self) -> torch.Tensor:
            return torch.ones(self.n, dtype=torch.float64)

    operator = Huge()
    with pytest.raises(DoesNotFitError, match=r"3.6e\+04 GB.*solver='pcg'"):
        cholesky(operator, 0.1)
    assert operator.fills == 0


PEAK = """
import torch
from pathlib import Path
from torchbdi.kernels.solve.operator import GramOperator, set_diagonal
from torchbdi.kernels.solve.packed import CholeskyOptions, PackedCholesky

class Walk(GramOperator):  # covariance of a random walk
    def __init__(self, n):
        self.n, self.width, self.dtype = n, 1, torch.float64
        self.device = torch.device("cpu")
        self.at = torch.arange(1.0, n + 1, dtype=torch.float64)
    def fill(self, rows, cols, out):
        torch.minimum(self.at[rows, None], self.at[cols], out=out)
    def diagonal(self):
        return self.at

def water():
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

PackedCholesky().prepare(Walk(1000), 0.1, CholeskyOptions(tile=256))
before, n = water(), 4000
solver = PackedCholesky().prepare(Walk(n), 0.1, CholeskyOptions(tile=256))
print((water() - before) / (8 * n * n), solver.peak_bytes / water())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_peak_memory_is_little_more_than_half():
    run = subprocess.run(
        [sys.executable, "-c", PEAK], capture_output=True, text=True, timeout=300, check=True
    )
    share, reported = map(float, run.stdout.split())
    assert 0.45 < share <= 0.6
    assert reported == pytest.approx(1, abs=0.01)
