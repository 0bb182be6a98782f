"""The blocked zonal path against the recursion and the dense formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck

from torchbdi.kernels import TorchBDIError, cholesky_solve
from torchbdi.kernels.relu.limits import kink
from torchbdi.kernels.relu.recursion import (
    ReLUStack,
    angular_recursion,
    diagonal_recursion,
)
from torchbdi.kernels.solve.operator import set_diagonal
from torchbdi.kernels.zonal.coupling import ZonalCoupling
from torchbdi.kernels.zonal.gram import ZonalGram, unit_rows
from torchbdi.kernels.zonal.matrix import ZonalMatrix
from torchbdi.kernels.zonal.profile import Profile, fit_profile
from torchbdi.kernels.zonal.tiles import SIDE, gram_, product

NTK6 = ReLUStack(6, 1.0, 0.0, tangent=True)
STACKS = [
    NTK6,
    ReLUStack(2, 1.3, 0.0, tangent=True),
    ReLUStack(12, 1.0, 0.0, tangent=True),  # the profile's map is used
    ReLUStack(64, 1.4, 0.0, tangent=True),
    ReLUStack(100, 1.4, 0.0, tangent=True),  # no profile: the recursion
    ReLUStack(6, 1.0, 0.0, tangent=False),
]


def randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def slow_gram(stack: ReLUStack, x1: Tensor, x2: Tensor) -> tuple[Tensor, Tensor]:
    """k and |x||x'|/D dkappa/dcos, through the recursion."""
    (hat1, norm1), (hat2, norm2) = unit_rows(x1), unit_rows(x2)
    c = (hat1 @ hat2.mT).clamp(-1, 1)
    value, slope = angular_recursion(stack, c.acos())
    smooth = 1 - c.abs() > kink(c.dtype)
    sine = torch.where(smooth, ((1 - c) * (1 + c)).sqrt(), math.inf)
    scale = norm1 * norm2.mT / x1.shape[-1]
    return scale * value, -scale * slope / sine


@pytest.mark.parametrize("tangent", [True, False])
@pytest.mark.parametrize("depth", [2, 3, 4, 6, 8, 10, 12, 16, 24, 32, 48, 63, 64, 70, 76])
@pytest.mark.parametrize("map_cost", [3, 12])
def test_profile_agrees_with_the_recursion(depth: int, tangent: bool, map_cost: int) -> None:
    stack = ReLUStack(depth, 1.0, 0.0, tangent)
    profile = fit_profile(stack, map_cost)
    assert profile is not None and profile.degree <= 48
    theta = torch.linspace(0, math.pi, 3001, dtype=torch.float64)
    value, slope = angular_recursion(stack, theta)
    u = (math.pi / 2 - theta).numpy()
    if profile.pole:
        u = profile.offset + profile.scale / (1 + profile.pole * u)
        assert np.abs(u).max() <= 1 + 1e-14
    fitted = np.polyval(profile.value[::-1], u), np.polyval(profile.slope[::-1], u)
    # 1e-13 and 1e-11, and the rounding of the recursion.
    assert np.abs(fitted[0] - value.numpy()).max() <= 1.1e-13 * profile.at_zero
    assert np.abs(fitted[1] + slope.numpy()).max() <= 1.1e-11 * profile.at_zero
    assert profile.at_zero == pytest.approx(diagonal_recursion(stack, torch.ones(1))[0].item())


def test_depth_costs_little() -> None:
    def passes(profile: Profile | None) -> int:
        assert profile is not None
        return profile.degree + (3 if profile.pole else 0)

    shallow, deep = fit_profile(NTK6), fit_profile(ReLUStack(12, 1.0, 0.0, True))
    assert passes(deep) - passes(shallow) <= 6
    assert fit_profile(ReLUStack(100, 1.0, 0.0, True)) is None


SMALL, LARGE = [(1, 1), (3, 2), (5, 9000)], [(70, 2100), (513, 257)]  # which may be compiled


