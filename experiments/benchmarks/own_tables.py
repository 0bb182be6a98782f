"""How good proposals are on tables of our own, beside the rivals of :mod:`.propose`.

Noisy functions of numbers and mixtures (:mod:`._drawn`), functions of textbooks (:mod:`._textbook`)
and tables of words and of steps (:mod:`._combinations`), 60 a seed. Of each the worse part is seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from . import Options, _combinations, _drawn, _textbook
from ._frames import numbers_of
from ._propose_pools import made_pool
from ._propose_tables import Case
from .propose import measure, pairs

SEEDS = (5, 6)
TEXTBOOK = ((40, 0.0), (100, 0.1))  # designs, and noise


def run(options: Options) -> dict[str, Any]:
    """Pairs won, tied and lost against each rival, on all tables and on those of each kind."""
    runs: list[dict[str, Any]] = []
    for name, seed, own in tables(options):
        kind = name.split()[0]
        runs += [{"kind": kind, **row} for row in measure(name, seed, own, options)]
        options.keep({"runs": runs})
    kinds = list(dict.fromkeys(row["kind"] for row in runs))
    rows = [
        {"kind": kind, **row}
        for kind in ("all", *kinds)
        for row in pairs([run for run in runs if kind in ("all", run["kind"])])
    ]
    return {"rows": rows, "runs": runs}


def tables(options: Options) -> Iterator[tuple[str, int, Callable[[], Case]]]:
    """Name, seed and maker of every table; of each kind the first one where the sizes are small."""
    first = slice(1 if options.small else None)
    for seed in options.seeds or SEEDS:
        for kind in [*_drawn.kinds((seed,), (0.1, 0.4), (False,), ("eighth",))][first]:
            name = f"{'mixture' if kind.mixture else 'numbers'} {kind.function} {kind.noise:g}"
            yield name, seed, partial(_case, partial(_drawn.drawn, kind), seed)
        for i, function in enumerate([*_textbook.FUNCTIONS][first]):
            own = _textbook.Table(function, *TEXTBOOK[i % 2], seed)
            yield f"textbook {function}", seed, partial(_case, partial(_textbook.drawn, own), seed)
        for combination in [*_combinations.kinds(seed)][first]:
            name = f"{combination.what} {combination.function}"
            yield name, seed, partial(_combinations.drawn, combination)


def _case(make: Callable[[], _drawn.Drawn], seed: int) -> Case:
    """A table of numbers with a pool of new designs."""
    own = make()
    frame = dict(own.table)

    def truth(designs: Mapping[str, np.ndarray]) -> np.ndarray:
        return own.truth(numbers_of(designs, frame))

    draws = np.random.default_rng(seed)
    pool = made_pool(frame, own.scores, draws, 1.0 if own.mixture else None)
    best = truth(frame)[np.argsort(-own.scores, kind="stable")]
    return Case(frame, own.scores, "score", False, pool, truth, best)
