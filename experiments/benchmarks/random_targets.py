"""The kernels that ``kernel_search`` chooses, against fixed ones, on binding tasks of our own.

RNA-Binding has three targets, and nothing may be tuned on them. Here 20 others are drawn: 100
letters at random, with 40 to 70 % of G and C. A table has up to 2,500 sequences of 14 letters out
of the 4 % of 60,000 random ones that bind worst, as the tables of the task have only bad binders.
Scores are those of 128 designs of a beam, in standard deviations of the random sequences' scores
above their mean. ViennaRNA computes them; a table takes a minute on one core.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from tqdm import tqdm

from torchbdi import OfflineData, Space
from torchbdi.committee import Committee, Fitted
from torchbdi.methods.kernel_search import KernelSearch
from torchbdi.search import Objective, SearchOptions, maximise
from torchbdi.selection import Model

from ..data.rna import LENGTH, RNA_LETTERS
from ..tasks._rna import duplex
from . import Options

TARGETS, TARGET_LETTERS, DRAWN, ROWS, WORST, DESIGNS = 20, 100, 60_000, 2500, 0.04, 128
# Kernel, depth, constant and ridge; the last one is the paper's.
FIXED = (
    Model("ntk", 1, 1.0, 1e-6),
    Model("nngp", 2, 1.0, 1e-6),
    Model("nngp", 2, 1.0, 0.1),
    Model("ntk", 2, 1.0, 0.1),
    Model("ntk", 3, 0.0, 1e-6),
    Model("nngp", 3, 0.0, 0.1),
    Model("nngp", 6, 0.0, 0.1),
    Model("ntk", 6, 0.0, 1e-6),
)
BEAM = SearchOptions(width=DESIGNS, rounds=30, pairs=0, restarts=0)


def run(options: Options) -> dict[str, Any]:
    """A row a target and way, and the means over the targets."""
    rows: list[dict[str, Any]] = []
    for number in range(1 if options.small else TARGETS):
        rows += of_target(number, 2000 if options.small else DRAWN)
        options.keep({"targets": rows})
    ways = {row["way"]: [r for r in rows if r["way"] == row["way"]] for row in rows}
    means = [
        {"way": way, **{k: float(np.mean([r[k] for r in own])) for k in ("median", "best")}}
        for way, own in ways.items()
    ]
    return {"rows": sorted(means, key=lambda row: -row["median"]), "targets": rows}


def of_target(number: int, drawn: int) -> list[dict[str, Any]]:
    """Every way on the table of one target.

    Args:
        number: of the target, which is the seed of its draws.
        drawn: how many sequences are drawn for its table.
    """
    draw, energy = np.random.default_rng(1000 + number), duplex()
    share = (0.4, 0.5, 0.6, 0.7)[number % 4] / 2
    shares = [0.5 - share, share, share, 0.5 - share]
    target = "".join(draw.choice(list("ACGU"), TARGET_LETTERS, p=shares))

    def score(codes: Iterable[Sequence[int]]) -> np.ndarray:
        texts = ("".join(RNA_LETTERS[i] for i in row) for row in codes)
        return np.array([-energy(target, text) for text in texts])

    codes = np.unique(draw.integers(4, size=(drawn, LENGTH)), axis=0)
    draw.shuffle(codes)
    bar = tqdm(codes.astype(int), desc=f"target {number + 1}")
    all_scores = score(bar)
    seen = np.flatnonzero(all_scores <= np.quantile(all_scores, WORST))[:ROWS]
    data = OfflineData.from_raw(codes[seen], all_scores[seen], Space.sequence(LENGTH, RNA_LETTERS))
    own, space = KernelSearch(), data.space
    chosen = Fitted.of(own.choose(data.x, data.y), own.ridges, data.x, data.y)
    ways: dict[str, Objective] = {
        "chosen, prediction": chosen.mean(),
        "chosen, loss": chosen.loss(own.target, space.alpha),
    }
    for model in FIXED:
        fitted = Fitted.of([model], lambda m: (m.ridge,), data.x, data.y)
        ways[
            f"{model.kernel} {model.depth}, constant {model.constant:g}, ridge {model.ridge:g}"
        ] = fitted.mean()
    # The last one fitted is the paper's.
    ways["the paper's model, loss"] = fitted.loss(own.target, space.alpha)
    ways["chosen and the paper's, averaged"] = Committee([chosen.mean(), fitted.mean()])
    rows = []
    for way, objective in ways.items():
        found = maximise(objective, space, DESIGNS, starts=data.x[data.best(DESIGNS)], options=BEAM)
        above = (score(space.decode(found.x).astype(int)) - all_scores.mean()) / all_scores.std()
        rows.append(
            {
                "target": number + 1,
                "way": way,
                "median": float(np.median(above)),
                "best": float(above.max()),
            }
        )
    return rows