@pytest.mark.parametrize(
    ("stack", "shape"),
    [(s, shape) for s in STACKS for shape in SMALL + (LARGE if fit_profile(s) else [])],
    ids=lambda v: f"{v.depth}{'ntk' if v.tangent else ''}" if isinstance(v, ReLUStack) else str(v),
)
def test_gram_and_slope_match_the_recursion(stack: ReLUStack, shape: tuple[int, int]) -> None:
    x1, x2 = randn(shape[0], 7), randn(shape[1], 7, seed=1)
    x1[0] = -2 * x2[0]  # opposite
    if shape[0] > 1:
        x1[1], x1[2 % shape[0]] = 3 * x2[1], 0  # coincident, zero
    out, slope = torch.empty(shape).double(), torch.empty(shape).double()
    gram_(stack, unit_rows(x1), unit_rows(x2), out, slope)
    k, dk = slow_gram(stack, x1, x2)
    scale = fit_scale(stack, x1, x2)
    # 1/sin magnifies the rounding of the cosine near the kinks: compare the derivative by theta.
    sine = (1 - (unit_rows(x1)[0] @ unit_rows(x2)[0].mT).clamp(-1, 1) ** 2).sqrt()
    # A cosine of +-1 that two products round differently, by 1e-16, moves its angle by 1e-8.
    gap = (out - k).abs()
    assert torch.where(sine < 1e-6, 0, gap).max() <= 2e-13 * scale
    assert gap.max() <= 1e-7 * scale
    assert ((slope - dk) * sine).abs().max() <= 3e-11 * scale
    only = torch.empty_like(out)
    gram_(stack, unit_rows(x1), unit_rows(x2), only)
    assert torch.equal(only, out)


def fit_scale(stack: ReLUStack, x1: Tensor, x2: Tensor) -> Tensor:
    """kappa(0) |x||x'|/D, the largest."""
    q = stack.w * x1.norm(dim=-1).max() * x2.norm(dim=-1).max() / x1.shape[-1]
    return diagonal_recursion(stack, q)[0]


def test_symmetric_is_exact_and_equals_the_full_matrix() -> None:
    x = randn(2 * SIDE + 17, 5)
    unit = unit_rows(x)
    out, slope = (torch.full((len(x), len(x)), math.nan).double() for _ in range(2))
    gram_(NTK6, unit, unit, out, slope)
    assert torch.equal(out, out.mT) and torch.equal(slope, slope.mT)
    full = torch.empty_like(out)
    gram_(NTK6, unit, unit_rows(x), full)
    off = ~torch.eye(len(x), dtype=torch.bool)
    torch.testing.assert_close(out[off], full[off], rtol=1e-12, atol=1e-14)


def test_writes_into_a_strided_buffer_and_nowhere_else() -> None:
    x1, x2 = randn(70, 4), randn(90, 4, seed=1)
    buffer = torch.full((72, 100), 7.0).double()
    gram_(NTK6, unit_rows(x1), unit_rows(x2), buffer[1:71, 5:95])
    torch.testing.assert_close(buffer[1:71, 5:95], slow_gram(NTK6, x1, x2)[0])
    buffer[1:71, 5:95] = 7
    assert (buffer == 7).all()


@pytest.mark.parametrize(
    ("one", "two"),
    [((5, 3), (4, 3)), ((2, 5, 3), (4, 3)), ((5, 3), (2, 4, 3)), ((3, 1, 5, 3), (2, 4, 3))],
)
def test_gradients_of_all_batch_shapes(one: tuple[int, ...], two: tuple[int, ...]) -> None:
    x1, x2 = randn(*one).requires_grad_(), randn(*two, seed=1).requires_grad_()
    assert gradcheck(lambda a, b: ZonalGram.apply(NTK6, a, b), (x1, x2))
    assert gradcheck(lambda a: ZonalGram.apply(NTK6, a, None), (x1,))


def test_gradient_by_tiles_equals_the_dense_formula() -> None:
    x1, x2, grad = randn(150, 6), randn(1100, 6, seed=1), randn(150, 1100, seed=2)
    a, b = x1.clone().requires_grad_(), x2.clone().requires_grad_()
    (ZonalGram.apply(NTK6, a, b) * grad).sum().backward()
    k, slope = slow_gram(NTK6, x1, x2)
    for x, y, g, value, tilt in ((a, b, grad, k, slope), (b, a, grad.mT, k.mT, slope.mT)):
        (hat, norm), other = unit_rows(x.detach()), unit_rows(y.detach())[0]
        along = (g * value).sum(1, keepdim=True) * hat
        toward = (g * tilt) @ other
        expected = (along + toward - (toward * hat).sum(1, keepdim=True) * hat) / norm
        assert x.grad is not None
        torch.testing.assert_close(x.grad, expected, rtol=1e-9, atol=1e-10)


