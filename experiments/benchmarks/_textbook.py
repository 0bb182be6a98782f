"""Functions of textbooks on optimisation and design, of which the truth is known everywhere.

Each takes designs (n, k) with columns from 0 to 1 to scores (n,), of which large ones are good;
some are logarithms, so that a table has more than one scale. None is among the functions of
:mod:`._propose_formulas`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ._drawn import POOL, WORSE, Drawn
from ._frames import Columns

Function = Callable[[np.ndarray], np.ndarray]


class Table(NamedTuple):
    """What a table is like.

    Attributes:
        function: its name.
        rows: how many designs are seen.
        noise: in deviations of the scores of random designs.
        seed: of all that is drawn.
    """

    function: str
    rows: int
    noise: float
    seed: int


def hartmann(a: np.ndarray, p: np.ndarray) -> Function:
    """Four hills of different heights (Hartmann 1973)."""
    height = np.array([1, 1.2, 3, 3.2])
    return lambda x: np.exp(-(a * (x[:, None, :] - p) ** 2).sum(2)) @ height


HARTMANN3 = hartmann(
    np.array([[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]]),
    1e-4 * np.array([
        [3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828],
    ]),
)  # fmt: skip
HARTMANN6 = hartmann(
    np.array([
        [10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14],
    ]),
    1e-4 * np.array([
        [1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381],
    ]),
)  # fmt: skip


def goldstein(x: np.ndarray) -> np.ndarray:
    """Goldstein and Price 1971, its logarithm."""
    a, b = 4 * x.T - 2
    first = 1 + (a + b + 1) ** 2 * (19 - 14 * a + 3 * a**2 - 14 * b + 6 * a * b + 3 * b**2)
    second = 30 + (2 * a - 3 * b) ** 2 * (18 - 32 * a + 12 * a**2 + 48 * b - 36 * a * b + 27 * b**2)
    return -np.log(first * second)


def levy(x: np.ndarray) -> np.ndarray:
    """Levy and Montalvo 1985."""
    w = 1 + (20 * x - 11) / 4
    inner = ((w[:, :-1] - 1) ** 2 * (1 + 10 * np.sin(np.pi * w[:, :-1] + 1) ** 2)).sum(1)
    end = (w[:, -1] - 1) ** 2 * (1 + np.sin(2 * np.pi * w[:, -1]) ** 2)
    return -(np.sin(np.pi * w[:, 0]) ** 2 + inner + end)


def styblinski(x: np.ndarray) -> np.ndarray:
    """Styblinski and Tang 1990: two hollows a column."""
    z = 10 * x - 5
    return -(z**4 - 16 * z**2 + 5 * z).sum(1) / 2


def rastrigin(x: np.ndarray) -> np.ndarray:
    """Rastrigin 1974, of the middle two waves."""
    z = 2 * x - 1
    return -(10 * z.shape[1] + (z**2 - 10 * np.cos(2 * np.pi * z)).sum(1))


def camel(x: np.ndarray) -> np.ndarray:
    """The camel of six humps (Dixon and Szego 1978)."""
    a, b = 4 * x[:, 0] - 2, 2 * x[:, 1] - 1
    return -((4 - 2.1 * a**2 + a**4 / 3) * a**2 + a * b + (4 * b**2 - 4) * b**2)


def rosenbrock(x: np.ndarray) -> np.ndarray:
    """Rosenbrock 1960, its logarithm."""
    z = 3 * x - 1
    steps = 100 * (z[:, 1:] - z[:, :-1] ** 2) ** 2 + (z[:, :-1] - 1) ** 2
    return -np.log1p(steps.sum(1))


def michalewicz(x: np.ndarray) -> np.ndarray:
    """Michalewicz 1992, with edges half as steep as his."""
    z, i = np.pi * x, np.arange(1, x.shape[1] + 1)
    return (np.sin(z) * np.sin(i * z**2 / np.pi) ** 4).sum(1)


def friedman(x: np.ndarray) -> np.ndarray:
    """Friedman 1991."""
    wave = 10 * np.sin(np.pi * x[:, 0] * x[:, 1])
    return wave + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]


def circuit(x: np.ndarray) -> np.ndarray:
    """The voltage of a push-pull circuit (Ben-Ari and Steinberg 2007)."""
    low = np.array([50, 25, 0.5, 1.2, 0.25, 50])
    b1, b2, f, c1, c2, beta = (low + x * np.array([100, 45, 2.5, 1.3, 0.95, 250])).T
    q = beta * (c2 + 9)
    first = (12 * b2 / (b1 + b2) + 0.74) * q / (q + f)
    return first + 11.35 * f / (q + f) + 0.74 * f * q / ((q + f) * c1)


def borehole(x: np.ndarray) -> np.ndarray:
    """The flow through a borehole (Harper and Gupta 1983)."""
    low = np.array([0.05, 100, 63070, 990, 63.1, 700, 1120, 9855])
    size = np.array([0.1, 49900, 52530, 120, 52.9, 120, 560, 2190])
    rw, r, tu, hu, tl, hl, length, k = (low + x * size).T
    log = np.log(r / rw)
    return 2 * np.pi * tu * (hu - hl) / (log * (1 + 2 * length * tu / (log * rw**2 * k) + tu / tl))


def dixon(x: np.ndarray) -> np.ndarray:
    """Dixon and Price 1989, its logarithm."""
    z, i = 6 * x - 3, np.arange(2, x.shape[1] + 1)
    return -np.log1p((z[:, 0] - 1) ** 2 + (i * (2 * z[:, 1:] ** 2 - z[:, :-1]) ** 2).sum(1))


def kinetics(x: np.ndarray) -> np.ndarray:
    """The yield of B in A -> B -> C, by temperature, time, concentration and catalyst."""
    t, time, c = 300 + 100 * x[:, 0], 10 * x[:, 1], 0.1 + x[:, 2]
    k1 = 1e7 * np.exp(-6000 / t) * (0.2 + x[:, 3])
    k2 = 3e8 * np.exp(-7800 / t)
    return 100 * k1 / (k2 - k1 + 1e-9) * (np.exp(-k1 * time * c) - np.exp(-k2 * time * c))


def bump(x: np.ndarray) -> np.ndarray:
    """A hill that is not round, on a slope."""
    z = x - np.linspace(0.3, 0.7, x.shape[1])
    return np.exp(-6 * (z**2).sum(1) - 4 * z[:, 0] * z[:, 1]) + 0.3 * x[:, -1]


def peaks(x: np.ndarray) -> np.ndarray:
    """The peaks of Matlab's manual."""
    a, b = 6 * x.T - 3
    first = 3 * (1 - a) ** 2 * np.exp(-(a**2) - (b + 1) ** 2)
    second = 10 * (a / 5 - a**3 - b**5) * np.exp(-(a**2) - b**2)
    return first - second - np.exp(-((a + 1) ** 2) - b**2) / 3


