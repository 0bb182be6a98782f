"""A ReLU network of finite width, the training of it, and seeds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from .kernels.errors import TorchBDIError

Parametrisation = Literal["standard", "ntk"]

_PREDICT_ENTRIES = 1 << 22  # of the widest layer, at once
# Variance of an initial weight times the number of inputs of its layer.
GAINS: dict[Parametrisation, float] = {"standard": 2.0, "ntk": 1.0}


def seeded(seed: int, *place: int) -> torch.Generator:
    """A CPU generator that is a function of the seed and the place it is used at alone.

    The numbers are hashed: torch's generator heeds 32 bits of its seed only. Zeros at the end of
    a short seed and place (four words of 32 bits) count as nothing: (3,) and (3, 0) draw the same
    numbers. Where a place with a count stands beside one without, count from 1.
    """
    (state,) = np.random.SeedSequence((seed, *place)).generate_state(1)
    return torch.Generator().manual_seed(int(state))


def in_parts(x: Tensor, widest: int) -> tuple[Tensor, ...]:
    """Rows (n, ...) as many at a time as a network may only predict for, by its widest layer."""
    return x.split(max(1, _PREDICT_ENTRIES // widest))


class MLP(nn.Module):
    """f(x) = V_L relu(V_{L-1} ... relu(V_1 x)), without biases, as the kernel NTK(b_std=0).

    V_l are the weights as they are multiplied with. In the NTK parametrisation, whose trainable
    weights are sqrt(n) V_l for n inputs, they differ from the standard one in their variance (1/n
    in place of He's 2/n) and, in a gradient step, by a factor 1/n of the rate of their layer.

    Args:
        inputs: D.
        width: hidden units a layer.
        depth: number of dense layers, L >= 1.
        parametrisation: "standard" or "ntk".
        generator: of the initial weights, on the CPU; the draw does not depend on the dtype.
        dtype: of the weights.

    Attributes:
        weights: V_1 .. V_L, each (outputs, inputs) of its layer.
        rates: factor of each layer's rate in a gradient step: 1, or 1/inputs where "ntk".
    """

    def __init__(
        self,
        inputs: int,
        width: int,
        depth: int,
        parametrisation: Parametrisation,
        generator: torch.Generator,
        dtype: torch.dtype,
    ):
        super().__init__()
        sizes = _sizes(inputs, width, depth)
        gain = GAINS[parametrisation]
        self.rates = [1 / n if parametrisation == "ntk" else 1.0 for n in sizes[:-1]]
        self.weights = nn.ParameterList(
            torch.randn(n_out, n_in, generator=generator, dtype=torch.float64)
            .mul_(math.sqrt(gain / n_in))
            .to(dtype)
            for n_in, n_out in itertools.pairwise(sizes)
        )

    @staticmethod
    def count(inputs: int, width: int, depth: int) -> int:
        """How many weights such a network has."""
        return sum(n_in * n_out for n_in, n_out in itertools.pairwise(_sizes(inputs, width, depth)))

    def forward(self, x: Tensor) -> Tensor:
        """f, (..., D) to (...)."""
        *hidden, last = self.weights
        for weight in hidden:
            x = (x @ weight.mT).relu()
        return (x @ last.mT).squeeze(-1)


def _sizes(inputs: int, width: int, depth: int) -> list[int]:
    """What goes into each layer, and the one number that comes out of the last."""
    return [inputs] + [width] * (depth - 1) + [1]


@torch.enable_grad()
def fit_network(
    net: nn.Module,
    x_l: Tensor,
    y_l: Tensor,
    *,
    epochs: int,
    batch: int,
    lr: float,
    generator: torch.Generator,
    progress: Callable[[int, str], AbstractContextManager[Any]] | None = None,
) -> None:
    """Trains f on the table by least squares (Eq. 5 without its penalty).

    Adam, its rate falling to 0 as a cosine.

    Args:
        net: the network; trained in place, and frozen afterwards.
        x_l: designs, (N, D).
        y_l: scores, (N,).
        epochs: passes over the table.
        batch: rows a step.
        lr: Adam's first learning rate.
        generator: of the order of the rows, on the CPU.
        progress: makes a bar, a context with ``update``, of a total and what is counted; None
            means one on the terminal.

    Raises:
        TorchBDIError: the loss is not finite.
    """
    n, dtype = len(x_l), next(net.parameters()).dtype
    optimizer = torch.optim.Adam(net.requires_grad_().parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * math.ceil(n / batch))
    with (progress or _on_the_terminal)(epochs, "epochs of the forward network") as bar:
        for epoch in range(epochs):
            order = torch.randperm(n, generator=generator).to(x_l.device)
            total = 0.0
            for rows in order.split(batch):
                loss = (net(x_l[rows].to(dtype)) - y_l[rows]).square().mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                total += loss.detach() * len(rows) / n
            if not math.isfinite(total):
                raise TorchBDIError(
                    f"the forward network's loss is not finite in epoch {epoch}. Lower its "
                    f"learning rate ({lr:g})."
                )
            bar.update()
    net.requires_grad_(False)


def _on_the_terminal(total: int, what: str) -> AbstractContextManager[Any]:
    return tqdm(total=total, desc=what, delay=2, leave=False)


@torch.no_grad()
def squared_error(net: nn.Module, x_l: Tensor, y_l: Tensor, dtype: torch.dtype) -> Tensor:
    """Mean of (y_l - f(x_l))^2 over the table, a scalar."""
    widest = max([x_l.shape[-1], *(max(p.shape, default=1) for p in net.parameters())])
    parts = zip(in_parts(x_l, widest), in_parts(y_l, widest), strict=True)
    return torch.cat([(net(x.to(dtype)).flatten() - y).square() for x, y in parts]).mean()
