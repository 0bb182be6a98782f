"""The recursion with biases: its chunks of rows, and biases that underflow."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck

from torchbdi.kernels.relu import layers
from torchbdi.kernels.relu.biased import BiasedGram
from torchbdi.kernels.relu.pairs import pair_kernel
from torchbdi.kernels.relu.recursion import ReLUStack

STACK = ReLUStack(5, 1.2, 0.4, tangent=True)


def randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("entries", [1, 20])
def test_chunks_of_rows_are_the_whole(monkeypatch: pytest.MonkeyPatch, entries: int) -> None:
    x1, x2 = randn(2, 1, 7, 3).requires_grad_(), randn(3, 5, 3, seed=1).requires_grad_()
    found = []
    for size in (layers.CHUNK, entries):
        monkeypatch.setattr(layers, "CHUNK", size)
        k = BiasedGram.apply(STACK, x1, x2)
        found.append((k, *torch.autograd.grad((k * randn(*k.shape, seed=2)).sum(), (x1, x2))))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("tangent", [True, False])
def test_gradients_of_pairs_however_far_apart(tangent: bool) -> None:
    """What serves nearly equal designs is right for all, and so can be checked by differences."""
    stack = ReLUStack(5, 1.2, 0.4, tangent)
    x1, x2 = randn(6, 3).requires_grad_(), randn(6, 3, seed=1).requires_grad_()
    k, grads = pair_kernel(stack, x1.detach(), x2.detach(), derivative=True)
    whole = BiasedGram.apply(stack, x1, x2).diagonal()
    torch.testing.assert_close(k, whole, rtol=1e-13, atol=0)
    assert grads is not None
    for own, true in zip(grads, torch.autograd.grad(whole.sum(), (x1, x2)), strict=True):
        torch.testing.assert_close(own, true, rtol=1e-11, atol=1e-13)
    assert gradcheck(lambda a, b: BiasedGram.apply(stack, a, b), (x1, x2))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_biases_that_underflow(dtype: torch.dtype) -> None:
    stack = ReLUStack(40, 0.7, 1e-180, tangent=True)
    x1 = torch.cat([torch.zeros(1, 3), randn(2, 3)]).to(dtype).requires_grad_()
    k = BiasedGram.apply(stack, x1, randn(4, 3, seed=1).to(dtype))
    assert k[0].abs().max() < 1e-18
    (grad,) = torch.autograd.grad(k.sum(), x1)
    assert torch.isfinite(k).all() and torch.isfinite(grad).all()
