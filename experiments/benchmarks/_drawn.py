"""Tables of functions of our own, noisy and with repeated designs, for benchmarks of proposals.

Functions of three numbers or of four parts of a mixture, of which the worse 60 % of 83 designs are
seen. Some are measured several times. Bad scores can be noisier than good ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

import torchbdi

from ._frames import Columns, numbers_of

N, POOL, DRAWN, WORSE = 32, 20_000, 83, 0.6
FUNCTIONS = ("hill", "saturation", "quadratic", "linear", "wave", "ridge")
# How many of the designs are measured how often.
REPEATED = {"eighth": (DRAWN // 8, 2), "third": (DRAWN // 3, 3), "all": (DRAWN, 3)}
Truth = Callable[[np.ndarray], np.ndarray]  # designs (n, k) to scores (n,)


class Kind(NamedTuple):
    """What a table is like.

    Attributes:
        function: its name.
        mixture: whether designs are shares that add up to 1, else numbers from 0 to 1.
        noise: in deviations of the scores of random designs.
        uneven: whether bad scores are noisier.
        repeated: "eighth", "third" or "all".
        seed: of all that is drawn.
    """

    function: str
    mixture: bool
    noise: float
    uneven: bool
    repeated: str
    seed: int


class Drawn(NamedTuple):
    """A table of a kind, and what its designs are worth.

    Attributes:
        table: the designs that are seen, by column.
        scores: theirs, (N,).
        mixture: whether the columns add up to 1.
        truth: true scores of designs.
        middle: the median of those of random designs.
        best: the best one of them.
    """

    table: Columns
    scores: np.ndarray
    mixture: bool
    truth: Truth
    middle: float
    best: float

    def proposed(self) -> dict[str, float]:
        """The best and the median true score of the proposals for it, and how far they are off.

        0 is the median and 1 the best of 20,000 random designs; scores between -1 and 2, and the
        root of the mean squared error of what is predicted of them, up to 2.
        """
        names = list(self.table)
        found = torchbdi.propose(
            self.table, self.scores, n=N, free=names, progress=False,
            sums=["+".join(names) + "=1"] if self.mixture else (),
        )  # fmt: skip
        there = numbers_of(found.columns, names)
        unit, true = self.best - self.middle, self.truth(there)
        own = np.clip((true - self.middle) / unit, -1, 2)
        off = float(np.sqrt(((true - found.predicted) ** 2).mean()) / unit)
        return {"best": float(own.max()), "median": float(np.median(own)), "off": min(off, 2.0)}


def kinds(
    seeds: Sequence[int], noises: Sequence[float], unevens: Sequence[bool], repeated: Sequence[str]
) -> Iterator[Kind]:
    """Every kind of table."""
    for seed in seeds:
        for choice in itertools.product(FUNCTIONS, (False, True), noises, unevens, repeated):
            yield Kind(*choice, seed)


def truth_of(function: str, k: int, draws: np.random.Generator) -> Truth:
    """One of the functions, drawn."""
    top, weight = draws.uniform(0.2, 0.8, k), draws.uniform(0.5, 2, k)
    mixed = 0.4 * draws.normal(size=(k, k))

    def truth(x: np.ndarray) -> np.ndarray:
        z = (x - top) * weight
        square, slope = (z**2).sum(1), x @ (weight - 1.25)
        if function == "hill":
            return np.exp(-4 * square)
        if function == "saturation":
            return np.prod(x / (x + 0.15) / (1 + (x / (top + 0.2)) ** 4), 1)
        if function == "quadratic":
            return ((z @ mixed) * z).sum(1) - square
        if function == "linear":
            return slope + 0.3 * np.sin(6 * x[:, 0])
        if function == "wave":
            return np.sin(5 * x @ weight / k) + 0.5 * np.cos(7 * x[:, 1])
        return 0.2 * x[:, 0] - np.abs(slope - 0.1)

    return truth


def drawn(kind: Kind) -> Drawn:
    """The table of a kind."""
    number = FUNCTIONS.index(kind.function)
    draws = np.random.default_rng((kind.seed, number, kind.mixture, len(kind.repeated)))
    k = 4 if kind.mixture else 3
    truth = truth_of(kind.function, k, draws)

    def designs(n: int) -> np.ndarray:
        return draws.dirichlet(np.ones(k), n) if kind.mixture else draws.uniform(size=(n, k))

    pool = truth(designs(POOL))
    middle, best, spread = np.median(pool), pool.max(), pool.std()
    x = np.round(designs(DRAWN), 3)
    if kind.mixture:
        x[:, -1] = 1 - x[:, :-1].sum(1)
    counts = np.ones(DRAWN, dtype=int)
    some, times = REPEATED[kind.repeated]
    counts[draws.permutation(DRAWN)[:some]] = times
    at = np.repeat(np.arange(DRAWN), counts)
    y = truth(x)[at]
    size = np.exp(-0.7 * (y - middle) / spread) if kind.uneven else 1.0
    y = y + kind.noise * spread * size * draws.normal(size=len(y))
    means = np.bincount(at, y) / counts
    seen = (means <= np.quantile(means, WORSE))[at]
    table = Columns({f"x{i}": x[at[seen], i] for i in range(k)})
    return Drawn(table, y[seen], kind.mixture, truth, float(middle), float(best))
