"""Where the columns of a design lie among its features, and the way there and back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from .columns import Choice, Column, Number, logits, nearest


class Layout:
    """Between raw designs (n, C) and their features (n, D), all columns of one kind at a time.

    Args:
        columns: C of them.
    """

    def __init__(self, columns: Sequence[Column]):
        self.columns = tuple(columns)
        self.starts = np.cumsum([0, *(c.width for c in self.columns)])
        self.width = int(self.starts[-1])

    @cached_property
    def numbers(self) -> np.ndarray:
        """Which columns are numbers, their indices."""
        return np.array([i for i, c in enumerate(self.columns) if isinstance(c, Number)], int)

    @cached_property
    def number_features(self) -> np.ndarray:
        """Index of the feature of each number."""
        return self.starts[self.numbers]

    @cached_property
    def log(self) -> np.ndarray:
        """Which of the numbers are kept as logarithms, bool."""
        return np.array([c.log for c in self.columns if isinstance(c, Number)], bool)

    @cached_property
    def offset(self) -> np.ndarray:
        """What is added to each of the numbers before its logarithm is taken, (numbers,)."""
        return np.array([c.offset for c in self.columns if isinstance(c, Number)], np.float64)

    @cached_property
    def choices(self) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """For each number of classes k: the columns (S,), their features (S, k - 1), the logits."""
        by_size: dict[int, list[int]] = {}
        for i, c in enumerate(self.columns):
            if isinstance(c, Choice):
                by_size.setdefault(len(c.classes), []).append(i)
        return [
            (np.array(at), self.starts[at][:, None] + np.arange(k - 1), logits(k))
            for k, at in by_size.items()
        ]

    @cached_property
    def barred(self) -> list[np.ndarray]:
        """Of :attr:`choices` the classes that no design may have, (S, k) bool."""
        return [
            np.array([~np.isin(np.arange(len(table)), self.columns[i].grid()) for i in at])
            for at, _, table in self.choices
        ]

    @cached_property
    def bounds(self) -> np.ndarray:
        """Raw bounds of the numbers, what is fixed between equal ones, (2, numbers)."""
        own = [c for c in self.columns if isinstance(c, Number)]
        low = [c.low if c.fixed is None else c.fixed for c in own]
        high = [c.high if c.fixed is None else c.fixed for c in own]
        return np.array([low, high]).reshape(2, len(own))

    @cached_property
    def grids(self) -> list[tuple[int, np.ndarray]]:
        """The numbers with levels that are not fixed: place among the numbers, and levels."""
        own = [c for c in self.columns if isinstance(c, Number)]
        return [(i, c.grid()) for i, c in enumerate(own) if c.discrete and c.fixed is None]

    def features(self, raw: np.ndarray) -> np.ndarray:
        """Features of raw designs (n, C), (n, D) float64."""
        out = np.empty((len(raw), self.width))
        if len(self.numbers):
            out[:, self.number_features] = self.scaled(raw[:, self.numbers])
        for columns, at, table in self.choices:
            out[:, at] = table[raw[:, columns].astype(np.int64)]
        return out

    def raw(self, features: np.ndarray) -> np.ndarray:
        """The nearest raw designs, (n, C) float64; constraints between columns are not looked at.

        A choice is the class with the largest logit of those that a design may have, the first
        class having logit 0.
        """
        out = np.empty((len(features), len(self.columns)))
        if len(self.numbers):
            out[:, self.numbers] = self.snap(self.unscaled(features[:, self.number_features]))
        for (columns, at, _), barred in zip(self.choices, self.barred, strict=True):
            own = features[:, at]
            own = np.concatenate([np.zeros((*own.shape[:-1], 1)), own], axis=-1)
            own[:, barred] = -np.inf
            out[:, columns] = own.argmax(-1)
        return out

    def ends(
        self, numbers: np.ndarray, mean: np.ndarray, std: np.ndarray, finite: bool
    ) -> np.ndarray:
        """Least and largest standardised features, (2, D).

        Args:
            numbers: those of the numbers, (2, numbers).
            mean: of the features, (D,).
            std: of the features, (D,).
            finite: whether logits that are free end where those of the classes do, or nowhere.
        """
        tables = {len(table): table for _, _, table in self.choices}
        out = np.empty((2, self.width))
        out[:, self.number_features] = numbers
        for column, start in zip(self.columns, self.starts, strict=False):
            if not isinstance(column, Choice):
                continue
            part = slice(start, start + column.width)
            table = (tables[len(column.classes)][column.grid()] - mean[part]) / std[part]
            if finite or len(table) == 1:
                out[:, part] = table.min(0), table.max(0)
            else:
                out[:, part] = [[-np.inf], [np.inf]]
        return out

    def scaled(self, numbers: np.ndarray) -> np.ndarray:
        """Numbers as features, (..., numbers)."""
        out = numbers.astype(np.float64)
        if self.log.any():
            with np.errstate(divide="ignore"):
                out[..., self.log] = np.log10(out[..., self.log] + self.offset[self.log])
        return out

    def unscaled(self, features: np.ndarray) -> np.ndarray:
        """Features as numbers, (..., numbers)."""
        out = features.copy()
        if self.log.any():
            with np.errstate(over="ignore"):  # bounds are the business of snap
                out[..., self.log] = 10.0 ** out[..., self.log] - self.offset[self.log]
        return out

    def snap(self, numbers: np.ndarray) -> np.ndarray:
        """Numbers (n, numbers) within their bounds and on their levels."""
        out = np.clip(numbers, *self.bounds)
        for i, grid in self.grids:
            out[:, i] = nearest(grid, out[:, i])
        return out
