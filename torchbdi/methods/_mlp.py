"""Dense networks with biases as the comparison methods' sources begin, score and derive them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from ..network import in_parts
from ._ensemble import glorot, leaky

Start = Literal["keras", "torch"]
Activation = Literal["relu", "leaky", "softplus"]
_ACTIVATIONS: dict[Activation, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "leaky": leaky,
    "softplus": nn.functional.softplus,
}


def starting_weights(
    inputs: int, outputs: int, start: Start, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Weights (inputs, outputs) and biases (outputs,) of a layer before it is trained, float32.

    Args:
        inputs: of the layer.
        outputs: of the layer.
        start: "keras": Glorot's uniform weights and biases of 0; "torch": both uniform within
            1 / sqrt(inputs).
        generator: of the draws, on the CPU.
    """
    if start == "keras":
        return glorot(1, inputs, outputs, generator)[0], torch.zeros(outputs)
    size = inputs**-0.5
    weight = (torch.rand(inputs, outputs, generator=generator) * 2 - 1) * size
    return weight, (torch.rand(outputs, generator=generator) * 2 - 1) * size


class Dense(nn.Module):
    """Dense layers in float32, all but the last one with an activation.

    Args:
        sizes: of the input, of every hidden layer, of the output.
        start: see :func:`starting_weights`.
        activation: "relu", "leaky" (slope 0.3, as Keras') or "softplus".
        generator: of the weights at the start.

    Attributes:
        weights: of every layer, (inputs, outputs).
        biases: of every layer, (outputs,).
    """

    def __init__(
        self,
        sizes: Sequence[int],
        start: Start,
        activation: Activation,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        made = [starting_weights(*pair, start, generator) for pair in itertools.pairwise(sizes)]
        self.weights = nn.ParameterList(weight for weight, _ in made)
        self.biases = nn.ParameterList(bias for _, bias in made)
        self.activation = _ACTIVATIONS[activation]

    def forward(self, x: Tensor) -> Tensor:
        """The output, (n, D) to (n,) where it is one number, else (n, outputs)."""
        last = len(self.weights) - 1
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = torch.addmm(bias, x, weight)
            if i < last:
                x = self.activation(x)
        return x.squeeze(-1)

    def scores(self, x: Tensor) -> Tensor:
        """The output for many rows without gradients, (n, D) of any dtype to (n,)."""
        first = self.weights[0]
        with torch.no_grad():
            return torch.cat([self(part.to(first)) for part in in_parts(x, max(first.shape))])


def slope(net: Dense, x: Tensor) -> Tensor:
    """The gradient of every row's output towards the row, (n, D), of a network with one output."""
    x = x.detach().requires_grad_()
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(net(x).sum(), x)
    return gradient


@torch.no_grad()
def relu_slope(net: Dense, x: Tensor) -> Tensor:
    """:func:`slope` of a network of ReLUs, by hand: a few products and no graph."""
    hidden = []
    weights = list(net.weights)
    for weight, bias in zip(weights[:-1], net.biases, strict=False):
        x = torch.addmm(bias, x, weight).relu_()
        hidden.append(x)
    gradient = weights[-1].mT.expand(len(x), -1)
    for weight, h in zip(reversed(weights[:-1]), reversed(hidden), strict=True):
        gradient = torch.ops.aten.threshold_backward(gradient, h, 0.0) @ weight.mT
    return gradient
