"""A task as scoring knows it. Methods see its OfflineData alone, which knows no true function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from torchbdi import OfflineData
from torchbdi.space import Choice


@dataclass(frozen=True)
class Task:
    """A table, its true function and how scores are reported. Only scoring holds one.

    Attributes:
        name: the task's name on the command line.
        title: the data set's full name.
        data: what a method sees.
        shape: of one raw design.
        y_raw: raw scores of the table, (N,).
        y_min: score that is reported as 0.
        y_max: score that is reported as 1.
        data_source: "original" (the table that others score by), "regenerated" (made here) or
            "own" (a user's, see :func:`experiments.data.sources.checksums`).
        oracle_source: "original", "retrained" or "regenerated".
        predict: the true function: raw designs (n, *shape) to raw scores (n,).
        oracle_spearman: rank correlation of a fitted true function with the measured scores of
            rows it was not fitted to; None for one that is not fitted.
        limits: the lowest and highest numbers that the true function takes, (2, C): it moves
            others there. None where it takes all.
    """

    name: str
    title: str
    data: OfflineData
    shape: tuple[int, ...]
    y_raw: np.ndarray
    y_min: float
    y_max: float
    data_source: str
    oracle_source: str
    predict: Callable[[np.ndarray], np.ndarray]
    oracle_spearman: float | None = None
    limits: np.ndarray | None = None

    @property
    def sources(self) -> str:
        """Where data and true function come from, in one line."""
        fit = ""
        if self.oracle_spearman is not None:
            fit = f" (held-out rank correlation {self.oracle_spearman:.4f})"
        return f"Data: {self.data_source}. True function: {self.oracle_source}{fit}."

    @property
    def discrete(self) -> bool:
        """Whether a design is a word: a letter at every site."""
        return all(kind == "site" for kind in self.data.space.kinds)

    def decode(self, x: Tensor) -> np.ndarray:
        """Standardised features (n, D) to raw designs of the space, (n, *shape).

        Returns:
            int32 letters for words, at each site the one with the largest logit; else float64.
        """
        space = self.data.space
        if space.constraints or space.at_most:  # each column alone would not keep them
            x = space.project(x)
        return space.decode(x).reshape(-1, *self.shape)

    def text(self, design: np.ndarray) -> str:
        """One raw design as letters."""
        return self.data.space.text(design.ravel())

    def cells(self, design: np.ndarray) -> list[str]:
        """One raw design column by column: numbers to the last digit, and the names of classes."""
        return [
            column.classes[int(value)] if isinstance(column, Choice) else repr(float(value))
            for column, value in zip(self.data.space.columns, design.ravel(), strict=True)
        ]

    def normalise(self, y: np.ndarray) -> np.ndarray:
        """(y - y_min) / (y_max - y_min)."""
        return (y - self.y_min) / (self.y_max - self.y_min)
