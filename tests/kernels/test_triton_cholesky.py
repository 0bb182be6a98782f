"""The Triton Cholesky solve against torch.linalg."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from test_triton import DEVICE, INTERPRETED, only_here, random
from torch import Tensor
from torch.autograd import gradcheck

from torchbdi import InputError, NotPositiveDefiniteError
from torchbdi.kernels import cholesky_solve
from torchbdi.kernels.gpu import device as triton_device

only_here()


def spd(*shape: int, dtype: torch.dtype = torch.float64, seed: int = 0) -> Tensor:
    a = random(*shape, shape[-1], seed=seed)
    return (a @ a.mT + torch.eye(shape[-1], dtype=a.dtype, device=DEVICE)).to(dtype)


def fused(*args: Tensor | float) -> Tensor:
    with triton_device.use(True):
        return cholesky_solve(*args)  # type: ignore[arg-type]


def plain(*args: Tensor | float) -> Tensor:
    with triton_device.use(False):
        return cholesky_solve(*args)  # type: ignore[arg-type]


def assert_near(x: Tensor, expected: Tensor, tolerance: float) -> None:
    assert x.shape == expected.shape and x.dtype == expected.dtype
    assert (x - expected).abs().max() <= tolerance * expected.abs().max()


@pytest.mark.parametrize("m", [1, 2, 3, 7, 16, 31, 33, 64])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_equals_torch_linalg(m: int, dtype: torch.dtype) -> None:
    """Strided on purpose; the upper triangle is not read."""
    groups = 2 if m < 16 else 1
    k = spd(groups, m, dtype=dtype)
    strided = torch.full((groups, 2 * m, m + 3), 77.0, dtype=dtype, device=DEVICE)[:, ::2, 3:].mT
    strided = strided if strided.shape == k.shape else torch.empty_like(k)
    strided.copy_(k.tril() + torch.full_like(k, torch.nan).triu(1))
    b = random(2, groups, m, dtype=dtype, seed=1).permute(1, 2, 0)
    ridge = torch.linspace(0, 1, groups, dtype=dtype, device=DEVICE)
    tolerance = 1e-12 if dtype == torch.float64 else 3e-4
    assert_near(fused(strided, b, ridge), plain(k, b, ridge), tolerance)
    if m < 7:
        assert_near(fused(k[0], b[0, :, 0], 0.5), plain(k[0], b[0, :, 0], 0.5), tolerance)


def test_many_columns_and_none() -> None:
    k, b = spd(2, 3), random(2, 3, 37)
    assert_near(fused(k, b), plain(k, b), 1e-13)
    for m, columns in ((17, 9), (33, 2)):
        large, right = spd(2, m), random(2, m, columns)
        assert_near(fused(large, right), plain(large, right), 1e-12)
        shared = spd(1, m)  # factored once
        assert_near(fused(shared, right, 0.1), plain(shared, right, 0.1), 1e-12)
    assert fused(k, b[..., :0]).shape == (2, 3, 0)
    assert fused(k[:0], b[:0]).shape == (0, 3, 37)


def test_broadcasts_the_batch() -> None:
    for k, b in (
        (spd(4), random(5, 4, 2)),
        (spd(5, 4), random(1, 4)),
        (spd(2, 1, 3), random(1, 4, 3, 2)),
    ):
        k, b = k.requires_grad_(), b.requires_grad_()
        results = []
        for solve in (fused, plain):
            x = solve(k, b, 0.1)
            results.append((x, *torch.autograd.grad((x * random(*x.shape, seed=5)).sum(), (k, b))))
        for x, expected in zip(*results, strict=True):
            assert_near(x, expected, 1e-12)


@pytest.mark.parametrize(("m", "columns"), [(1, 1), (2, 2)])
def test_gradcheck(m: int, columns: int) -> None:
    k, b = spd(1, m).requires_grad_(), random(1, m, columns).requires_grad_()
    ridge = torch.rand(1, dtype=torch.float64, device=DEVICE).requires_grad_()
    assert gradcheck(fused, (k, b, ridge))


SIZES = [(1, 3), (3, 2), (4, 5), (5, 20), (8, 8), (16, 17), (17, 1), (20, 3)]


@pytest.mark.parametrize(("m", "columns"), SIZES)
def test_gradients_equal_those_of_torch(m: int, columns: int) -> None:
    """Of a float ridge and of one for all matrices; second ones too where they are small."""
    k, b = spd(2, m).requires_grad_(), random(2, m, columns).requires_grad_()
    ridge = torch.tensor(0.3, dtype=torch.float64, device=DEVICE, requires_grad=True)
    results = []
    for solve in (fused, plain):
        gradients = torch.autograd.grad(solve(k, b, 0.2).square().sum(), (k, b))
        assert torch.equal(gradients[0].triu(1), torch.zeros_like(k))
        if m < 5:
            loss = (solve(k, b, ridge) * random(2, m, columns, seed=3)).square().sum()
            first = torch.autograd.grad(loss, (k, b, ridge), create_graph=True)
            again = sum((g * random(*g.shape, seed=4)).sum() for g in first)
            gradients += (*first, *torch.autograd.grad(again, (k, b, ridge)))
        results.append(gradients)
    for x, expected in zip(*results, strict=True):
        assert_near(x, expected, 1e-10)


def test_indefinite_matrices_fail_where_torch_says() -> None:
    k = spd(6, 5)
    for member in range(1, 6):
        k[member, member - 1, member - 1] -= 40
    k[5] = 1.0  # rank one: the second pivot is exactly 0
    messages = []
    for solve in (fused, plain):
        with pytest.raises(NotPositiveDefiniteError) as error:
            solve(k.reshape(2, 3, 5, 5), random(2, 3, 5))
        messages.append(str(error.value))
    assert messages[0] == messages[1]
    assert "[0, 1] at pivot 0 of 5" in messages[0] and "[1, 2] at pivot 1 of 5" in messages[0]
    assert torch.isfinite(fused(k[5], random(5), 0.1)).all()
    with pytest.raises(NotPositiveDefiniteError, match="the matrix at pivot 1 of 5"):
        fused(k[5], random(3, 5, 2))
    with pytest.raises(NotPositiveDefiniteError, match="the matrix at pivot 0 of 1"):
        fused(torch.zeros(1, 1, device=DEVICE), torch.ones(1, device=DEVICE))


@pytest.mark.parametrize("bad", [torch.nan, -torch.inf])
def test_refuses_what_is_not_finite(bad: float) -> None:
    k, b = spd(3, 2), random(3, 2, 20)
    spoiled_k, spoiled_b = k.clone(), b.clone()
    spoiled_k[1, 1, 0] = bad
    spoiled_b[2, 1, 19] = bad
    ridges = torch.tensor([0.0, bad, 1.0], dtype=torch.float64, device=DEVICE)
    for solve in (fused, plain):
        with pytest.raises(InputError, match="k contains NaN"):
            solve(spoiled_k, spoiled_b)
        with pytest.raises(InputError, match="rhs contains NaN"):
            solve(k, spoiled_b)
        for ridge in (bad, ridges, -1.0, -ridges.nan_to_num(1.0, 1.0, 1.0)):
            with pytest.raises(InputError, match="ridge must be finite"):
                solve(k, b, ridge)
        with pytest.raises(InputError, match="ridge has shape"):
            solve(k, b, ridges[:2])


def test_a_flag_that_was_left_raised_is_no_failure() -> None:
    """As after an interrupted call, even one that was the first."""
    with torch.device("meta"):
        flag = triton_device.host_flag(torch.device(DEVICE))
    flag.fill_(1)
    k, b = spd(2, 3), random(2, 3)
    assert_near(fused(k, b), plain(k, b), 1e-12)
    assert not flag.any()


def test_many_columns_of_one_matrix_go_to_several_programs() -> None:
    k, b = spd(1, 18), random(1, 18, 70)
    assert_near(fused(k, b), plain(k, b), 1e-12)


def test_larger_matrices_go_to_torch() -> None:
    k, b = spd(2, 65), random(2, 65)
    assert torch.equal(fused(k, b), plain(k, b))


@pytest.mark.skipif(not INTERPRETED, reason="the sparse file is for the interpreter")
def test_offsets_past_32_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from triton.runtime.interpreter import GridExecutor

    # The interpreter would copy the whole storage onto itself.
    monkeypatch.setattr(GridExecutor, "_restore_args_dev", lambda *_: None)
    far = 2**31 + 5
    file = torch.from_file(str(tmp_path / "sparse"), shared=True, size=far + 4)
    k, b = file.as_strided((2, 2, 2), (far, 2, 1)), torch.ones(2, 2)
    k.copy_(spd(2, 2, dtype=torch.float32))
    assert_near(fused(k, b), plain(k.clone(), b), 1e-5)


@pytest.mark.parametrize("m", [3, 8, 16, 40])
def test_float32_is_as_good_as_the_condition_allows(m: int) -> None:
    """|x32 - x64| <= c m eps cond |x64|, normwise (Higham, Accuracy and Stability, 10.4)."""
    for seed, scale in enumerate((1.0, 1e-2, 1e-4)):
        q, _ = torch.linalg.qr(random(m, m, seed=seed))
        spectrum = torch.logspace(0, torch.tensor(scale).log10().item(), m).to(q)
        k = ((q * spectrum) @ q.mT).unsqueeze(0)
        k, b = (k + k.mT) / 2, random(1, m, seed=seed + 9)
        k = k.float().double()  # the same system in both
        b = b.float().double()
        exact = plain(k, b)
        error = (fused(k.float(), b.float()).double() - exact).norm() / exact.norm()
        assert error <= 4 * m * torch.finfo(torch.float32).eps / scale
