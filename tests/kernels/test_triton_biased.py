"""The Triton recursion with biases against the plain torch one."""

from __future__ import annotations

import pytest
import torch
from test_triton import DEVICE, only_here, random
from test_triton_gram import beside, both, on_kinks
from torch import Tensor
from torch.autograd import gradcheck

from torchbdi import NTK
from torchbdi.kernels.gpu import device as triton_device
from torchbdi.kernels.relu.biased import BiasedGram, input_covariance
from torchbdi.kernels.relu.layers import covariance_recursion
from torchbdi.kernels.relu.recursion import ReLUStack

only_here()

STACKS = [
    ReLUStack(6, 1.0, 0.3, tangent=True),
    ReLUStack(2, 1.4, 1.1, tangent=True),
    ReLUStack(4, 1.2, 0.2, tangent=False),
    ReLUStack(13, 0.5, 1.0, tangent=True),  # all but constant
]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("stack", STACKS, ids=lambda s: f"{s.depth}")
@pytest.mark.parametrize("shape", [(1, 1, 1), (5, 33, 17)])
def test_values_and_derivatives(
    stack: ReLUStack, shape: tuple[int, int, int], dtype: torch.dtype
) -> None:
    from torchbdi.kernels.gpu.biased import recursion

    x1, x2 = on_kinks(*shape, dtype=dtype)
    if shape[0] > 4:
        x1[1], x1[0] = random(shape[2], seed=8), random(shape[2], seed=9)  # no kink but at zero
    q1, q2 = input_covariance(stack, x1), input_covariance(stack, x2)
    k, grads, near = recursion(stack, x1, x2, q1, q2, derivative=True, symmetric=False)
    only, none, same = recursion(stack, x1, x2, q1, q2, derivative=False, symmetric=False)
    assert torch.equal(k, only) and none is None and grads is not None
    assert near is None and same is None
    s = stack.w / shape[2] * (x1 @ x2.mT) + stack.b
    value, derivatives = covariance_recursion(stack, s, q1[:, None], q2[None, :], derivative=True)
    assert derivatives is not None
    tolerance = 1e-12 if dtype == torch.float64 else 1e-3
    for fast, slow in zip((k, *grads), (value, *derivatives), strict=True):
        assert (fast - slow).abs().max() <= tolerance * slow.abs().max()


@pytest.mark.parametrize(("one", "two"), [((5, 3), (4, 3)), ((2, 1, 5, 3), (2, 4, 3))])
def test_gradients_of_all_batch_shapes(one: tuple[int, ...], two: tuple[int, ...]) -> None:
    def work() -> tuple[Tensor, ...]:
        x1, x2 = random(*one).requires_grad_(), random(*two, seed=1).requires_grad_()
        k = BiasedGram.apply(STACKS[0], x1, x2)
        own = BiasedGram.apply(STACKS[0], x1.mT.contiguous().mT, None)
        total = (k * random(*k.shape, seed=2)).sum() + own.sum()
        return (k, own, *torch.autograd.grad(total, (x1, x2)))

    for fast, slow in zip(*both(work), strict=True):
        torch.testing.assert_close(fast, slow, rtol=1e-11, atol=1e-13)


def test_gradcheck() -> None:
    x1, x2 = random(2, 2).requires_grad_(), random(1, 2, seed=1).requires_grad_()
    with triton_device.use(True):
        assert gradcheck(lambda a, b: BiasedGram.apply(STACKS[2], a, b), (x1, x2))
        assert gradcheck(lambda a: BiasedGram.apply(STACKS[0], a, None), (x1,))


@pytest.mark.parametrize("near", [False, True])
def test_kinks_and_near_pairs_are_those_of_the_plain_path(near: bool) -> None:
    """Coincident, opposite, nearly equal and zero designs."""

    def work() -> tuple[Tensor, ...]:
        x = on_kinks(6, 5, 3) if not near else (beside(random(30, 3), torch.float64), random(30, 3))
        a, b = (t.requires_grad_() for t in x)
        k = BiasedGram.apply(STACKS[0], a, b)
        own = BiasedGram.apply(STACKS[0], torch.cat([a, b]), None)
        total = (k * random(*k.shape, seed=4)).sum() + own.square().sum()
        return (k, own, *torch.autograd.grad(total, (a, b)))

    for fast, slow in zip(*both(work), strict=True):
        assert (fast - slow).abs().max() <= 1e-12 * slow.abs().max()


def test_large_designs() -> None:
    """The product of two variances of 1e200 would overflow."""
    x = 1e100 * random(5, 3)
    for fast, slow in zip(*both(lambda: (BiasedGram.apply(STACKS[0], x, x + 1e99),)), strict=True):
        torch.testing.assert_close(fast, slow, rtol=1e-12, atol=0)


def test_the_matrix_of_a_kernel() -> None:
    kernel, x, v = NTK(3, b_std=0.1), random(70, 4), random(70, 2, seed=1)

    def work() -> tuple[Tensor, Tensor]:
        matrix = kernel.to(DEVICE).matrix(x)
        return matrix.multiply(v), kernel(x)

    for fast, slow in zip(*both(work), strict=True):
        torch.testing.assert_close(fast, slow, rtol=1e-12, atol=1e-13)
