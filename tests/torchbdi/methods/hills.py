"""Small tables with known best designs, and runs that die, for the tests of methods."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from torch import Tensor

from torchbdi import OfflineData, Space
from torchbdi.methods.base import Run
from torchbdi.space import Choice, Number


def hill() -> tuple[OfflineData, Callable[[np.ndarray], np.ndarray]]:
    """The worse four fifths of 600 points around a hill, whose top (0.5, 0.5) scores 0."""

    def truth(raw: np.ndarray) -> np.ndarray:
        return np.asarray(-((raw - 0.5) ** 2).sum(1))

    raw = np.random.default_rng(0).uniform(-2, 2, (600, 2))
    seen = np.argsort(truth(raw))[:480]
    return OfflineData.from_raw(raw[seen], truth(raw[seen]), Space.numbers(2)), truth


def letters() -> tuple[OfflineData, Callable[[np.ndarray], np.ndarray]]:
    """The worse three quarters of 800 words of six letters, each of which adds to the score."""
    draw = np.random.default_rng(0)
    raw, worth = draw.integers(0, 4, (800, 6)), draw.normal(size=(6, 4))

    def truth(raw: np.ndarray) -> np.ndarray:
        return np.asarray(worth[np.arange(6), raw].sum(1))

    seen = np.argsort(truth(raw))[:600]
    return OfflineData.from_raw(raw[seen], truth(raw[seen]), Space.sequence(6, "ACGT")), truth


def mixed() -> OfflineData:
    """Sixty designs of two numbers, a category and two sites; one number is bounded."""
    draw = np.random.default_rng(0)
    raw = np.c_[draw.uniform(0, 10, (60, 2)), draw.integers(0, 3, 60), draw.integers(0, 4, (60, 2))]
    sites = (Choice(f"s{i}", tuple("ACGT"), "s") for i in range(2))
    space = Space((Number("a", 0, 10), Number("b"), Choice("c", ("x", "y", "z")), *sites))
    return OfflineData.from_raw(raw, raw[:, 0] + 2 * (raw[:, 2] == 1) + raw[:, 3], space)


class Told(Run):
    """A run that remembers what it is told, and dies when it is told of a step, once.

    Args:
        dies: the step; None for never.
        **own: of Run.
    """

    def __init__(self, dies: int | None = None, **own: object) -> None:
        super().__init__(**own)  # type: ignore[arg-type]
        self.dies = dies
        self.told: dict[int, dict[str, float]] = {}

    def log(self, step: int, **values: float) -> None:
        self.told[step] = values
        if step == self.dies:
            self.dies = None
            raise SystemError(f"killed at step {step}")

    def keep(self, step: int, x: Tensor) -> None:
        """Nothing is kept."""
