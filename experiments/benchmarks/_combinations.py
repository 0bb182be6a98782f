"""Tables of words, of numbers in steps, and of words beside numbers; their truth is known.

Of words every level has three hidden properties, which act by themselves and in pairs.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from ._drawn import FUNCTIONS, WORSE, truth_of
from ._frames import Frame, numbers_of, take
from ._propose_pools import made_pool
from ._propose_tables import Case
from ._propose_truths import Truth

WORDS = {"few": (12, 8, 9), "many": (4, 8, 5, 10)}  # levels of each column
STEPS = (4, 9, 11, 3)
NUMBERS, BESIDE = 3, (5, 4)  # columns of numbers, and the levels of those of words beside them
SEEN = {"words": 200, "steps": 100, "both": 90}
NOISE = 0.1  # in deviations of the scores


class Kind(NamedTuple):
    """What a table is like.

    Attributes:
        what: "words", "steps" or "both".
        function: a key of ``WORDS`` and how scores follow ("plain", "yield", or "rare": most give
            nothing); else one of :mod:`._drawn`.
        seed: of all that is drawn.
    """

    what: str
    function: str
    seed: int


def kinds(seed: int) -> Iterator[Kind]:
    """Every kind of table."""
    for sizes, follow in itertools.product(WORDS, ("plain", "yield", "rare")):
        yield Kind("words", f"{sizes} {follow}", seed)
    for what, function in itertools.product(("steps", "both"), FUNCTIONS):
        yield Kind(what, function, seed)


def drawn(kind: Kind) -> Case:
    """The table of a kind: some of the worse designs, those of all combinations, or of 400."""
    number = [*kinds(kind.seed)].index(kind)
    draws = np.random.default_rng((kind.seed, number))
    if kind.what == "words":
        sizes, follow = kind.function.split()
        whole, truth = _words(WORDS[sizes], follow, draws)
    elif kind.what == "steps":
        whole, truth = _steps(kind.function, draws)
    else:
        whole, truth = _both(kind.function, draws)
    true = truth(whole)
    y = true + NOISE * true.std() * draws.normal(size=len(true))
    worse = np.flatnonzero(y <= np.quantile(y, WORSE))
    seen = np.sort(draws.permutation(worse)[: SEEN[kind.what]])
    frame, scores = take(whole, seen), y[seen]
    if kind.what == "both":
        pool = made_pool(frame, scores, draws, None)
    else:
        unseen = np.setdiff1d(np.arange(len(y)), seen)
        known = [np.isin(v[unseen], list(set(frame[name]))) for name, v in whole.items()]
        pool = take(whole, unseen[np.all(known, axis=0)])
    return Case(frame, scores, "score", False, pool, truth, true[seen][np.argsort(-scores)])


def _names(column: int, size: int) -> list[str]:
    return [f"{'abcd'[column]}{level}" for level in range(size)]


def _codes(frame: Mapping[str, np.ndarray], sizes: tuple[int, ...]) -> list[np.ndarray]:
    """Numbers of the levels of columns of words, (n,) each."""
    known = [{w: i for i, w in enumerate(_names(c, size))} for c, size in enumerate(sizes)]
    return [np.array([own[w] for w in frame[f"word{c}"]]) for c, own in enumerate(known)]


def _words(sizes: tuple[int, ...], follow: str, draws: np.random.Generator) -> tuple[Frame, Truth]:
    hidden = [draws.normal(size=(size, 3)) for size in sizes]
    alone = [0.6 * h @ draws.normal(size=3) for h in hidden]
    pairs = {
        p: 0.25 * draws.normal(size=(3, 3)) for p in itertools.combinations(range(len(sizes)), 2)
    }
    every = np.array([*itertools.product(*map(range, sizes))])

    def value(codes: list[np.ndarray]) -> np.ndarray:
        own = np.sum([a[c] for a, c in zip(alone, codes, strict=True)], axis=0)
        for (i, j), mixed in pairs.items():
            own = own + ((hidden[i][codes[i]] @ mixed) * hidden[j][codes[j]]).sum(1)
        return own

    plain = value([*every.T])
    middle, spread = plain.mean(), plain.std()

    def truth(frame: Mapping[str, np.ndarray]) -> np.ndarray:
        z = (value(_codes(frame, sizes)) - middle) / spread
        if follow == "yield":
            return 100 / (1 + np.exp(0.8 - 1.3 * z))
        return z if follow == "plain" else 100 * np.clip((z + 0.3) / 3, 0, 1)

    names = [np.array(_names(c, size), dtype=object) for c, size in enumerate(sizes)]
    return {f"word{c}": own[every[:, c]] for c, own in enumerate(names)}, truth


def _steps(function: str, draws: np.random.Generator) -> tuple[Frame, Truth]:
    own = truth_of(function, len(STEPS), draws)
    every = np.array([*itertools.product(*(np.linspace(0, 1, n).round(3) for n in STEPS))])
    names = [f"x{i}" for i in range(len(STEPS))]

    def truth(frame: Mapping[str, np.ndarray]) -> np.ndarray:
        return own(numbers_of(frame, names))

    return dict(zip(names, every.T, strict=True)), truth


def _both(function: str, draws: np.random.Generator) -> tuple[Frame, Truth]:
    own = truth_of(function, NUMBERS, draws)
    spread = own(draws.uniform(size=(20_000, NUMBERS))).std()
    worth = [0.5 * spread * draws.normal(size=size) for size in BESIDE]
    names = [f"x{i}" for i in range(NUMBERS)]
    moved = [0.12 * draws.normal(size=(size, NUMBERS)) for size in BESIDE]

    def truth(frame: Mapping[str, np.ndarray]) -> np.ndarray:
        x = numbers_of(frame, names)
        codes = _codes(frame, BESIDE)
        for shift, code in zip(moved, codes, strict=True):
            x = x + shift[code]
        return own(np.clip(x, 0, 1)) + np.sum(
            [w[c] for w, c in zip(worth, codes, strict=True)], axis=0
        )

    n = 400
    whole: Frame = {name: draws.uniform(size=n).round(3) for name in names}
    for c, size in enumerate(BESIDE):
        whole[f"word{c}"] = np.array(_names(c, size), dtype=object)[draws.integers(size, size=n)]
    return whole, truth
