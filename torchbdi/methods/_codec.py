"""Designs as numbers and classes, which networks look up and distributions draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..kernels.memory import require
from ..space import Choice, Space


@dataclass(frozen=True)
class Tokens:
    """What a network is told of its input: numbers first, then one place for each class.

    Attributes:
        numbers: P, how many numbers there are.
        letters: how many vectors an embedding has; columns with the same classes share theirs.
        rows: which of the vectors each class of each column has, (S, k); columns with fewer
            classes than k have -1 at their end.
    """

    numbers: int
    letters: int
    rows: Tensor

    @property
    def width(self) -> int:
        """P + T, for T classes of all columns together."""
        return self.numbers + int((self.rows >= 0).sum())


class Codec:
    """Between the features of a space and its numbers and classes.

    Args:
        space: what a design may be, fitted to a table.

    Attributes:
        tokens: the layout of :meth:`inputs`.
        sizes: classes of each column of choices, (S,).
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        choices = [(i, c) for i, c in enumerate(space.columns) if isinstance(c, Choice)]
        self.columns = np.array([i for i, _ in choices], int)
        self.sizes = torch.tensor([len(c.classes) for _, c in choices], dtype=torch.int64)
        first: dict[tuple[str, ...], int] = {}
        letters = 0
        for _, column in choices:
            if column.classes not in first:
                first[column.classes] = letters
                letters += len(column.classes)
        rows = torch.full((len(choices), int(max(self.sizes, default=torch.tensor(0)))), -1)
        for place, (_, column) in zip(rows, choices, strict=True):
            place[: len(column.classes)] = first[column.classes] + torch.arange(len(column.classes))
        self.at = torch.from_numpy(space.layout.number_features)
        self.tokens = Tokens(len(self.at), letters, rows)

    def split(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Numbers (n, P) float64, standardised, and classes (n, S) of features x (n, D)."""
        x = x.detach().cpu().double()
        if not len(self.columns):
            return x[:, self.at], torch.empty(len(x), 0, dtype=torch.int64)
        raw = self.space.decode(x)[:, self.columns]
        return x[:, self.at], torch.from_numpy(raw.astype(np.int64))

    def join(self, numbers: Tensor, classes: Tensor) -> Tensor:
        """Features (n, D) float64 of numbers (n, P), as they are, and classes (n, S)."""
        raw = np.ones((len(numbers), len(self.space.columns)))
        raw[:, self.columns] = classes.cpu().numpy()
        x = self.space.encode(raw)
        x[:, self.at] = numbers.detach().cpu().double()
        return x

    def inputs(self, numbers: Tensor, classes: Tensor) -> Tensor:
        """Numbers, then a 1 at every class, (n, P + T) float32: what :class:`Tokens` describes."""
        parts = [numbers.float()]
        for column, size in zip(classes.T, self.sizes.tolist(), strict=True):
            parts.append(torch.nn.functional.one_hot(column, size).float())
        return torch.cat(parts, 1)

    def inputs_of(self, x: Tensor) -> Tensor:
        """:meth:`inputs` of features (n, D).

        Raises:
            DoesNotFitError: they do not fit into memory.
        """
        size = f"the inputs of networks, {len(x):,} designs of {self.tokens.width:,} numbers,"
        nbytes = 2 * 4 * len(x) * self.tokens.width  # the parts and the whole
        require(nbytes, torch.device("cpu"), size, "Take fewer rows.")
        return self.inputs(*self.split(x))

    def within(self, x: Tensor) -> Tensor:
        """Features within the bounds and constraints that the space names; logits stay."""
        return self.space.project(x.double().cpu(), relax=True)
