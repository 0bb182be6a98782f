"""Proposals from noisy tables with repeated designs: by how much repetitions bound the ridge.

Functions of our own, of three numbers or four parts of a mixture, of which the worse 60 % of 83
designs are seen. An eighth of them are measured twice, a third three times, or all three times. The
noise is a tenth or two fifths of the scores' deviation, the same everywhere or larger for bad
scores. The ridge is bounded by the scatter of repetitions as it is estimated, or by its lower limit
(:attr:`torchbdi.proposer.model.problem.Problem.least_noise_l`), or not at all. Of 32 proposals the
best and the median true score are told, 0 being the median and 1 the best of 20,000 random designs,
between -1 and 2.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import torchbdi
from torchbdi.proposer.model.problem import Problem

from . import Options
from ._propose_tables import Columns

N, POOL, DRAWN, WORSE = 32, 20_000, 83, 0.6
FUNCTIONS = ("hill", "saturation", "quadratic", "linear", "wave", "ridge")
KEPT = Problem.least_noise_l
BOUNDS = {"limit": KEPT, "estimate": Problem.noise_l, "none": property(lambda _: 0.0)}
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


def run(options: Options) -> dict[str, Any]:
    """A row a table, and the means and paired differences over them."""
    tables: list[dict[str, Any]] = []
    for kind in itertools.islice(kinds(options.seeds or (0,)), 2 if options.small else None):
        tables.append({**kind._asdict(), **of_table(kind)})
        options.keep({"tables": tables})
    rows = []
    for bound in BOUNDS:
        own = np.array([table[f"median, {bound}"] for table in tables])
        gain = own - [table["median, estimate"] for table in tables]
        rows.append(
            {
                "bound": bound,
                "best": float(np.mean([table[f"best, {bound}"] for table in tables])),
                "median": float(own.mean()),
                "gain": float(gain.mean()),
                "its standard error": float(gain.std() / len(gain) ** 0.5),
                "won": int((gain > 1e-9).sum()),
                "lost": int((gain < -1e-9).sum()),
            }
        )
    return {"rows": rows, "tables": tables}


def kinds(seeds: tuple[int, ...]) -> Iterator[Kind]:
    """Every kind of table."""
    for seed in seeds:
        for choice in itertools.product(
            FUNCTIONS, (False, True), (0.1, 0.4), (False, True), ("eighth", "third", "all")
        ):
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


def of_table(kind: Kind) -> dict[str, float]:
    """How good the proposals for one table are, with each bound."""
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
    counts = np.full(DRAWN, 3 if kind.repeated == "all" else 1)
    some, times = {"eighth": (DRAWN // 8, 2), "third": (DRAWN // 3, 3), "all": (0, 3)}[
        kind.repeated
    ]
    counts[draws.permutation(DRAWN)[:some]] = times
    at = np.repeat(np.arange(DRAWN), counts)
    y = truth(x)[at]
    size = np.exp(-0.7 * (y - middle) / spread) if kind.uneven else 1.0
    y = y + kind.noise * spread * size * draws.normal(size=len(y))
    means = np.bincount(at, y) / counts
    seen = (means <= np.quantile(means, WORSE))[at]
    names = [f"x{i}" for i in range(k)]
    table = Columns({name: x[at[seen], i] for i, name in enumerate(names)})
    out: dict[str, float] = {}
    for told, bound in BOUNDS.items():
        Problem.least_noise_l = bound  # type: ignore[method-assign, assignment]
        try:
            found = torchbdi.propose(
                table, y[seen], n=N, free=names, progress=False,
                sums=["+".join(names) + "=1"] if kind.mixture else (),
            )  # fmt: skip
        finally:
            Problem.least_noise_l = KEPT  # type: ignore[method-assign]
        there = np.stack([np.asarray(found.columns[name], float) for name in names], 1)
        own = np.clip((truth(there) - middle) / (best - middle), -1, 2)
        out |= {f"best, {told}": float(own.max()), f"median, {told}": float(np.median(own))}
    return out
