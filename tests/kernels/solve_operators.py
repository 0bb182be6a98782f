"""Operators for the tests of the large solves, written the slow and obvious way."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from torchbdi.kernels.solve.operator import GramOperator, Index, set_diagonal
from torchbdi.kernels.solve.packed import CholeskyOptions, PackedCholesky
from torchbdi.kernels.solve.pcg import ConjugateGradient, ConjugateGradientOptions


class DenseOperator(GramOperator):
    """A matrix that is simply there."""

    def __init__(self, k: Tensor) -> None:
        self.k, self.n, self.width = k, len(k), 1
        self.dtype, self.device = k.dtype, k.device
        self.fills = 0

    def fill(self, rows: Index, cols: Index, out: Tensor) -> None:
        assert out.is_contiguous()
        self.fills += 1
        out.copy_(self.k[rows][:, cols])

    def diagonal(self) -> Tensor:
        return self.k.diagonal()


class SlowNTK(GramOperator):
    """The NTK of a ReLU network of six dense layers without biases, by its recursion."""

    def __init__(self, x: Tensor) -> None:
        self.x = x
        self.n, self.width = x.shape
        self.dtype, self.device = x.dtype, x.device

    def fill(self, rows: Index, cols: Index, out: Tensor) -> None:
        a, b = self.x[rows], self.x[cols]
        q = torch.outer(a.norm(dim=1), b.norm(dim=1)) / self.width
        s = t = a @ b.mT / self.width
        for _ in range(5):
            theta = torch.acos((s / q).clamp(-1, 1))
            s = q * (theta.sin() + (math.pi - theta) * theta.cos()) / (2 * math.pi)
            t = s + (math.pi - theta) / (2 * math.pi) * t
            q = q / 2
        out.copy_(t)
        set_diagonal(out, rows, cols, self.diagonal())

    def diagonal(self) -> Tensor:
        return 6 / 32 * self.x.square().sum(1) / self.width


def random_spd(n: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    a = torch.randn(n, n, generator=generator, dtype=torch.float64)
    return a @ a.mT / n + 0.05 * torch.eye(n, dtype=torch.float64)


def sequences(n: int, length: int = 8, seed: int = 0) -> Tensor:
    """Standardised one-hot sequences over four letters, the first letter left out."""
    generator = torch.Generator().manual_seed(seed)
    letters = torch.randint(4, (max(n, 50), length), generator=generator)
    x = torch.nn.functional.one_hot(letters, 4)[:, :, 1:].flatten(1).double()
    return ((x - x.mean(0)) / x.std(0))[:n]


def dense(operator: GramOperator) -> Tensor:
    every = slice(0, operator.n)
    k = torch.empty(operator.n, operator.n, dtype=operator.dtype)
    operator.fill(every, every, k)
    return k


def right_sides(n: int, k: int, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, k, generator=generator, dtype=torch.float64)


def reference(k: Tensor, ridge: float, rhs: Tensor) -> Tensor:
    return torch.linalg.solve(k + ridge * torch.eye(len(k), dtype=k.dtype), rhs)


def cholesky(operator: GramOperator, ridge: float, **options: Any) -> PackedCholesky:
    return PackedCholesky().prepare(operator, ridge, CholeskyOptions(**options))


def pcg(operator: GramOperator, ridge: float, **options: Any) -> ConjugateGradient:
    return ConjugateGradient().prepare(operator, ridge, ConjugateGradientOptions(**options))