def griewank(x: np.ndarray) -> np.ndarray:
    """Griewank 1981."""
    z, i = 20 * x - 8, np.sqrt(np.arange(1, x.shape[1] + 1))
    return -((z**2).sum(1) / 400 - np.prod(np.cos(z / i), 1) + 1)


def logistic(x: np.ndarray) -> np.ndarray:
    """A rise, a fall and a bend, multiplied."""
    rise, fall = 1 / (1 + np.exp(-8 * (x[:, 0] - 0.4))), 1 / (1 + np.exp(10 * (x[:, 1] - 0.6)))
    return 100 * rise * fall * (1 - 0.6 * (x[:, 2] - 0.5) ** 2)


FUNCTIONS: dict[str, tuple[Function, int]] = {
    "hartmann3": (HARTMANN3, 3), "hartmann6": (HARTMANN6, 6), "goldstein": (goldstein, 2),
    "levy": (levy, 4), "styblinski": (styblinski, 3), "rastrigin": (rastrigin, 3),
    "camel": (camel, 2), "rosenbrock": (rosenbrock, 3), "michalewicz": (michalewicz, 3),
    "friedman": (friedman, 5), "circuit": (circuit, 6), "borehole": (borehole, 8),
    "dixon": (dixon, 4), "kinetics": (kinetics, 4), "bump": (bump, 3), "peaks": (peaks, 2),
    "griewank": (griewank, 3), "logistic": (logistic, 3),
}  # fmt: skip


def drawn(own: Table) -> Drawn:
    """The table: random designs to three decimals, of the worse 60 % as many as are seen."""
    truth, k = FUNCTIONS[own.function]
    number = list(FUNCTIONS).index(own.function)
    draws = np.random.default_rng((own.seed, number, own.rows, round(100 * own.noise)))
    pool = truth(draws.uniform(size=(POOL, k)))
    x = np.round(draws.uniform(size=(int(own.rows / WORSE) + 1, k)), 3)
    y = truth(x)
    seen = np.flatnonzero(y <= np.quantile(y, WORSE))[: own.rows]
    scores = y[seen] + own.noise * pool.std() * draws.normal(size=len(seen))
    table = Columns({f"x{i}": x[seen, i] for i in range(k)})
    return Drawn(table, scores, False, truth, float(np.median(pool)), float(pool.max()))
