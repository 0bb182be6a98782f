"""The Triton sums of a search against the Gram matrix."""

from __future__ import annotations

import pytest
import torch
from test_triton import DEVICE, only_here, random
from torch import Tensor

from torchbdi import NNGP, NTK
from torchbdi.kernels.gpu import device as triton_device
from torchbdi.kernels.zonal import sums as zonal_sums
from torchbdi.kernels.zonal.sums import ZonalSums

only_here()
pytest.importorskip("triton")

KERNELS = [NTK(6), NNGP(3), NTK(48, w_std=1.4)]
ROWS = 150


def problem(weights: int, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor, Tensor]:
    x_l = random(ROWS, 9, dtype=dtype)
    x_l[3] = 0
    linear = random(weights, ROWS, dtype=dtype, seed=1)
    return x_l, linear, random(ROWS, dtype=dtype, seed=2).abs()


def sums_of(kernel: NTK | NNGP, *table: Tensor) -> ZonalSums:
    """Sums that Triton computes."""
    made = ZonalSums(kernel.stack, *table)
    assert made._fused is not None
    return made


def expected(kernel: NTK | NNGP, x: Tensor, x_l: Tensor, linear: Tensor, square: Tensor) -> Tensor:
    with triton_device.use(False):
        k = kernel(x, x_l)
    return torch.cat([k @ linear.mT, (k * k) @ square[:, None]], 1)


@pytest.mark.parametrize("weights", [1, 2])
@pytest.mark.parametrize("kernel", KERNELS, ids=repr)
def test_sums_of_any_designs(kernel: NTK | NNGP, weights: int) -> None:
    table = problem(weights)
    x = torch.cat([random(20, 9, seed=3), table[0][:5]])
    with triton_device.use(True):
        found = sums_of(kernel, *table).of(x)
    wanted = expected(kernel, x, *table)
    torch.testing.assert_close(found[:20], wanted[:20], rtol=1e-10, atol=1e-10)
    # On a row of the data the angle is 0, and a cosine tells it to 1e-8 only.
    torch.testing.assert_close(found[20:], wanted[20:], rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("entries", [1, 1 << 26])  # pieces of 256 rows at least
@pytest.mark.parametrize("kernel", KERNELS[::2], ids=repr)
def test_a_part_is_changed_by_looking_up_products(
    kernel: NTK | NNGP, entries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three columns of three features with seven classes each; every class of every column."""
    monkeypatch.setattr(zonal_sums, "GPU_ENTRIES", entries)
    table = problem(2)
    classes = [random(7, 3, seed=4 + i) for i in range(3)]
    codes = torch.randint(7, (2, 3), generator=torch.Generator().manual_seed(0)).to(DEVICE)
    left = torch.cat([own[codes[:, i]] for i, own in enumerate(classes)], 1)
    parts = [(slice(3 * i, 3 * i + 3), own) for i, own in enumerate(classes)]
    changed = left[:, None].repeat(1, 21, 1)
    old = torch.empty(2, 21, dtype=torch.int64, device=DEVICE)
    for a in range(21):
        column = a // 7
        changed[:, a, 3 * column : 3 * column + 3] = classes[column][a % 7]
        old[:, a] = 7 * column + codes[:, column]
    with triton_device.use(True):
        norm = torch.linalg.vector_norm(changed, dim=2)
        found = sums_of(kernel, *table).pairs(left, parts, old, norm)
    wanted = expected(kernel, changed.reshape(42, 9), *table)
    torch.testing.assert_close(found.reshape(42, 3), wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("programs", [1, 6, 1024])
def test_what_is_more_than_a_tile_and_than_a_piece(
    programs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two pieces of the data and of the designs, and several tiles of the data in a program."""
    monkeypatch.setattr(zonal_sums, "GPU_ENTRIES", 16 * zonal_sums.FEWEST)
    monkeypatch.setattr(triton_device, "PROGRAMS", programs)
    x_l, linear, square = random(300, 5), random(2, 300, seed=1), random(300, seed=2).abs()
    x = random(17, 5, seed=3)
    with triton_device.use(True):
        found = sums_of(NTK(3), x_l, linear, square).of(x)
    wanted = expected(NTK(3), x, x_l, linear, square)
    torch.testing.assert_close(found, wanted, rtol=1e-10, atol=1e-10)


def test_rows_of_the_data_and_their_opposites() -> None:
    """Rounding makes cosines of such designs larger than 1."""
    x_l, linear, square = problem(2)
    x = torch.cat([x_l, -x_l])
    with triton_device.use(True):
        found = sums_of(NTK(6), x_l, linear, square).of(x)
    wanted = expected(NTK(6), x, x_l, linear, square)
    torch.testing.assert_close(found, wanted, rtol=1e-7, atol=1e-7)


def test_float32() -> None:
    table = problem(2, torch.float32)
    x = random(20, 9, dtype=torch.float32, seed=3)
    with triton_device.use(True):
        found = sums_of(NTK(6), *table).of(x)
    assert found.dtype == torch.float32
    wanted = expected(NTK(6), x.double(), *(t.double() for t in table))
    torch.testing.assert_close(found.double(), wanted, rtol=1e-4, atol=1e-4)


def test_weights_may_be_strided() -> None:
    x_l, linear, square = problem(2)
    x, wide = random(4, 9, seed=3), torch.stack([square, -square], 1)
    with triton_device.use(True):
        found = sums_of(NTK(6), x_l, linear.mT.contiguous().mT, wide[:, 0]).of(x)
    torch.testing.assert_close(found, expected(NTK(6), x, x_l, linear, square))


def test_three_weights_are_left_to_plain_torch() -> None:
    table = problem(3)
    x = random(4, 9, seed=3)
    with triton_device.use(True):
        made = ZonalSums(NTK(6).stack, *table)
        assert made._fused is None
        found = made.of(x)
    torch.testing.assert_close(found, expected(NTK(6), x, *table), rtol=1e-10, atol=1e-10)


def test_designs_without_a_direction_are_zero() -> None:
    x = torch.zeros(2, 9, dtype=torch.float64, device=DEVICE)
    with triton_device.use(True):
        assert not sums_of(NTK(6), *problem(2)).of(x).any()
