"""Data frames, as far as propose and the benchmarks of it look at one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

Frame = dict[str, np.ndarray]


class Columns(dict[str, np.ndarray]):
    """A data frame, as far as propose looks at one."""

    @property
    def columns(self) -> list[str]:
        return list(self)


def take(frame: Mapping[str, np.ndarray], at: np.ndarray) -> Frame:
    """Some rows of a frame."""
    return {name: values[at] for name, values in frame.items()}


def numbers_of(frame: Mapping[str, np.ndarray], names: Iterable[str]) -> np.ndarray:
    """Columns of numbers side by side, (n, k)."""
    return np.stack([np.asarray(frame[name], float) for name in names], axis=1)
