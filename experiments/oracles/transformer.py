"""The network that stands for GFP's true function: design-bench's transformer, in PyTorch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

INITIAL_STD = 0.02
LAYER_NORM_EPS = 1e-12


class Transformer(nn.Module):
    """A small BERT with one output, read off the first position.

    Layers, sizes and initial values are those of design-bench 2.0.20's ``TransformerOracle`` as
    registered for ``GFP-Transformer-v0``: ``BertForSequenceClassification`` with absolute
    positions, ReLU, layer norm after each residual sum and one label.

    Args:
        classes: number of letters.
        length: of a sequence.
        hidden: width.
        feed_forward: width inside the feed-forward layers.
        heads: attention heads.
        blocks: number of layers.
        dropout: rate of every dropout, of the attention weights too.
    """

    def __init__(
        self,
        classes: int = 20,
        length: int = 237,
        hidden: int = 64,
        feed_forward: int = 256,
        heads: int = 2,
        blocks: int = 4,
        dropout: float = 0.1,
    ):
        super().__init__()
        self.letters = nn.Embedding(classes, hidden)
        self.positions = nn.Embedding(length, hidden)
        # BERT's segment embedding, of which only the first segment is ever used.
        self.segment = nn.Parameter(torch.empty(hidden))
        self.norm = nn.LayerNorm(hidden, eps=LAYER_NORM_EPS)
        self.dropout = Dropout(dropout)
        self.blocks = nn.ModuleList(
            Block(hidden, feed_forward, heads, dropout) for _ in range(blocks)
        )
        self.pooler = nn.Linear(hidden, hidden)
        self.head = nn.Linear(hidden, 1)
        nn.init.trunc_normal_(self.segment, std=INITIAL_STD, a=-2 * INITIAL_STD, b=2 * INITIAL_STD)
        self.apply(_initialise)

    def forward(self, x: Tensor) -> Tensor:
        """Letters (B, L), integers, to standardised scores (B,)."""
        h = self.letters(x) + self.positions.weight + self.segment
        h = self.dropout(self.norm(h))
        for block in self.blocks[:-1]:
            h = block(h, h)
        # Only the first position is read, so the last block computes no other.
        first = self.blocks[-1](h[:, :1], h).squeeze(1)
        return self.head(self.dropout(self.pooler(first).tanh())).squeeze(-1)


class Block(nn.Module):
    """Attention and a feed-forward layer, each with a residual sum and layer norm after it."""

    def __init__(self, hidden: int, feed_forward: int, heads: int, dropout: float):
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(hidden, hidden)
        self.key_value = nn.Linear(hidden, 2 * hidden)
        self.attention_output = nn.Linear(hidden, hidden)
        self.attention_norm = nn.LayerNorm(hidden, eps=LAYER_NORM_EPS)
        self.inner = nn.Linear(hidden, feed_forward)
        self.outer = nn.Linear(feed_forward, hidden)
        self.norm = nn.LayerNorm(hidden, eps=LAYER_NORM_EPS)
        self.dropout = Dropout(dropout)

    def forward(self, h: Tensor, whole: Tensor) -> Tensor:
        """The positions ``h`` (B, P, C) of the sequence ``whole`` (B, L, C), to (B, P, C)."""
        h = self.attention_norm(h + self.dropout(self.attention_output(self._attend(h, whole))))
        return self.norm(h + self.dropout(self.outer(torch.relu(self.inner(h)))))

    def _attend(self, h: Tensor, whole: Tensor) -> Tensor:
        batch, length, hidden = whole.shape
        size = hidden // self.heads
        q = self.query(h).reshape(batch, -1, self.heads, size).transpose(1, 2) * size**-0.5
        pairs = self.key_value(whole).reshape(batch, length, 2, self.heads, size)
        k, v = pairs.permute(2, 0, 3, 1, 4)
        weights = self.dropout((q @ k.transpose(-1, -2)).softmax(dim=-1))
        return (weights @ v).transpose(1, 2).reshape(h.shape)


class Dropout(nn.Module):
    """nn.Dropout with 16 random bits an element.

    The rate is rounded to a multiple of 2^-16. Attention weights are three quarters of what is
    dropped, and on a CPU PyTorch's own masks take a third of a training step.
    """

    def __init__(self, rate: float):
        super().__init__()
        self.dropped = round(rate * 2**16)

    def forward(self, h: Tensor) -> Tensor:
        """A tensor of any shape to one of the same."""
        if not self.training or not self.dropped:
            return h
        words = torch.empty((h.numel() + 3) // 4, dtype=torch.int64, device=h.device)
        bits = words.random_(-(2**63), None).view(torch.int16)[: h.numel()].view(h.shape)
        # int16 begins at -2^15: the lowest values are the dropped ones.
        keep = (bits >= self.dropped - 2**15).to(h.dtype)
        return h * keep.mul_(2**16 / (2**16 - self.dropped))


def _initialise(module: nn.Module) -> None:
    """Truncated normal weights and zero biases, as BERT has them."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.trunc_normal_(module.weight, std=INITIAL_STD, a=-2 * INITIAL_STD, b=2 * INITIAL_STD)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
