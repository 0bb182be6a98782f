"""A kernel of somebody's that offers a sweep, against the same kernel without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch
from small_tables import table
from torch import Tensor
from torch.autograd import gradcheck

from torchbdi import BDI, Kernel, TorchBDIError
from torchbdi.coupling import DenseCoupling
from torchbdi.swept import SweptCoupling, Visit


class Rational(Kernel):
    """1 / (1 + |x - x'|^2 / D): with gram and diagonal alone."""

    def gram(self, x1: Tensor, x2: Tensor | None) -> Tensor:
        gap = x1.unsqueeze(-2) - (x1 if x2 is None else x2).unsqueeze(-3)
        return 1 / (1 + gap.square().sum(-1) / x1.shape[-1])

    def diagonal(self, x: Tensor) -> Tensor:
        return torch.ones_like(x[..., 0])

    def settings(self) -> Mapping[str, Any]:
        return {}


class Part:
    def __init__(self, x_h: Tensor, x_l: Tensor, columns: slice):
        self.columns, self.gap = columns, x_h.unsqueeze(1) - x_l[columns]
        self.k = 1 / (1 + self.gap.square().sum(-1) / x_h.shape[1])

    def pull(self, weights: Tensor) -> Tensor:
        slopes = -2 / self.gap.shape[-1] * weights * self.k.square()
        return (slopes.unsqueeze(-1) * self.gap).sum(1)


class Sweeping(Rational):
    """The same, in two chunks of tiles of 7 columns; the last one is shorter."""

    def settings(self) -> Mapping[str, Any]:
        return {}

    def sweep(
        self, x_h: Tensor, x_l: Tensor, visit: Visit, sums: Sequence[Tensor]
    ) -> Sequence[Tensor]:
        chunks = [[torch.zeros_like(x) for x in sums] for _ in range(2)]
        for i, start in enumerate(range(0, len(x_l), 7)):
            visit(Part(x_h, x_l, slice(start, min(start + 7, len(x_l)))), chunks[i % 2])
        return [one + two for one, two in zip(*chunks, strict=True)]


class Bent(Sweeping):
    """Other values below the sweep, which is no longer theirs."""

    def gram(self, x1: Tensor, x2: Tensor | None) -> Tensor:
        return super().gram(x1, x2).square()

    def settings(self) -> Mapping[str, Any]:
        return {}


@pytest.mark.parametrize("m", [1, 4])
@pytest.mark.parametrize("weights", [(1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.3, 2.0)])
def test_a_sweep_gives_the_losses_and_gradients_of_the_matrix(
    m: int, weights: tuple[float, float]
) -> None:
    x_l, y_l, x_h = table(m=m)
    found = []
    for kernel in (Sweeping(), Rational()):
        model = BDI(
            x_l, y_l, x_h, kernel=kernel, alpha=0.7, ridge=1e-3,
            forward_weight=weights[0], backward_weight=weights[1],
        )  # fmt: skip
        kind = SweptCoupling if isinstance(kernel, Sweeping) else DenseCoupling
        assert isinstance(model.couple(), kind)
        losses = model.loss()
        losses["total"].sum().backward()
        found.append([*losses.values(), model.x_h.grad])
    for fast, slow in zip(*found, strict=True):
        torch.testing.assert_close(fast, slow, rtol=1e-10, atol=1e-12)


def test_one_group_and_second_derivatives() -> None:
    x_l, y_l, _ = table()
    coupling = Sweeping().couple(x_l, y_l, torch.full_like(y_l, 1 / len(y_l)), y_l)
    x = x_l[:3].clone().requires_grad_()
    a = torch.linspace(-1, 1, 3, dtype=torch.float64).requires_grad_()
    prediction, backward = coupling(x, a)
    assert prediction.shape == (3,) and backward.shape == ()
    assert gradcheck(coupling, (x, a))
    with pytest.raises(TorchBDIError, match="second derivatives"):
        torch.autograd.grad(backward, x, create_graph=True)


def test_a_sweep_of_other_values_is_not_taken() -> None:
    x_l, y_l, x_h = table()
    bent = BDI(x_l, y_l, x_h, kernel=Bent(), ridge=1e-3)
    assert isinstance(bent.couple(), DenseCoupling)
