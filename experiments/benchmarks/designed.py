"""Proposals for designed experiments, with and without choosing the model by densities.

Box-Behnken designs, and central composite ones with a star on the sphere of the corners or on the
faces, of functions of our own whose best design lies in the middle, at an edge, at a peak or past a
saddle. Of 16 proposals the best and the median true score are told, 0 being the median and 1 the
best of 20,000 random designs.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import numpy as np

import torchbdi
from torchbdi.proposer.model import choice

from . import Options
from ._frames import Columns

N, POOL, NOISE = 16, 20_000, 1.5
FUNCTIONS = ("peak", "edge", "hill", "saddle")
Truth = Callable[[np.ndarray], np.ndarray]  # coded designs (n, k), -1 to 1, to scores (n,)


def run(options: Options) -> dict[str, Any]:
    """A row a table, function and seed, and the means over them."""
    rows: list[dict[str, Any]] = []
    for seed in options.seeds or (0,):
        for name, design in list(designs())[: 1 if options.small else None]:
            for function in FUNCTIONS[: 1 if options.small else None]:
                rows.append({"design": name, "function": function, "seed": seed})
                rows[-1] |= of_table(design, function, seed)
                print(rows[-1], flush=True)
                options.keep({"tables": rows})
    figures = ("known", "best", "median", "best by errors", "median by errors")
    return {
        "rows": [{f: float(np.mean([row[f] for row in rows])) for f in figures}],
        "tables": rows,
    }


def designs() -> Iterator[tuple[str, np.ndarray]]:
    """Names and coded designs, (n, k)."""
    for k in (3, 4, 5):
        pairs = itertools.combinations(np.eye(k), 2)
        ends = itertools.product((-1, 1), repeat=2)
        rows = [a * u + b * v for (u, v), (a, b) in itertools.product(pairs, ends)]
        yield f"Box-Behnken {k}", np.array(rows + 3 * [np.zeros(k)])
    for k in (3, 4):
        corners = np.array([*itertools.product((-1.0, 1.0), repeat=k)])
        star = np.concatenate([np.eye(k), -np.eye(k)])
        for name, size in (("sphere", math.sqrt(k)), ("faces", 1.0)):
            made = np.concatenate([corners, size * star, np.zeros((5, k))])
            yield f"central composite {k}, {name}", made / np.abs(made).max()


def truth_of(function: str, k: int, seed: int) -> Truth:
    """One of the functions, drawn."""
    draws = np.random.default_rng(seed)
    top, slope = draws.uniform(-0.6, 0.6, k), draws.normal(size=k)
    mixed = 0.25 * draws.normal(size=(k, k))

    def truth(x: np.ndarray) -> np.ndarray:
        square, both = ((x - top) ** 2).sum(1), ((x @ mixed) * x).sum(1)
        if function == "peak":
            return 80 - 25 * square + 10 * both
        if function == "edge":
            return 60 + 12 * x @ slope + 4 * both - 3 * (x**2).sum(1)
        if function == "hill":
            return 90 * np.exp(-square)
        return 60 + 40 * both + 5 * x @ slope

    return truth


def of_table(design: np.ndarray, function: str, seed: int) -> dict[str, float]:
    """How good the proposals for one table are, and its best row.

    Args:
        design: coded, (n, k).
        function: its name.
        seed: of the function, the noise and the pool.
    """
    draws, k = np.random.default_rng((seed, 1)), design.shape[1]
    truth = truth_of(function, k, seed)
    y = truth(design) + NOISE * draws.normal(size=len(design))
    pool = truth(draws.uniform(-1, 1, (POOL, k)))
    middle, best = np.median(pool), pool.max()
    names = [f"x{i}" for i in range(k)]
    table = Columns({name: 50 + 30 * design[:, i] for i, name in enumerate(names)})
    out = {"known": float((truth(design)[y.argmax()] - middle) / (best - middle))}
    for told, alone in (("", choice.ALONE), (" by errors", math.inf)):
        with patch.object(choice, "ALONE", alone):
            found = torchbdi.propose(table, y, n=N, free=names, progress=False)
        there = (np.stack([found.columns[name] for name in names], 1) - 50) / 30
        own = (truth(there) - middle) / (best - middle)
        out |= {f"best{told}": float(own.max()), f"median{told}": float(np.median(own))}
    return out
