"""The zonal Triton kernels against the plain torch path."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from test_triton import DEVICE, INTERPRETED, only_here, random
from torch import Tensor
from torch.autograd import gradcheck

from torchbdi import BDI, NTK
from torchbdi.kernels.gpu import device as triton_device
from torchbdi.kernels.relu.recursion import ReLUStack, diagonal_recursion
from torchbdi.kernels.zonal.coupling import ZonalCoupling
from torchbdi.kernels.zonal.fill import TritonTiles, plan, triton_profile
from torchbdi.kernels.zonal.gram import ZonalGram, unit_rows
from torchbdi.kernels.zonal.matrix import ZonalMatrix
from torchbdi.kernels.zonal.profile import fit_profile
from torchbdi.kernels.zonal.tiles import gram_, product

only_here()
triton = pytest.importorskip("triton")
tl = pytest.importorskip("triton.language")
arcsine = pytest.importorskip("torchbdi.kernels.gpu.profile").arcsine

NTK6 = ReLUStack(6, 1.0, 0.0, tangent=True)
STACKS = [NTK6, ReLUStack(48, 1.4, 0.0, tangent=True), ReLUStack(3, 1.3, 0.0, tangent=False)]
FORMS = [torch.float64, torch.float32]


def on_kinks(n1: int, n2: int, d: int, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    """Designs among which there are coincident, opposite and zero ones."""
    x1, x2 = random(n1, d, dtype=dtype), random(n2, d, dtype=dtype, seed=1)
    x1[0] = -2 * x2[0]
    if n1 > 2:
        x1[1], x1[2] = 3 * x2[1], 0
    return x1, x2


def both(work):
    """What ``work`` returns with the Triton kernels, and with plain torch."""
    results = []
    for enabled in (True, False):
        with triton_device.use(enabled):
            results.append(work())
    return results


@triton.jit
def arcsine_kernel(x, out, SIZE: tl.constexpr):
    i = tl.arange(0, SIZE)
    tl.store(out + i, arcsine(tl.load(x + i)))


@pytest.mark.parametrize("dtype", FORMS)
def test_the_arcsine_is_good_to_rounding(dtype: torch.dtype) -> None:
    near = torch.logspace(-17, -1, 512, dtype=torch.float64)
    c = torch.cat([torch.linspace(-1, 1, 1024, dtype=torch.float64), 1 - near, near - 1])
    c = c.to(DEVICE, dtype)
    out = torch.empty_like(c)
    arcsine_kernel[(1,)](c, out, SIZE=len(c))
    wrong = (out.double() - c.double().asin()).abs().max()
    assert wrong <= 1.5 * torch.finfo(dtype).eps


@pytest.mark.parametrize("dtype", FORMS)
@pytest.mark.parametrize("stack", STACKS, ids=lambda s: str(s.depth))
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 2, 7), (34, 33, 24)])
def test_values_and_slopes(
    stack: ReLUStack, shape: tuple[int, int, int], dtype: torch.dtype
) -> None:
    x1, x2 = on_kinks(*shape, dtype=dtype)
    units = unit_rows(x1.mT.contiguous().mT), unit_rows(x2)

    def work() -> tuple[Tensor, Tensor, Tensor]:
        out, slope, only = (x1.new_full(shape[:2], math.nan) for _ in range(3))
        gram_(stack, *units, out, slope)
        gram_(stack, *units, only)
        return out, slope, only

    (out, slope, only), (k, dk, _) = both(work)
    # Two compilations: their products and sums may be joined in different places.
    torch.testing.assert_close(out, only, rtol=16 * torch.finfo(dtype).eps, atol=0)
    q = stack.w * x1.norm(dim=1).max() * x2.norm(dim=1).max() / shape[2]
    scale = diagonal_recursion(stack, q)[0]
    sine = (1 - (units[0][0] @ units[1][0].mT).clamp(-1, 1) ** 2).sqrt()
    smooth = sine > 5e-3  # of other pairs the slope is taken from differences
    accuracy = 1e-13 if dtype == torch.float64 else 3e-6
    assert (out - k).abs().max() <= accuracy * scale
    accuracy = 1e-11 if dtype == torch.float64 else 1e-4
    assert torch.where(smooth, (slope - dk) * sine, 0).abs().max() <= accuracy * scale
    assert (slope[~smooth] == 0).all() and (out[x1.norm(dim=1) == 0] == 0).all()


def beside(x: Tensor, dtype: torch.dtype) -> Tensor:
    """Designs at 1e-2 to 1e-15 of their length from those of x or from their opposites."""
    gaps = torch.logspace(-2, -15, len(x), dtype=torch.float64).to(DEVICE)
    signs = torch.where(torch.arange(len(x), device=DEVICE) % 3 == 0, -1.0, 1.0).unsqueeze(1)
    moved = x.double() + gaps.unsqueeze(1) * random(*x.shape, seed=7)
    return (1.7 * signs * moved).to(dtype)


@pytest.mark.parametrize("dtype", FORMS)
@pytest.mark.parametrize("batched", [False, True])
def test_near_pairs_as_on_the_cpu(batched: bool, dtype: torch.dtype) -> None:
    """Values to rounding and gradients as far as the designs' own rounding lets them be."""
    x2 = random(40, 5, dtype=dtype)
    x1 = beside(x2, dtype)
    if batched:
        x1 = torch.stack([x1, x1.flip(0)])
    grad = random(*x1.shape[:-1], 40, dtype=dtype, seed=3)

    def work() -> tuple[Tensor, Tensor, Tensor, Tensor]:
        a, b = x1.clone().requires_grad_(), x2.clone().requires_grad_()
        k = ZonalGram.apply(NTK6, a, b)
        table = torch.cat([b, a[0] if batched else a])
        own = ZonalGram.apply(NTK6, table, None)
        ((k * grad).sum() + own.square().sum()).backward()
        assert a.grad is not None and b.grad is not None
        return k, own, a.grad, b.grad

    fast, slow = both(work)
    accuracy = 1e-13 if dtype == torch.float64 else 3e-5  # the paths call different pairs near
    for x, expected in zip(fast[:2], slow[:2], strict=True):
        assert (x - expected).abs().max() <= accuracy * expected.abs().max()
    accuracy = 1e-11 if dtype == torch.float64 else 1e-3
    for x, expected in zip(fast[2:], slow[2:], strict=True):
        assert (x - expected).abs().max() <= accuracy * expected.abs().max()


