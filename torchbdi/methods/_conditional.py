"""The networks of MIN: dense layers that are told a score at every layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ._ensemble import glorot

LEAK, EPSILON = 0.2, 1e-3  # of LeakyReLU in design-baselines' GAN; of Keras' LayerNorm


class Conditional(nn.Module):
    """Hidden layers with LayerNorm and LeakyReLU; each layer also sees an embedding of the score.

    The embedding e(y) = y v + c is linear, so what a layer makes of it is too:
    [x, e(y)] W = x W_x + y (v W_e) + c W_e. The right side needs no product with e(y) for every
    row, which halves the work.

    Args:
        inputs: of the first layer.
        width: hidden units a layer, and numbers of the embedding.
        outputs: of the last layer.
        generator: of the initial weights (Glorot's, biases 0).
        hidden: number of hidden layers.
    """

    def __init__(
        self,
        inputs: int,
        width: int,
        outputs: int,
        generator: torch.Generator,
        hidden: int = 3,
    ) -> None:
        super().__init__()
        self.slope = nn.Parameter(glorot(1, 1, width, generator)[0])
        self.shift = nn.Parameter(torch.zeros(1, width))
        before = [inputs, *[width] * hidden]
        after = [*[width] * hidden, outputs]
        self.weights = nn.ParameterList(
            glorot(1, a + width, b, generator)[0] for a, b in zip(before, after, strict=True)
        )
        self.biases = nn.ParameterList(torch.zeros(b) for b in after)
        self.gains = nn.ParameterList(torch.ones(width) for _ in range(hidden))
        self.offsets = nn.ParameterList(torch.zeros(width) for _ in range(hidden))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Outputs (n, outputs) of inputs (n, inputs) and scores (n, 1)."""
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            own, of_score = weight.split([x.shape[1], self.slope.shape[1]])
            of_y = torch.cat([self.slope, self.shift]) @ of_score
            x = torch.addcmul(torch.addmm(bias + of_y[1], x, own), y, of_y[:1])
            if i < len(self.gains):
                x = nn.functional.layer_norm(
                    x, x.shape[1:], self.gains[i], self.offsets[i], EPSILON
                )
                x = nn.functional.leaky_relu(x, LEAK)
        return x
