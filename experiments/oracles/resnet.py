"""The network that stands for UTR's true function: design-bench's ResNet oracle, in PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

# Keras' default; PyTorch's own is 1e-5.
LAYER_NORM_EPS = 1e-3


class ResNet(nn.Module):
    """Embedding, sinusoidal positions, residual blocks of two convolutions, attention pooling.

    Layers, sizes and initial values are those of design-bench 2.0.20's ``ResNetOracle`` as
    registered for ``UTR-ResNet-v0``, with Keras' defaults where it names none.

    Args:
        classes: number of letters.
        length: of a sequence.
        hidden: channels.
        kernel: width of the convolutions.
        blocks: number of residual blocks.
    """

    positions: Tensor

    def __init__(
        self,
        classes: int = 4,
        length: int = 50,
        hidden: int = 120,
        kernel: int = 8,
        blocks: int = 2,
    ):
        super().__init__()
        self.embedding = nn.Embedding(classes, hidden)
        nn.init.uniform_(self.embedding.weight, -0.05, 0.05)
        self.register_buffer("positions", sinusoids(length, hidden), persistent=False)
        self.norm = nn.LayerNorm(hidden, eps=LAYER_NORM_EPS)
        self.blocks = nn.ModuleList(Block(hidden, kernel) for _ in range(blocks))
        self.attention = nn.Linear(hidden, 1)
        self.head = nn.Linear(hidden, 1)
        for layer in (self.attention, self.head):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Letters (B, L), integers, to standardised scores (B,)."""
        h = self.norm(self.embedding(x) + self.positions)
        for block in self.blocks:
            h = block(h)
        weights = self.attention(h).softmax(dim=1)
        return self.head((weights * h).sum(1)).squeeze(-1)


class Block(nn.Module):
    """h + f(f(h)) with f: convolution over the sequence, layer norm over the channels, ReLU."""

    def __init__(self, hidden: int, kernel: int):
        super().__init__()
        self.layers = nn.ModuleList(Convolution(hidden, kernel) for _ in range(2))

    def forward(self, h: Tensor) -> Tensor:
        """(B, L, C) to (B, L, C)."""
        inner = h
        for layer in self.layers:
            inner = layer(inner)
        return h + inner


class Convolution(nn.Module):
    """One convolution that keeps the length, then layer norm and ReLU."""

    def __init__(self, hidden: int, kernel: int):
        super().__init__()
        # As a 2-d convolution over an image of height 1, channels last: the memory of (B, L, C)
        # is used as it is, and one core is 2.4 times as fast as with Conv1d.
        self.conv = nn.Conv2d(hidden, hidden, (1, kernel))
        nn.init.xavier_uniform_(self.conv.weight)
        nn.init.zeros_(self.conv.bias)  # type: ignore[arg-type]
        self.norm = nn.LayerNorm(hidden, eps=LAYER_NORM_EPS)
        # An even kernel has its odd padding at the end, as in TensorFlow.
        self.padding = (0, 0, (kernel - 1) // 2, kernel // 2)

    def forward(self, h: Tensor) -> Tensor:
        """(B, L, C) to (B, L, C)."""
        image = nn.functional.pad(h, self.padding).transpose(1, 2).unsqueeze(2)
        image = image.contiguous(memory_format=torch.channels_last)
        return torch.relu(self.norm(self.conv(image).squeeze(2).transpose(1, 2)))


def sinusoids(length: int, hidden: int) -> Tensor:
    """Positions as sines of hidden / 2 frequencies followed by their cosines, (L, C)."""
    frequency = 10000.0 ** (-torch.arange(0.0, hidden, 2.0) / hidden)
    angle = torch.arange(0.0, length)[:, None] * frequency
    return torch.cat([angle.sin(), angle.cos()], dim=1)
