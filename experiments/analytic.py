"""Two tables whose true function is a formula: ``python -m experiments.analytic [METHOD ...]``.

A concave quadratic of six numbers, and eight letters whose scores add up. Of 2,000 random designs
the worse half is the table; every method proposes 128 designs and is judged by the formula, beside
the best row of the table, random designs, and the best rows with one place drawn anew.

``out=FOLDER`` keeps a line for each method and seed in analytic-runs.csv, does not run again what
stands there with the same revisions, and writes the table as analytic.md, .csv and .tex; ``seeds=``
(0,1,2) names the seeds that are averaged.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

import torchbdi
from torchbdi import InputError, OfflineData
from torchbdi.kernels.files import adding_to, write_csv
from torchbdi.methods import registry
from torchbdi.methods.base import Run

from .paper.render import Table, markdown, write_table
from .runs.csv_lines import checked_lines
from .runs.scores import score_statistics
from .runs.words import run_command, seed_words, split_words
from .runs.yardsticks import POOL, changed_places, drawn, spread
from .tasks._landscapes import Landscape, landscapes

DESIGNS = 128
SEEDS = (0, 1, 2)
METHODS = (
    "bdi", "bdi_search", "kernel_search", "ntk_ascent", "bo_qei", "cma_es", "reinforce", "cbas",
    "autofocused_cbas", "min_small", "grad_small", "coms_small", "roma", "nemo", "ram_small",
)  # fmt: skip
COLUMNS = ("landscape", "method", "revision", "floor", "seed", "best", "median", "minutes")
AVERAGED = (
    "landscape", "method", "seeds", "best", "best_std", "median", "median_std", "minutes",
)  # fmt: skip
BEST_ROW, RANDOM, CHANGED = "the best row", "random designs", "the best rows, one place anew"


def yardsticks(landscape: Landscape, data: OfflineData) -> dict[str, tuple[float, float]]:
    """Best and median of what nobody has thought about, by name; means over many sets."""
    space, rng = data.space, np.random.default_rng(0)
    random = space.decode(space.sample(POOL, torch.Generator().manual_seed(1)))
    rows = space.decode(data.x)
    best = rows[data.best(DESIGNS).numpy()]
    sets = [changed_places(space, best, 1, rows, rng) for _ in range(50)]
    changed = spread([score_statistics(landscape.score(s)) for s in sets])
    told = {
        BEST_ROW: {"best": (float(landscape.score(best).max()), 0.0)},
        RANDOM: drawn(landscape.score(random), DESIGNS),
        CHANGED: changed,
    }
    return {k: (v["best"][0], v.get("median", v["best"])[0]) for k, v in told.items()}


def propose(landscape: Landscape, data: OfflineData, name: str, seed: int) -> dict[str, str]:
    """A method's line of the file."""
    method, start = registry.method(name), time.perf_counter()
    found = method.solve(data, DESIGNS, Run(seed=seed))
    minutes = (time.perf_counter() - start) / 60
    told = score_statistics(landscape.score(data.space.decode(found.x)))
    return {
        **_key(landscape.name, name, seed),
        "best": f"{told['best']:.4f}",
        "median": f"{told['median']:.4f}",
        "minutes": f"{minutes:.1f}",
    }


