"""What a task is. Training sees :class:`OfflineData`, which has no way to the true function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from torchbdi import InputError


@dataclass(frozen=True)
class OfflineData:
    """The fixed table: all that a training step may see.

    Attributes:
        x: designs, (N, D), float64, standardised by their own mean and standard deviation.
        y: scores, (N,), float64, standardised likewise.
    """

    x: Tensor
    y: Tensor

    def starts(self, n: int, designs_per_group: int = 1) -> Tensor:
        """The n best designs of the table, dealt into groups.

        Args:
            n: number of starts.
            designs_per_group: M; the starts are dealt round-robin by rank to n / M groups, so
                that every group gets good and less good ones (Appendix A.2).

        Returns:
            (n / M, M, D).

        Raises:
            InputError: n is not divisible by M, or larger than the table.
        """
        if n < 1 or n > len(self.x):
            raise InputError(f"designs={n}: the table has {len(self.x)} rows.")
        if designs_per_group < 1 or n % designs_per_group:
            raise InputError(
                f"designs_per_group={designs_per_group} does not divide designs={n}. Choose a "
                "divisor."
            )
        return self.x[self.best(n)].reshape(designs_per_group, -1, self.x.shape[1]).transpose(0, 1)

    def best(self, n: int) -> Tensor:
        """Row numbers of the n best designs, best first, ties in the order of the table."""
        return torch.argsort(self.y, descending=True, stable=True)[:n]


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
        data_source: "original" (design-bench's own), "regenerated" (made here) or "own" (a user's,
            see :func:`experiments.data.sources.checksums`).
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
