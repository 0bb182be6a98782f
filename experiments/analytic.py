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
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

import torchbdi
from torchbdi import InputError, OfflineData
from torchbdi.kernels.files import write_csv
from torchbdi.methods import registry
from torchbdi.methods.base import Run
from torchbdi.space import Number, Space

from .paper.render import Table, markdown, write_table
from .runs.csv_lines import checked_lines
from .runs.scores import score_statistics
from .runs.words import run_command, seed_words, split_words
from .runs.yardsticks import POOL, changed_columns, changed_letters, drawn, spread

DESIGNS, SEEN = 128, 1000
SEEDS = (0, 1, 2)
METHODS = (
    "bdi", "bdi_search", "kernel_search", "ntk_ascent", "bo_qei", "cma_es", "reinforce", "cbas",
    "autofocused_cbas", "min_small", "grad_small", "coms_small", "roma", "nemo", "ram_small",
)  # fmt: skip
COLUMNS = ("landscape", "method", "revision", "floor", "seed", "best", "median", "minutes")
AVERAGED = (
    "landscape", "method", "seeds", "best", "best_std", "median", "median_std", "minutes",
)  # fmt: skip
CENTRE = (0.9, -0.6, 0.3, -1.2, 0.0, 0.7)  # of the quadratic, in a box of 2 to each side
BEST_ROW, RANDOM, CHANGED = "the best row", "random designs", "the best rows, one place anew"


@dataclass(frozen=True)
class Landscape:
    """A table and the formula that it was made by.

    Attributes:
        name: of the formula.
        space: of the designs.
        weights: what each letter at each place is worth, (8, 4); None for the quadratic.
    """

    name: str
    space: Space
    weights: np.ndarray | None = None

    def score(self, raw: np.ndarray) -> np.ndarray:
        """True scores of raw designs (n, C), (n,)."""
        if self.weights is None:
            return -((raw - CENTRE) ** 2).sum(1)
        return self.weights[np.arange(len(self.weights)), raw.astype(int)].sum(1)

    def table(self) -> OfflineData:
        """The worse half of 2,000 random designs."""
        fitted = self.space.fit(np.stack([self._corner(0), self._corner(1)]))
        raw = fitted.decode(fitted.sample(2 * SEEN, torch.Generator().manual_seed(0)))
        y = self.score(raw)
        seen = np.sort(np.argsort(y, kind="stable")[:SEEN])
        return OfflineData.from_raw(raw[seen], y[seen], self.space)

    def _corner(self, side: int) -> np.ndarray:
        return np.full(len(self.space.columns), side if self.weights is not None else 4 * side - 2)

    def yardsticks(self, data: OfflineData) -> dict[str, tuple[float, float]]:
        """Best and median of what nobody has thought about, by name; means over many sets."""
        space, rng = data.space, np.random.default_rng(0)
        random = space.decode(space.sample(POOL, torch.Generator().manual_seed(1)))
        rows = space.decode(data.x)
        best = rows[data.best(DESIGNS).numpy()]
        if self.weights is None:
            sets = [changed_columns(best, 1, rows, rng) for _ in range(50)]
        else:
            sets = [changed_letters(best, 1, self.weights.shape[1], rng) for _ in range(50)]
        changed = spread([score_statistics(self.score(s)) for s in sets])
        told = {
            BEST_ROW: {"best": (float(self.score(best).max()), 0.0)},
            RANDOM: drawn(self.score(random), DESIGNS),
            CHANGED: changed,
        }
        return {k: (v["best"][0], v.get("median", v["best"])[0]) for k, v in told.items()}


def landscapes() -> dict[str, Landscape]:
    """Both, by name."""
    weights = np.random.default_rng(0).standard_normal((8, 4))
    box = tuple(Number(f"x{i}", low=-2.0, high=2.0) for i in range(len(CENTRE)))
    both = (
        Landscape("quadratic", Space(box)),
        Landscape("letters", Space.sequence(len(weights), "ACGT"), weights),
    )
    return {one.name: one for one in both}


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
        yardsticks = landscape.yardsticks(landscape.table())
        for other, given in yardsticks.items():
            rows.append([name, other, f"{given[0]:.2f}", f"{given[1]:.2f}", "", ""])
            record = (name, other, "", given[0], "", given[1], "", "")
            records.append(dict(zip(AVERAGED, record, strict=True)))
        mine = [line for line in lines if line["landscape"] == name and int(line["seed"]) in seeds]
        for method in _ordered({line["method"] for line in mine}):
            own = [line for line in mine if line["method"] == method]
            best, median, minutes = (_moments(own, column) for column in COLUMNS[-3:])
            behind = [f"{k} (best)" for k, told in yardsticks.items() if best[0] <= told[0]]
            behind += [f"{k} (median)" for k, told in yardsticks.items() if median[0] <= told[1]]
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
        lines.append(propose(landscape, landscape.table(), name, seed))
        if out:
            rows = [[line[column] for column in COLUMNS] for line in lines]
            write_csv(out / "analytic-runs.csv", COLUMNS, rows)
    made = table(lines, seeds)
    if out:
        write_table(out, made)
    print(markdown(made))


if __name__ == "__main__":
    run_command(main, __doc__)
