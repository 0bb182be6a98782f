"""Functions whose values are known everywhere, and how tables of them are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ._propose_truths import Truth


@dataclass(frozen=True)
class Formula:
    """A function of some columns.

    Attributes:
        truth: the function.
        score: name of the score.
        rows: that are drawn.
        ends: of each column of numbers.
        levels: of each column of words, a letter each.
        noise: deviation of the noise on the scores that are seen.
        minimise: whether low scores are good.
    """

    truth: Truth
    score: str
    rows: int
    ends: Mapping[str, tuple[float, float]]
    levels: Mapping[str, str] = field(default_factory=dict)
    noise: float = 0.0
    minimise: bool = True


def hill4(frame: Mapping[str, np.ndarray]) -> np.ndarray:
    out = np.full(len(frame["a"]), 100.0)
    for name, (k, m, i, p) in {
        "a": (10, 2, 60, 4), "b": (20, 1.5, 80, 3), "c": (5, 3, 40, 5), "d": (15, 1, 90, 2),
    }.items():  # fmt: skip
        x = np.asarray(frame[name], float)
        out *= x**m / (k**m + x**m) / (1 + (x / i) ** p)
    return out


def branin(frame: Mapping[str, np.ndarray]) -> np.ndarray:
    x1, x2 = np.asarray(frame["x1"], float), np.asarray(frame["x2"], float)
    inner = x2 - 5.1 / (4 * np.pi**2) * x1**2 + 5 / np.pi * x1 - 6
    out: np.ndarray = inner**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x1) + 10
    return out


def ackley(frame: Mapping[str, np.ndarray]) -> np.ndarray:
    grade = dict(zip(GRADES, (1, 0.5, 0, 1.5, 2), strict=True))
    vessel = dict(zip(VESSELS, (0.5, 1.5, 0, 1), strict=True))
    z = np.stack([
        np.asarray(frame["x1"], float) - 0.4,
        np.asarray(frame["x2"], float) + 0.7,
        np.asarray(frame["x3"], float) - 1.1,
        np.array([grade[v] for v in frame["grade"]]),
        np.array([vessel[v] for v in frame["vessel"]]),
    ])  # fmt: skip
    root = -20 * np.exp(-0.2 * np.sqrt((z**2).mean(0)))
    out: np.ndarray = root - np.exp(np.cos(2 * np.pi * z).mean(0)) + 20 + np.e
    return out


GRADES, VESSELS = "abcde", "pqrs"
FORMULAS = {
    "hill4": Formula(
        hill4, "response", 200, dict.fromkeys("abcd", (0.0, 100.0)), noise=0.5, minimise=False
    ),
    "branin": Formula(branin, "loss", 100, {"x1": (-5.0, 10.0), "x2": (0.0, 15.0)}),
    "ackley": Formula(
        ackley,
        "loss",
        200,
        dict.fromkeys(("x1", "x2", "x3"), (-2.0, 2.0)),
        {"grade": GRADES, "vessel": VESSELS},
    ),
}
