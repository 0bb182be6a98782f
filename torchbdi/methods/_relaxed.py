"""Designs with relaxed classes, which a generator makes and a critic sees."""

from __future__ import annotations

import torch
from torch import Tensor

from ._codec import Codec

KEEP = 0.99  # design-baselines: probability mass that a class of the table keeps


class Relaxed:
    """Numbers, and then a distribution over its classes for every column of choices.

    Args:
        codec: of the space.

    Attributes:
        width: of the relaxed designs.
    """

    def __init__(self, codec: Codec) -> None:
        self.codec, self.numbers = codec, codec.tokens.numbers
        sizes = codec.sizes.tolist()
        # The columns with one number of classes are drawn together.
        self.groups = [
            (torch.tensor([i for i, size in enumerate(sizes) if size == k]), k)
            for k in sorted(set(sizes))
        ]
        self.width = self.numbers + sum(sizes)

    def of_table(
        self, numbers: Tensor, classes: Tensor, heat: float, generator: torch.Generator
    ) -> Tensor:
        """Rows of the table, their classes drawn anew: 0.99 of the mass stays, (n, width).

        Args:
            numbers: (n, P) float32.
            classes: (n, S).
            heat: temperature of the relaxed draw.
            generator: of the draw, on the CPU.
        """
        parts = [numbers]
        for columns, k in self.groups:
            own = torch.nn.functional.one_hot(classes[:, columns.to(classes.device)], k)
            parts.append(self._draw((KEEP * own + (1 - KEEP) / k).log(), heat, generator))
        return torch.cat(parts, 1)

    def of_outputs(self, outputs: Tensor, heat: float, generator: torch.Generator) -> Tensor:
        """A generator's outputs (n, width) with a relaxed draw in place of every class's logits."""
        parts, at = [outputs[:, : self.numbers]], self.numbers
        for columns, k in self.groups:
            own = outputs[:, at : at + len(columns) * k].unflatten(1, (-1, k))
            parts.append(self._draw(own.log_softmax(-1), heat, generator))
            at += len(columns) * k
        return torch.cat(parts, 1)

    def features(self, relaxed: Tensor) -> Tensor:
        """Standardised features (n, D) of relaxed designs: the likeliest class of every column."""
        relaxed = relaxed.detach().cpu()
        classes = torch.zeros(len(relaxed), len(self.codec.sizes), dtype=torch.int64)
        at = self.numbers
        for columns, k in self.groups:
            own = relaxed[:, at : at + len(columns) * k].unflatten(1, (-1, k))
            classes[:, columns] = own.argmax(-1)
            at += len(columns) * k
        return self.codec.within(self.codec.join(relaxed[:, : self.numbers], classes))

    @staticmethod
    def _draw(log_p: Tensor, heat: float, generator: torch.Generator) -> Tensor:
        """softmax((log p + Gumbel noise) / heat), (n, S, k) to (n, S k)."""
        noise = torch.empty(log_p.shape).exponential_(generator=generator).log_().neg_()
        return ((log_p + noise.to(log_p.device)) / heat).softmax(-1).flatten(1)
