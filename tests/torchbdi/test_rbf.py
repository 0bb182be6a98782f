"""The Gaussian kernel keeps its digits, whatever else is in the call, by 40-digit arithmetic."""

from __future__ import annotations

import mpmath
import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

import torchbdi
from torchbdi import RBF

GOOD = 1e-13


def randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def exact(gamma: float, x: Tensor, z: Tensor) -> Tensor:
    """k of two tables, entry by entry with 40 digits."""
    rows = []
    with mpmath.workdps(40):
        for a in x.tolist():
            row = [mpmath.fsum((mpmath.mpf(p) - q) ** 2 for p, q in zip(a, b, strict=True))
                   for b in z.tolist()]  # fmt: skip
            rows.append([float(mpmath.exp(-mpmath.mpf(gamma) * r)) for r in row])
    return torch.tensor(rows, dtype=torch.float64)


def by_differences(gamma: float, x: Tensor, z: Tensor) -> Tensor:
    """The same by plain torch operations, with autograd's gradient."""
    squares = (x.unsqueeze(-2) - z.unsqueeze(-3)).square().sum(-1)
    return torch.exp(-gamma * squares)


def far_tables() -> dict[str, Tensor]:
    mistyped, two, all_far = randn(12, 3), randn(12, 3), randn(12, 3)
    mistyped[4, 1] = 1e9
    two[6:] += 1e8
    return {
        "standardised": randn(12, 3),
        "one number of 1e9": mistyped,
        "two places 1e8 apart": two,
        "all at 1e8": all_far + 1e8,
        "spread over decades": all_far * 10.0 ** torch.arange(-6, 6).unsqueeze(1),
        "four of a report": torch.tensor([0.0, 1.0, 1e8, 1e8 + 1], dtype=torch.float64)[:, None],
        "1e160": torch.where(mistyped == 1e9, 1e160, mistyped),
        "the largest numbers": torch.tensor(
            [[1e308, 1.0], [1e308, 2.0], [-1e308, 1.0]], dtype=torch.float64
        ),
        "the smallest numbers": torch.tensor([[5e-324], [0.0], [1e-160]], dtype=torch.float64),
    }


@pytest.mark.parametrize("gamma", [0.03, 1.0, 30.0])
@pytest.mark.parametrize("name", list(far_tables()))
def test_every_entry_is_good_whatever_else_is_in_the_call(name: str, gamma: float) -> None:
    x = far_tables()[name]
    true = exact(gamma, x, x)
    kernel = RBF(gamma)
    tiles = torch.empty_like(true)
    kernel.matrix(x).fill(slice(0, len(x)), slice(0, len(x)), tiles)
    blocks = torch.empty_like(true)
    operator = kernel.matrix(x)
    for rows in (slice(0, 2), slice(2, len(x))):
        for cols in (torch.arange(len(x)).flip(0)[:2], slice(0, len(x))):
            block = blocks[rows][:, cols].contiguous()
            operator.fill(rows if isinstance(cols, slice) else torch.arange(rows.start, rows.stop),
                          cols, block)  # fmt: skip
            blocks[rows, cols] = block
    other = torch.cat([randn(2, x.shape[1], seed=1) * 1e12, x])
    for found in (
        kernel(x),
        kernel(x, x.clone()),
        kernel(x, other)[:, 2:],
        kernel(other, x)[2:],
        kernel(torch.stack([x, x + 1]))[0],
        kernel(torch.stack([x, x * 1e-3]), x)[0],
        kernel(x, torch.stack([1e9 * x.clamp(-1e100, 1e100), x]))[1],
        tiles,
        blocks,
    ):
        assert (found - true).abs().max() <= GOOD
        # Relative too, up to the rounding of an exponent of 745.
        assert ((found - true).abs() <= 6 * GOOD * true + 1e-300).all()
    assert (kernel(x).diagonal() == 1).all()


def test_tables_of_a_batch_do_not_disturb_each_other() -> None:
    x = randn(2, 6, 3)
    moved = torch.stack([x[0], x[1] + 1e8])
    true = torch.stack([exact(1.0, t, t) for t in moved])
    assert (RBF(1.0)(moved) - true).abs().max() <= GOOD
    assert (RBF(1.0)(moved, moved.clone()) - true).abs().max() <= GOOD
    crossed = RBF(1.0)(moved.unsqueeze(1), moved)
    for i in range(2):
        for j in range(2):
            assert (crossed[i, j] - exact(1.0, moved[i], moved[j])).abs().max() <= GOOD


@pytest.mark.parametrize("d", [1, 24, 300, 5126])
def test_many_features(d: int) -> None:
    """Pairs near each other and far from the centre, at both sides of where differences begin."""
    rows = 3 if d > 1000 else 8
    for s in (2.0, 16.0, 60.0, 400.0):
        x = randn(rows, d)
        z = x + 0.1 * randn(rows, d, seed=1)
        gamma = s / (2 * d)
        found, true = RBF(gamma)(x, z), exact(gamma, x, z)
        assert (found - true).abs().max() <= GOOD


@pytest.mark.parametrize("name", list(far_tables()))
def test_the_gradient_is_good_too(name: str) -> None:
    x = far_tables()[name]
    weights = randn(len(x), len(x), seed=2)
    z = torch.cat([x[:2] + 0.25, x])
    wide = randn(len(x), len(z), seed=3)
    for function in (
        lambda k, x: (weights * k(x)).sum(),
        lambda k, x: (wide * k(x, z)).sum(),
        lambda k, x: (wide.mT * k(z, x)).sum(),
        lambda k, x: (wide * k(torch.stack([x, x]), z)).sum(),
    ):
        grads = []
        for kernel in (RBF(0.7), lambda a, b=None: by_differences(0.7, a, a if b is None else b)):
            own = x.clone().requires_grad_()
            grads.append(torch.autograd.grad(function(kernel, own), own)[0])
        bad = ~torch.isfinite(grads[1])  # 0 times inf of the plain operations
        assert torch.isfinite(grads[0]).all()
        assert ((grads[0] - grads[1]).abs()[~bad] <= 1e-12).all()


def test_gradcheck_with_far_pairs() -> None:
    x = randn(2, 4, 3)
    x[0, 1:3] += 40
    x[1] *= 20
    z = x[0] + 0.1
    kernel = RBF(1.0)
    args = x.requires_grad_(), z.detach().requires_grad_()
    assert gradcheck(kernel, args)
    assert gradcheck(lambda x: kernel(x), args[:1])
    assert gradgradcheck(kernel, args)
    assert gradgradcheck(lambda x: kernel(x), args[:1])


def test_a_mistyped_number_does_not_break_a_fit() -> None:
    """The entries among 50 ordinary designs were off by 8e-4, and the fit said duplicates."""
    x = torch.rand(50, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    y = x.sum(1)
    spoiled = torch.cat([x, torch.tensor([[1e8, 0.5]]).double()])
    fit = torchbdi.fit_ridge(RBF(5.0), spoiled, torch.cat([y, y[:1]]), ridge=1e-6)
    assert fit.report.residual < 1e-9
    predicted = fit.predict(x)
    plain = torchbdi.fit_ridge(RBF(5.0), x, y, ridge=1e-6).predict(x)
    torch.testing.assert_close(predicted, plain, rtol=0, atol=1e-6)
