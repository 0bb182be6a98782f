"""Ascent of designs on a model's prediction, all of them as one batch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn

from ..adam import adam
from ..kernels.errors import InputError
from ._stages import Stages

if TYPE_CHECKING:
    from ..data import OfflineData
    from ._latent import Latent


class Units:
    """Between standardised features and those that a network takes, both (n, D).

    Args:
        data: the table.
        raw_logits: whether the network takes logits of classes as they are, not standardised;
            numbers are standardised always.
        device: of the network.
    """

    def __init__(self, data: OfflineData, raw_logits: bool, device: torch.device) -> None:
        self.device = device
        width = data.x.shape[1]
        self._mean, self._std = torch.zeros(width), torch.ones(width)
        if raw_logits:
            at = data.space.logits
            assert data.space.mean is not None and data.space.std is not None
            self._mean[at] = torch.from_numpy(data.space.mean).float()[at]
            self._std[at] = torch.from_numpy(data.space.std).float()[at]
        self._mean, self._std = self._mean.to(device), self._std.to(device)
        self._bounds = data.space.bounds
        self.bounds = None if self._bounds.isinf().all() else self.of(self._bounds)

    def of(self, x: Tensor) -> Tensor:
        """Standardised features as the network takes them, float32."""
        return x.to(self.device, torch.float32) * self._std + self._mean

    def back(self, x: Tensor) -> Tensor:
        """The network's features as standardised ones, float64, on the CPU, within the bounds."""
        # A bound in float32 may lie beyond it.
        return ((x.detach() - self._mean) / self._std).double().cpu().clamp(*self._bounds)

    def starts(self, data: OfflineData, n: int) -> Tensor:
        """The n best rows of the table, within the bounds of the space, (n, D)."""
        return self.within(self.of(data.x[data.best(n)]))

    def within(self, x: Tensor) -> Tensor:
        """The nearest features within the bounds of the space; as they are where it has none."""
        return x if self.bounds is None else x.clamp(*self.bounds)


class Designs:
    """Designs that move, as a part of a stage.

    Args:
        x: where they are, (n, D) in the network's units.
        way: "plain" for x + rate * gradient, "adam" for Adam.
        rate: of all features, or one for each, (D,).
        units: of the network, or the codes that stand for designs.
    """

    def __init__(
        self, x: Tensor, way: Literal["plain", "adam"], rate: float | Tensor, units: Units | Latent
    ) -> None:
        self.x = nn.Parameter(x.clone())
        self.rate, self.units = rate, units
        self.adam: torch.optim.Optimizer | None = None
        if way == "adam":
            self.adam = adam(self.x, rate, None)

    def rise(self, gradient: Tensor) -> None:
        """One step upwards; afterwards the designs are within the bounds of the space."""
        with torch.no_grad():
            if self.adam is None:
                self.x.add_(gradient * self.rate)
            else:
                self.x.grad = -gradient
                self.adam.step()
            if self.units.bounds is not None:
                self.x.copy_(self.units.within(self.x))

    def standardised(self) -> Tensor:
        """The designs as standardised features, (n, D) float64."""
        return self.units.back(self.x)

    def state_dict(self) -> dict[str, object]:
        """Where they are, and Adam's memory."""
        adam = {} if self.adam is None else self.adam.state_dict()
        return {"x": self.x.detach().clone(), "adam": adam}

    def load_state_dict(self, state: dict[str, object], /) -> None:
        """Takes a state back.

        Raises:
            InputError: it holds another number of designs.
        """
        x = state["x"]
        assert isinstance(x, Tensor)
        if x.shape != self.x.shape:
            raise InputError(
                f"the state in the run's folder is of {len(x)} designs, not of {len(self.x)}. Give "
                "the run a folder of its own."
            )
        with torch.no_grad():
            self.x.copy_(x)
        if self.adam is not None:
            self.adam.load_state_dict(state["adam"])  # type: ignore[arg-type]


def ascend(
    stages: Stages,
    designs: Designs,
    steps: int,
    value: Callable[[Tensor], Tensor],
) -> None:
    """Moves designs up the gradient of a function for a number of steps, from their state if any.

    Args:
        stages: of the run.
        designs: are moved.
        steps: how many.
        value: differentiable, (n, D) to (n,), each from its own row.
    """

    def step(i: int) -> dict[str, float]:
        f, gradient = gradient_of(value, designs.x)
        designs.rise(gradient)
        return {"ascent/predicted": float(f.mean()), "ascent/best": float(f.max())}

    stages.go("ascent", steps, "steps", {"designs": designs}, step, designs.standardised)


def gradient_of(value: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    """Values (n,) of designs (n, D), each from its own row, and their gradients (n, D)."""
    x = x.detach().requires_grad_()
    with torch.enable_grad():
        f = value(x)
        (gradient,) = torch.autograd.grad(f.sum(), x)
    return f.detach(), gradient


def root_rate(rate: float, data: OfflineData) -> float:
    """design-baselines' rate of plain steps: rate * sqrt(D)."""
    return rate * math.sqrt(data.x.shape[1])


def all_numbers(data: OfflineData) -> bool:
    """Whether a design has numbers only, which the sources call a continuous task."""
    return not data.space.layout.choices