def table(lines: Sequence[Mapping[str, str]], seeds: Sequence[int]) -> Table:
    """The yardsticks and the lines of some seeds, averaged, with what a method is not ahead of."""
    rows, records = [], []
    for name, landscape in landscapes().items():
        chance = yardsticks(landscape, landscape.table())
        for other, given in chance.items():
            rows.append([name, other, f"{given[0]:.2f}", f"{given[1]:.2f}", "", ""])
            record = (name, other, "", given[0], "", given[1], "", "")
            records.append(dict(zip(AVERAGED, record, strict=True)))
        mine = [line for line in lines if line["landscape"] == name and int(line["seed"]) in seeds]
        for method in _ordered({line["method"] for line in mine}):
            own = [line for line in mine if line["method"] == method]
            best, median, minutes = (_moments(own, column) for column in COLUMNS[-3:])
            behind = [f"{k} (best)" for k, told in chance.items() if best[0] <= told[0]]
            behind += [f"{k} (median)" for k, told in chance.items() if median[0] <= told[1]]
            fewer = f" (of {len(own)} of {len(seeds)} seeds)" if len(own) < len(seeds) else ""
            figures = [_figure(*best) + fewer, _figure(*median) + fewer]
            rows.append([name, method, *figures, "; ".join(behind), f"{minutes[0]:.1f}"])
            full = (name, method, len(own), *best, *median, minutes[0])
            records.append(dict(zip(AVERAGED, full, strict=True)))
    return Table(
        "analytic",
        f"Two tables whose true function is a formula, {DESIGNS} designs",
        ["table", "designs of", "best", "median", "not ahead of", "minutes"],
        rows,
        [
            "`python -m experiments.analytic out=docs/results` makes it.",
            f"a ± b: mean and sample standard deviation over the seeds "
            f"{', '.join(map(str, seeds))}; a alone: they are the same.",
            "The best row's median is its own score.",
        ],
        records,
    )


def _ordered(methods: Collection[str]) -> list[str]:
    """Those of :data:`METHODS` as they stand there, then the others by name."""
    return [*(m for m in METHODS if m in methods), *sorted(set(methods) - set(METHODS))]


def _moments(lines: Sequence[Mapping[str, str]], column: str) -> tuple[float, float]:
    """Mean and sample standard deviation of a column; the latter is 0 of one line."""
    values = np.array([float(line[column]) for line in lines])
    return float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else 0.0


def _figure(mean: float, spread: float) -> str:
    return f"{mean:.2f} ± {spread:.2f}" if spread >= 0.005 else f"{mean:.2f}"


def _key(landscape: str, method: str, seed: int) -> dict[str, str]:
    revision = type(registry.method(method)).revision
    values = (landscape, method, revision, torchbdi.REVISION, seed)
    return dict(zip(COLUMNS, map(str, values), strict=False))


def _read(path: Path) -> list[dict[str, str]]:
    """The lines that are there, of methods as they are now.

    Raises:
        InputError: it is none of ours, or damaged.
    """
    if not path.exists():
        return []
    known = registry.names()
    with checked_lines(
        path,
        lambda error: (
            f"{path}: not a file of lines as this command writes them ({error!r}). Move "
            "it away, or name another folder."
        ),
    ) as lines:
        mine = [line for line in lines if line["method"] in known]
        keys = [_key(line["landscape"], line["method"], int(line["seed"])) for line in mine]
        kept = [line for key, line in zip(keys, mine, strict=True) if key.items() <= line.items()]
        numbers = [[float(line[column]) for column in COLUMNS[-3:]] for line in kept]
        if not np.isfinite(numbers).all():
            raise ValueError("a number that is none")
    return kept


def main(words: Sequence[str]) -> None:
    """The command line.

    Raises:
        InputError: a word is wrong.
    """
    names, values, rest = split_words(words, registry.names(), ("out", "seeds"))
    if rest:
        raise InputError(f"{rest[0]}: not known here. Valid: methods, out=FOLDER, seeds=0,1,2.")
    seeds = seed_words(values) or SEEDS
    out = Path(values["out"]) if "out" in values else None
    lines = _read(out / "analytic-runs.csv") if out else []
    if out:
        out.mkdir(parents=True, exist_ok=True)
    wanted = [
        (one, name, seed)
        for one in landscapes().values()
        for name in names or METHODS
        for seed in seeds
    ]
    for landscape, name, seed in tqdm(wanted, desc="methods"):
        key = _key(landscape.name, name, seed)
        if any(key.items() <= line.items() for line in lines):
            continue
        made = propose(landscape, landscape.table(), name, seed)
        if out is None:
            lines.append(made)
            continue
        file = out / "analytic-runs.csv"
        with adding_to(file):
            lines = [line for line in _read(file) if not key.items() <= line.items()] + [made]
            write_csv(file, COLUMNS, [[line[column] for column in COLUMNS] for line in lines])
    shown = table(lines, seeds)
    if out:
        write_table(out, shown)
    print(markdown(shown))


if __name__ == "__main__":
    run_command(main, __doc__)