def test_product_equals_the_matrix() -> None:
    x1, x2 = randn(130, 5), randn(2500, 5, seed=1)
    k = slow_gram(NTK6, x1, x2)[0]
    for v in (randn(2500), randn(2500, 3)):
        result = product(NTK6, unit_rows(x1), unit_rows(x2), v)
        torch.testing.assert_close(result, k @ v, rtol=1e-11, atol=1e-11)


def test_zonal_matrix() -> None:
    x = randn(2 * SIDE + 5, 6)
    x[7] = 0
    matrix = ZonalMatrix(NTK6, x)
    diagonal = 6 / 32 * (x * x).sum(1) / 6
    torch.testing.assert_close(matrix.diagonal(), diagonal, rtol=1e-15, atol=0)
    k = slow_gram(NTK6, x, x)[0]
    k.diagonal().copy_(diagonal)
    index = torch.tensor([5, 700, 7, 3])
    for rows, cols in ((slice(0, 50), slice(0, 50)), (slice(10, 90), slice(40, 60)), (index,) * 2):
        out = torch.full_like(k[rows][:, cols], math.nan)
        matrix.fill(rows, cols, out)
        expected = k[rows][:, cols].clone()
        set_diagonal(expected, rows, cols, diagonal)
        torch.testing.assert_close(out, expected, rtol=1e-12, atol=1e-13)
        if rows is cols or rows == cols:
            assert torch.equal(out.diagonal(), matrix.diagonal()[rows])
    v = randn(len(x), 2)
    torch.testing.assert_close(matrix.multiply(v), k @ v, rtol=1e-11, atol=1e-11)
    assert torch.equal(matrix.multiply(v), matrix.multiply(v))


@pytest.mark.parametrize(("groups", "m"), [(16, 1), (3, 8), (1, 1), (2, 90)])
@pytest.mark.parametrize("parts", ["both", "forward", "backward"])
def test_coupling_equals_the_matrix(groups: int, m: int, parts: str) -> None:
    x_l, y_l, d = randn(2500, 6), randn(2500, seed=1), randn(2500, seed=2)
    w = torch.softmax(0.3 * y_l, 0)
    start = x_l[: groups * m].reshape(groups, m, 6)  # starts lie on data points
    coupling = ZonalCoupling(NTK6, x_l, y_l, w, None if parts == "backward" else d)
    weights = randn(groups, m, seed=3), randn(groups, seed=4)

    def loss(x: Tensor, fused: bool) -> Tensor:
        k_hh = ZonalGram.apply(NTK6, x, None)
        a = cholesky_solve(k_hh, torch.full_like(x[..., 0], 10), 1e-3)
        if fused:
            prediction, backward = coupling(x, None if parts == "forward" else a)
        else:
            k = ZonalGram.apply(NTK6, x, x_l)
            prediction = k @ d if parts != "backward" else x.new_zeros(groups, m)
            backward = (y_l - (a.unsqueeze(1) @ k).squeeze(1)).square() @ w
            backward = backward if parts != "forward" else x.new_zeros(groups)
        return (weights[0] * prediction).sum() + (weights[1] * backward).sum()

    results = []
    for fused in (True, False):
        x = start.clone().requires_grad_()
        value = loss(x, fused)
        (gradient,) = torch.autograd.grad(value, x)
        results.append((value.detach(), gradient))
    for fast, slow in zip(*results, strict=True):
        assert (fast - slow).abs().max() <= 1e-9 * slow.abs().max()


def test_coupling_of_one_group_and_second_derivatives() -> None:
    x_l, y_l = randn(40, 3), randn(40, seed=1)
    coupling = ZonalCoupling(NTK6, x_l, y_l, torch.full((40,), 1 / 40).double(), y_l)
    x, a = randn(4, 3, seed=2).requires_grad_(), randn(4, seed=3).requires_grad_()
    prediction, backward = coupling(x, a)
    assert prediction.shape == (4,) and backward.shape == ()
    assert gradcheck(lambda x, a: coupling(x, a), (x, a))
    with pytest.raises(TorchBDIError, match="second derivatives"):
        torch.autograd.grad(backward, x, create_graph=True)
