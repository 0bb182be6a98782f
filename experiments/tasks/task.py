"""What a task is. Training sees :class:`OfflineData`, which has no way to the true function."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from torchbdi import InputError
from torchbdi.data import OfflineData
from torchbdi.space import Space

__all__ = ["Codec", "OfflineData", "Task", "standardise_scores"]


@dataclass(frozen=True)
class Codec:
    """Between designs as the true function knows them and standardised features, in float64.

    Attributes:
        mean: of the features, (D,).
        std: of the features, (D,); 1 where a feature is constant.
        shape: shape of one raw design.
        classes: number of classes of a discrete design, 0 for a continuous one.
        letters: one letter a class, for printing; empty where there is none.
    """

    mean: np.ndarray
    std: np.ndarray
    shape: tuple[int, ...]
    classes: int = 0
    letters: str = ""

    @staticmethod
    def fit(
        features: np.ndarray, shape: tuple[int, ...], classes: int = 0, letters: str = ""
    ) -> Codec:
        """Takes mean and standard deviation from the features of a table, (N, D) float64."""
        std = features.std(0)
        return Codec(features.mean(0), np.where(std > 0, std, 1.0), shape, classes, letters)

    def standardise(self, features: np.ndarray) -> Tensor:
        """Features (N, D) to standardised features, float64."""
        return torch.from_numpy((features - self.mean) / self.std)

    def decode(self, x: Tensor) -> np.ndarray:
        """Standardised features (n, D) to raw designs.

        Returns:
            int32 (n, *shape) for discrete designs: at each position the class with the largest
            logit, the first class having logit 0; float64 (n, *shape) for continuous ones.
        """
        features = x.detach().cpu().double().numpy() * self.std + self.mean
        if not self.classes:
            return features.reshape(-1, *self.shape)
        logits = features.reshape(-1, *self.shape, self.classes - 1)
        first = np.zeros((*logits.shape[:-1], 1))
        return np.concatenate([first, logits], axis=-1).argmax(-1).astype(np.int32)

    def space(self, raw: np.ndarray) -> Space:
        """What a design may be, with the means and deviations of raw designs (N, *shape)."""
        size = math.prod(self.shape)
        letters = self.letters or [str(i) for i in range(self.classes)]
        space = Space.sequence(size, letters) if self.classes else Space.numbers(size)
        return space.fit(np.asarray(raw).reshape(len(raw), size))

    def text(self, design: np.ndarray) -> str:
        """A discrete design as letters."""
        return "".join(self.letters[i] for i in design)


@dataclass(frozen=True)
class Task:
    """A table, its true function and how scores are reported. Only scoring holds one.

    Attributes:
        name: the task's name on the command line.
        title: the data set's full name.
        data: what training sees.
        codec: between raw designs and features.
        y_raw: raw scores of the table, (N,).
        y_min: score that is reported as 0.
        y_max: score that is reported as 1.
        data_source: "original" (design-bench's own) or "regenerated" (made here).
        oracle_source: "original", "retrained" or "regenerated".
        predict: the true function: raw designs (n, ...) to raw scores (n,).
        oracle_spearman: rank correlation of a fitted true function with the measured scores of
            rows it was not fitted to; None for one that is not fitted.
    """

    name: str
    title: str
    data: OfflineData
    codec: Codec
    y_raw: np.ndarray
    y_min: float
    y_max: float
    data_source: str
    oracle_source: str
    predict: Callable[[np.ndarray], np.ndarray]
    oracle_spearman: float | None = None

    @property
    def sources(self) -> str:
        """Where data and true function come from, in one line."""
        fit = ""
        if self.oracle_spearman is not None:
            fit = f" (held-out rank correlation {self.oracle_spearman:.4f})"
        return f"Data: {self.data_source}. True function: {self.oracle_source}{fit}."

    def normalise(self, y: np.ndarray) -> np.ndarray:
        """(y - y_min) / (y_max - y_min)."""
        return (y - self.y_min) / (self.y_max - self.y_min)


def standardise_scores(y: np.ndarray) -> Tensor:
    """Raw scores (N,) to zero mean and unit variance, float64.

    Raises:
        InputError: all scores are the same.
    """
    y = y.astype(np.float64)
    if y.std() == 0:
        raise InputError("all scores of the table are the same: there is nothing to learn.")
    return torch.from_numpy((y - y.mean()) / y.std())
