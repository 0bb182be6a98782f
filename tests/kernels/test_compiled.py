"""The compiled path against plain torch, and how it is chosen."""

from __future__ import annotations

import subprocess
import sys
import types
from pathlib import Path

import pytest
import torch
from torch import Tensor

pytest.importorskip("numba")

from torchbdi import NTK
from torchbdi.kernels import compiled
from torchbdi.kernels.compiled.loops import compile_function
from torchbdi.kernels.relu.limits import kink
from torchbdi.kernels.relu.recursion import ReLUStack, diagonal_recursion
from torchbdi.kernels.zonal.coupling import ZonalCoupling
from torchbdi.kernels.zonal.fill import CompiledTiles, PlainTiles, plan
from torchbdi.kernels.zonal.gram import unit_rows
from torchbdi.kernels.zonal.matrix import ZonalMatrix
from torchbdi.kernels.zonal.tiles import gram_, product

STACKS = [
    ReLUStack(depth, 1.2, 0.0, tangent) for depth in (2, 6, 12, 32) for tangent in (True, False)
]


def randn(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def both_paths(stack: ReLUStack, x1: Tensor, x2: Tensor) -> list[tuple[Tensor, Tensor]]:
    results = []
    for enabled in (True, False):
        out, slope = (x1.new_full((len(x1), len(x2)), torch.nan) for _ in range(2))
        with compiled.use(enabled):
            assert plan(stack, out, out.numel()).compiled == enabled
            gram_(stack, unit_rows(x1), unit_rows(x2), out, slope)
        results.append((out, slope))
    return results


@pytest.mark.parametrize("stack", STACKS, ids=lambda s: f"{s.depth}{'ntk' if s.tangent else ''}")
def test_equals_plain_torch(stack: ReLUStack) -> None:
    x1, x2 = randn(131, 5), randn(1301, 5, seed=1)
    x1[0], x1[1], x1[2] = -2 * x2[0], 3 * x2[1], 0
    x1[3] = x2[2] + 1e-7 * x2[3]  # nearly coincident
    (k, slope), (plain_k, plain_slope) = both_paths(stack, x1, x2)
    scale = diagonal_recursion(stack, stack.w * x1.norm(dim=1).max() * x2.norm(dim=1).max() / 5)[0]
    # Each keeps to 1e-13 of the recursion; with a map in one of the two they differ by twice that.
    assert (k - plain_k).abs().max() <= 2e-13 * scale
    c = (unit_rows(x1)[0] @ unit_rows(x2)[0].mT).clamp(-1, 1)
    assert ((slope - plain_slope) * (1 - c * c).sqrt()).abs().max() <= 2e-11 * scale
    kinks = 1 - c.abs() <= kink(c.dtype)
    assert kinks.any() and (slope[kinks] == 0).all()


def test_same_polynomial_gives_the_same_to_rounding() -> None:
    (k, _), (plain_k, _) = both_paths(ReLUStack(6, 1.0, 0.0, True), randn(90, 7), randn(1500, 7))
    assert (k - plain_k).abs().max() <= 1e-13 * k.abs().max()


def test_float32() -> None:
    stack = ReLUStack(6, 1.0, 0.0, True)
    x1, x2 = randn(120, 6, dtype=torch.float32), randn(1200, 6, seed=1, dtype=torch.float32)
    (k, _), (plain_k, _) = both_paths(stack, x1, x2)
    assert k.dtype == torch.float32
    assert (k - plain_k).abs().max() <= 1e-5 * plain_k.abs().max()


def test_a_tile_inside_a_larger_buffer() -> None:
    stack = ReLUStack(6, 1.0, 0.0, True)
    x1, x2 = randn(9, 4), randn(1030, 4, seed=1)  # a row is cut into pieces of 1024
    buffer = torch.full((12, 1100), 7.0).double()
    way = plan(stack, buffer, 1 << 20)
    assert way.compiled
    fill, plain = way.make(), PlainTiles(stack, buffer)
    assert isinstance(fill, CompiledTiles)
    out, slope = buffer[2:11, 3:1033], torch.empty(9, 1030).double()
    fill(unit_rows(x1), unit_rows(x2), out, slope)
    expected, expected_slope = torch.empty_like(out), torch.empty_like(slope)
    plain(unit_rows(x1), unit_rows(x2), expected, expected_slope)
    torch.testing.assert_close(out, expected, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(slope, expected_slope, rtol=1e-8, atol=1e-12)
    out.fill_(7)
    assert (buffer == 7).all()


def test_products_and_couplings_equal_plain_torch() -> None:
    stack, x, x_l = ReLUStack(6, 1.0, 0.0, True), randn(64, 6), randn(3000, 6, seed=1)
    y, w = randn(3000, seed=2), torch.full((3000,), 1 / 3000).double()
    results = []
    for enabled in (True, False):
        with compiled.use(enabled):
            values = [product(stack, unit_rows(x), unit_rows(x_l), y)]
            values.append(ZonalMatrix(stack, x_l).multiply(y.unsqueeze(1)))
            for shape in ((64, 1), (8, 8)):
                coupling = ZonalCoupling(stack, x_l, y, w, y)
                values += coupling.sweep(x.view(*shape, 6), randn(*shape, seed=3))
        results.append(values)
    for fast, slow in zip(*results, strict=True):
        assert (fast - slow).abs().max() <= 1e-11 * slow.abs().max()


def test_threads_change_nothing_and_are_given_back() -> None:
    stack, x, x_l = ReLUStack(6, 1.0, 0.0, True), randn(64, 6), randn(4096, 6, seed=1)
    before = torch.get_num_threads()
    results = []
    try:
        for threads in (1, 2, 2):
            torch.set_num_threads(threads)
            out = torch.empty(64, 4096).double()
            gram_(stack, unit_rows(x), unit_rows(x_l), out)
            assert torch.get_num_threads() == threads
            results.append(out)
    finally:
        torch.set_num_threads(before)
    assert torch.equal(results[1], results[2])
    torch.testing.assert_close(results[0], results[1], rtol=1e-13, atol=1e-15)


def test_choice() -> None:
    assert compiled.available()
    assert not compiled.available(torch.device("cuda"))
    assert not compiled.available(dtype=torch.bfloat16)
    with compiled.use(False):
        assert not compiled.available()
    stack, like = ReLUStack(6, 1.0, 0.0, True), torch.empty(1).double()
    assert not plan(stack, like, 100).compiled
    assert not plan(ReLUStack(100, 1.0, 0.0, True), like, 1 << 20).compiled


SCRIPT = """
import sys, torch, torchbdi
assert "numba" not in sys.modules
x = torch.randn(500, 4, dtype=torch.float64)
torchbdi.NTK()(x[:20])
assert "numba" not in sys.modules
k = torchbdi.NTK()(x)
assert "numba" in sys.modules
print(float((k - k.mT).abs().max()))
"""


def test_numba_is_imported_late() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == 0


def twice(x: float) -> float:
    return 2 * x


def test_what_is_compiled_is_kept_where_it_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a folder for its cache numba compiles in every process."""
    import numba

    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    assert compile_function(twice)(21.0) == 42
    assert list((tmp_path / "cache").rglob("*.nbi"))
    (tmp_path / "file").touch()
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "file" / "cache"))
    code = twice.__code__.replace(co_filename=str(tmp_path / "file" / "code.py"))
    assert compile_function(types.FunctionType(code, {}))(21.0) == 42


def test_the_module_uses_it() -> None:
    x1, x2 = randn(200, 5).requires_grad_(), randn(900, 5, seed=1)
    results = []
    for enabled in (True, False):
        with compiled.use(enabled):
            k = NTK()(x1, x2)
            results.append((k.detach(), torch.autograd.grad(k.sin().sum(), x1)[0]))
    for fast, slow in zip(*results, strict=True):
        torch.testing.assert_close(fast, slow, rtol=1e-10, atol=1e-12)
