"""Sums of kernel values over designs made of parts, against the Gram matrix."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from torchbdi import NNGP, NTK
from torchbdi.kernels import compiled
from torchbdi.kernels.zonal.sums import ZonalSums


def problem(rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    x_l = torch.randn(700, 9, generator=rng, dtype=torch.float64)
    x_l[3] = 0
    linear = torch.randn(2, 700, generator=rng, dtype=torch.float64)
    return x_l, linear, torch.rand(700, generator=rng, dtype=torch.float64)


def expected(kernel: NTK | NNGP, x: Tensor, x_l: Tensor, linear: Tensor, square: Tensor) -> Tensor:
    k = kernel(x, x_l)
    return torch.cat([k @ linear.mT, (k * k) @ square[:, None]], 1)


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("kernel", [NTK(6), NNGP(3), NTK(12), NTK(2, w_std=1.3)])
def test_sums_of_any_designs(rng: torch.Generator, kernel: NTK | NNGP, fast: bool) -> None:
    if fast:
        pytest.importorskip("numba")
    x_l, linear, square = problem(rng)
    x = torch.cat([torch.randn(20, 9, generator=rng, dtype=torch.float64), x_l[:5]])
    with compiled.use(fast):
        sums = ZonalSums(kernel.stack, x_l, linear, square).of(x)
    wanted = expected(kernel, x, x_l, linear, square)
    torch.testing.assert_close(sums[:20], wanted[:20], rtol=1e-10, atol=1e-10)
    # On a row of the data the angle is 0, and a cosine tells it to 1e-8 only, in both.
    torch.testing.assert_close(sums[20:], wanted[20:], rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("fast", [False, True])
def test_a_part_is_changed_by_looking_up_products(rng: torch.Generator, fast: bool) -> None:
    """Three columns of three features with four classes each; every class of every column."""
    if fast:
        pytest.importorskip("numba")
    kernel = NTK(6)
    x_l, linear, square = problem(rng)
    tables = [torch.randn(4, 3, generator=rng, dtype=torch.float64) for _ in range(3)]
    codes = torch.randint(4, (5, 3), generator=rng)
    left = torch.cat([t[codes[:, i]] for i, t in enumerate(tables)], 1)
    parts = [(slice(3 * i, 3 * i + 3), t) for i, t in enumerate(tables)]
    changed = left[:, None].repeat(1, 12, 1)
    old = torch.empty(5, 12, dtype=torch.int64)
    for a in range(12):
        column = a // 4
        changed[:, a, 3 * column : 3 * column + 3] = tables[column][a % 4]
        old[:, a] = 4 * column + codes[:, column]
    with compiled.use(fast):
        sums = ZonalSums(kernel.stack, x_l, linear, square).pairs(
            left, parts, old, torch.linalg.vector_norm(changed, dim=2)
        )
    wanted = expected(kernel, changed.reshape(60, 9), x_l, linear, square)
    torch.testing.assert_close(sums.reshape(60, 3), wanted, rtol=1e-9, atol=1e-9)


def test_sums_do_not_depend_on_the_number_of_threads(rng: torch.Generator) -> None:
    x_l, linear, square = problem(rng)
    sums = ZonalSums(NTK(6).stack, x_l, linear, square)
    x = torch.randn(20, 9, generator=rng, dtype=torch.float64)
    before = torch.get_num_threads()
    try:
        found = []
        for threads in (1, 2):
            torch.set_num_threads(threads)
            found.append(sums.of(x))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(*found)
