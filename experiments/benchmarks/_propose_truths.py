"""What designs are worth: by the mean of the nearest one measured, or by a forest."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ._frames import Frame, numbers_of

Truth = Callable[[Mapping[str, np.ndarray]], np.ndarray]
"""Designs, (n,) a column, to their true scores, (n,)."""


def nearest(designs: Frame, means: np.ndarray) -> Truth:
    """The mean score of the nearest design; ties are averaged."""

    def truth(frame: Mapping[str, np.ndarray]) -> np.ndarray:
        apart: np.ndarray | float = 0.0
        for name, values in designs.items():
            own = frame[name][:, None]
            if values.dtype == object:
                apart = apart + (own != values)
            else:
                apart = apart + np.abs(own - values) / (np.ptp(values) or 1.0)
        apart = np.asarray(apart, float)
        least = apart <= apart.min(1, keepdims=True) + 1e-9
        found: np.ndarray = (least * means).sum(1) / least.sum(1)
        return found

    return truth


def forest(frame: Frame, y: np.ndarray, total: float | None, log: bool) -> Truth:
    """A forest on all rows of a table.

    Args:
        frame: the designs, (N,) a column of numbers.
        y: their scores, (N,).
        total: to which the columns of every design are scaled first; None for no scaling.
        log: whether it is fitted to the logarithms of the scores.
    """
    from sklearn.ensemble import RandomForestRegressor

    def features(own: Mapping[str, np.ndarray]) -> np.ndarray:
        x = numbers_of(own, frame)
        return x if total is None else x * total / x.sum(1, keepdims=True)

    model = RandomForestRegressor(500, random_state=0)
    model.fit(features(frame), np.log10(y) if log else y)

    def truth(own: Mapping[str, np.ndarray]) -> np.ndarray:
        found: np.ndarray = model.predict(features(own))
        return 10**found if log else found

    return truth