def test_near_pairs_of_one_table_are_exactly_symmetric() -> None:
    x = random(9, 5)
    x[3], x[4], x[5] = 1.7 * x[0], -2.3 * x[1] + 1e-5, 3.1 * x[2] + 1e-6
    with triton_device.use(True):
        k = ZonalGram.apply(NTK6, x, None)
        filled = torch.empty_like(k)
        ZonalMatrix(NTK6, x).fill(slice(0, 9), slice(0, 9), filled)
    assert torch.equal(k, k.mT) and torch.equal(filled, filled.mT)


def test_a_table_for_a_batch_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """One near pair in a batch of 50, and differences a few pairs at a time."""
    monkeypatch.setattr("torchbdi.kernels.zonal.near.CHUNK", 20)
    x1, x2 = random(50, 1, 4), random(30, 4, seed=1)
    x1[7, 0] = 3 * x2[5] + 1e-6
    x1[8, 0] = -x2[6]

    def work() -> tuple[Tensor, ...]:
        a, b = x1.clone().requires_grad_(), x2.clone().requires_grad_()
        k = ZonalGram.apply(NTK6, a, b)
        return (k, *torch.autograd.grad(k.square().sum(), (a, b)))

    for fast, slow in zip(*both(work), strict=True):
        torch.testing.assert_close(fast, slow, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("dtype", FORMS)
def test_products_with_near_pairs(dtype: torch.dtype) -> None:
    """Coefficients of 1e6 that cancel show what an angle of 1e-8 in place of 0 would do."""
    x2 = random(70, 5, dtype=dtype)
    units, v = (unit_rows(beside(x2, dtype)), unit_rows(x2)), 1e6 * random(70, 2, dtype=dtype)
    fast, slow = both(lambda: product(NTK6, *units, v))
    accuracy = 1e-13 if dtype == torch.float64 else 1e-5
    assert (fast - slow).abs().max() <= accuracy * slow.abs().max()


def test_symmetric_is_exact_and_batches_are_stacked() -> None:
    x = random(2, 70, 5)
    unit = unit_rows(x)

    def work() -> tuple[Tensor, Tensor]:
        out, slope = (torch.full((2, 70, 70), math.nan).to(x) for _ in range(2))
        gram_(NTK6, unit, unit, out, slope)
        return out, slope

    (out, slope), (k, dk) = both(work)
    assert torch.equal(out, out.mT) and torch.equal(slope, slope.mT)
    off = ~torch.eye(70, dtype=torch.bool, device=DEVICE).expand(2, 70, 70)
    torch.testing.assert_close(out[off], k[off], rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(slope[off], dk[off], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("one", "two"),
    [((2, 5, 3), (4, 3)), ((5, 3), (2, 4, 3)), ((3, 1, 5, 3), (2, 4, 3)), ((4, 1, 2), (9, 2))],
)
def test_all_batch_shapes(one: tuple[int, ...], two: tuple[int, ...]) -> None:
    """Values and gradients; the gradient of a sum comes without strides."""

    def work() -> tuple[Tensor, ...]:
        x1, x2 = random(*one).requires_grad_(), random(*two, seed=1).requires_grad_()
        k = ZonalGram.apply(NTK6, x1, x2)
        own = ZonalGram.apply(NTK6, x1, None)
        total = (k * random(*k.shape, seed=2)).sum() + own.sum()
        return (k, own, *torch.autograd.grad(total, (x1, x2)))

    for fast, slow in zip(*both(work), strict=True):
        torch.testing.assert_close(fast, slow, rtol=1e-11, atol=1e-13)


def test_gradcheck() -> None:
    x1, x2 = random(2, 1, 2).requires_grad_(), random(2, 2, seed=1).requires_grad_()
    with triton_device.use(True):
        assert gradcheck(lambda a, b: ZonalGram.apply(NTK6, a, b), (x1, x2))
        assert gradcheck(lambda a: ZonalGram.apply(NTK6, a, None), (x2,))


@pytest.mark.parametrize("dtype", FORMS)
def test_gradients_at_kinks_and_of_zero(dtype: torch.dtype) -> None:
    """The tangential term is 0 there and the radial one stays; x . dk/dx = k."""
    x1, x2 = on_kinks(40, 50, 6, dtype)
    grad = random(40, 50, dtype=dtype, seed=3)

    def work() -> tuple[Tensor, Tensor, Tensor]:
        a, b = x1.clone().requires_grad_(), x2.clone().requires_grad_()
        k = ZonalGram.apply(NTK6, a, b)
        (k * grad).sum().backward()
        assert a.grad is not None and b.grad is not None
        return k, a.grad, b.grad

    fast, slow = both(work)
    tolerance = 1e-12 if dtype == torch.float64 else 1e-4
    for x, expected in zip(fast, slow, strict=True):
        assert (x - expected).abs().max() <= tolerance * expected.abs().max()
    k, g1, g2 = fast
    limit = 1e-12 if dtype == torch.float64 else 1e-4
    assert ((x1 * g1).sum(1) - (k * grad).sum(1)).abs().max() <= limit * k.abs().sum()
    assert ((x2 * g2).sum(1) - (k * grad).sum(0)).abs().max() <= limit * k.abs().sum()
    assert (g1[2] == 0).all()


def test_a_coincident_pair_keeps_its_radial_term_alone() -> None:
    x = random(1, 4)
    with triton_device.use(True):
        a = (2 * x).requires_grad_()
        k = ZonalGram.apply(NTK6, a, x)
        (gradient,) = torch.autograd.grad(k.sum(), a)
    torch.testing.assert_close(gradient, k.detach() * a / (a * a).sum(), rtol=1e-14, atol=0)


@pytest.mark.parametrize(
    ("dtype", "columns"), [(FORMS[0], 1), (FORMS[1], 3), (FORMS[0], 37), (FORMS[1], 37)]
)
def test_products(dtype: torch.dtype, columns: int) -> None:
    x1, x2 = on_kinks(40, 70, 5, dtype)
    units = unit_rows(x1), unit_rows(x2)
    v = random(columns, 70, dtype=dtype, seed=2).mT  # strided
    fast, slow = both(lambda: product(NTK6, *units, v))
    tolerance = 1e-13 if dtype == torch.float64 else 2e-6
    assert (fast - slow).abs().max() <= tolerance * slow.abs().max()
    with triton_device.use(True):
        torch.testing.assert_close(product(NTK6, *units, v[:, 0]), fast[:, 0], rtol=1e-5, atol=0)
        assert product(NTK6, *units, v[:, :0]).shape == (40, 0)


def test_a_long_product_is_cut_into_parts() -> None:
    units = unit_rows(random(2, 3)), unit_rows(random(700, 3, seed=1))
    v = random(700, 1)
    fast, slow = both(lambda: product(NTK6, *units, v))
    torch.testing.assert_close(fast, slow, rtol=1e-12, atol=1e-13)
    assert triton_device.parts(1, 11) == 11


def test_zonal_matrix() -> None:
    x = random(70, 6)
    x[7], x[9] = 0, x[8]  # a zero and a duplicate
    matrix, v = ZonalMatrix(NTK6, x), random(70, 2, seed=2)

    def work() -> tuple[Tensor, Tensor]:
        k = torch.full((70, 70), math.nan).to(x)
        matrix.fill(slice(0, 70), slice(0, 70), k)
        assert torch.equal(k, k.mT) and torch.equal(k.diagonal(), matrix.diagonal())
        return k, matrix.multiply(v)

    (k, kv), (expected, slow) = both(work)
    torch.testing.assert_close(k, expected, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(kv, k @ v, rtol=1e-12, atol=1e-13)
    torch.testing.assert_close(kv, slow, rtol=1e-12, atol=1e-13)
    with triton_device.use(True):
        assert torch.equal(matrix.multiply(v), kv)
        index = torch.tensor([5, 60, 7, 3], device=DEVICE)
        block = torch.empty(4, 4).to(x)
        matrix.fill(index, index, block)
    torch.testing.assert_close(block, k[index][:, index], rtol=1e-13, atol=0)


def test_no_profile_no_kernel() -> None:
    """Past degree 48 plain torch runs the recursion, on a GPU too."""
    deep = ReLUStack(100, 1.4, 0.0, tangent=True)
    x = random(5, 3)
    with triton_device.use(True):
        assert triton_profile(deep, x) is None and fit_profile(deep) is None
        assert not isinstance(plan(deep, x, 1 << 20).make(), TritonTiles)
        assert isinstance(plan(NTK6, x, 1 << 20).make(), TritonTiles)
    fast, slow = both(lambda: ZonalGram.apply(deep, x, None))
    assert torch.equal(fast, slow)


@pytest.mark.parametrize(("groups", "m"), [(5, 1), (2, 8)])
def test_the_coupling(groups: int, m: int) -> None:
    x_l, y_l, d = random(90, 4), random(90, seed=1), random(90, seed=2)
    coupling = ZonalCoupling(NTK6, x_l, y_l, torch.softmax(y_l, 0), d)
    x_h, a = random(groups, m, 4, seed=3), random(groups, m, seed=4)
    for fast, slow in zip(*both(lambda: coupling.sweep(x_h, a)), strict=True):
        torch.testing.assert_close(fast, slow, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("b_std", [0.0, 0.2])
def test_bdi_learns_the_same(b_std: float) -> None:
    """Two steps of Adam, groups of three; the starts lie beside data points."""
    x_l = random(40, 3)
    y_l = x_l[:, 0] - x_l.square().sum(1) / 4
    y_l = (y_l - y_l.mean()) / y_l.std()
    starts = x_l[:6].reshape(2, 3, 3) + 0.1

    def work() -> tuple[Tensor, ...]:
        model = BDI(x_l, y_l, starts, kernel=NTK(b_std=b_std), lr=0.1, coefficients=y_l)
        model, adam, losses = model.to(DEVICE), torch.optim.Adam([model.x_h], lr=0.1), []
        for _ in range(2):
            adam.zero_grad()
            losses.append(model.loss()["total"])
            losses[-1].sum().backward()
            adam.step()
        return torch.stack(losses).detach(), model.x_h.detach()

    (losses, x_h), (expected, x) = both(work)
    torch.testing.assert_close(losses, expected, rtol=1e-9, atol=0)
    torch.testing.assert_close(x_h, x, rtol=1e-6, atol=1e-7)


@pytest.mark.skipif(not INTERPRETED, reason="the sparse file is for the interpreter")
def test_offsets_past_32_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from triton.runtime.interpreter import GridExecutor

    # The interpreter would copy the whole storage onto itself.
    monkeypatch.setattr(GridExecutor, "_restore_args_dev", lambda *_: None)
    far = 2**30 + 5  # row 2 starts past 2^31
    file = torch.from_file(str(tmp_path / "sparse"), shared=True, size=2 * far + 3)
    out = file.as_strided((3, 3), (far, 1))
    x = random(3, 4, dtype=torch.float32)
    with triton_device.use(True):
        near = torch.empty(3, 3)
        for first, second in ((unit_rows(x),) * 2, (unit_rows(x), unit_rows(x))):
            gram_(NTK6, first, second, near)
            gram_(NTK6, first, second, out)
            assert torch.equal(near, out) and (near != 0).all()
