"""Results of many runs, read from their results.csv files and grouped without mixing."""

from __future__ import annotations

import csv
import os
import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from torchbdi import InputError

from .settings import own_settings

# Runs of one cell that agree in all of these are one computation, whatever their seeds.
FINGERPRINT = ("best_after_raw", "median_after_raw", "loss_total")
NEEDED = (
    "task", "title", "data_source", "oracle_source", "rows", "version", "method", "seed",
    *FINGERPRINT,
)  # fmt: skip


@dataclass(frozen=True, order=True)
class Problem:
    """What runs must share to stand in one cell: the same data, true function and version."""

    task: str
    title: str
    data_source: str
    oracle_source: str
    rows: int
    version: str


@dataclass(frozen=True)
class Run:
    """One line of a results.csv.

    Attributes:
        problem: what was solved.
        method: the method's name.
        seed: the run's seed.
        settings: the method's settings as written.
        changes: those that are not the method's own for this task, as ``name=value``, sorted.
        values: every other number of the line.
        path: the results.csv.
        line: the whole line.
    """

    problem: Problem
    method: str
    seed: int
    settings: Mapping[str, str]
    changes: tuple[str, ...]
    values: Mapping[str, float]
    path: Path
    line: Mapping[str, str]


@dataclass(frozen=True)
class Cell:
    """One number over seeds.

    Attributes:
        values: one a seed, in the order of the seeds.
        deterministic: whether the runs are the same computation (two seeds or more agree to six
            digits in best, median and final loss).
    """

    values: tuple[float, ...]
    deterministic: bool

    @property
    def mean(self) -> float:
        """Mean over seeds."""
        return statistics.fmean(self.values)

    @property
    def std(self) -> float:
        """Sample standard deviation (n - 1) over seeds; nan for one seed."""
        return statistics.stdev(self.values) if len(self.values) > 1 else float("nan")

    @property
    def standard_error(self) -> float:
        """std / sqrt(n); nan for one seed."""
        return self.std / len(self.values) ** 0.5


def neutral_title(title: str, seed: int) -> str:
    """A title without its seed: tables regenerated with different seeds are one problem."""
    return re.sub(rf"(?<![\w.,-]){seed}(?![\w.-]|,\d)", "(one a seed)", title)


def read_runs(paths: Iterable[Path]) -> list[Run]:
    """Reads all runs under some folders, or of some CSV files.

    A run done twice (same problem, method, settings and seed) counts once: the later folder wins.

    Args:
        paths: folders that are searched for results.csv, or CSV files of such lines.

    Returns:
        The runs, in the order of their paths.

    Raises:
        InputError: a path does not exist or a line lacks a column.
    """
    found: dict[object, Run] = {}
    for root in paths:
        if not root.exists():
            raise InputError(f"runs={root}: there is no such file or folder.")
        for path in _tables(root) if root.is_dir() else [root]:
            with path.open(newline="", encoding="utf-8") as file:
                for line in csv.DictReader(file):
                    run = _parse(line, path)
                    found[run.problem, run.method, run.changes, run.seed] = run
    return list(found.values())


def _tables(root: Path) -> list[Path]:
    """Every results.csv under a folder, through links to folders too."""
    folders = os.walk(root, followlinks=True)
    return sorted(Path(name, "results.csv") for name, _, files in folders if "results.csv" in files)


def _parse(line: Mapping[str, str], path: Path) -> Run:
    missing = [name for name in NEEDED if not line.get(name)]
    if missing:
        raise InputError(f"{path}: not a results.csv of a run; no {', '.join(missing)}.")
    try:
        seed, rows = int(line["seed"]), int(line["rows"])
    except ValueError as error:
        raise InputError(f"{path}: not a results.csv of a run; seed or rows: {error}.") from error
    task, method, title = line["task"], line["method"], neutral_title(line["title"], seed)
    solved = Problem(task, title, line["data_source"], line["oracle_source"], rows, line["version"])
    own = own_settings(task, method)
    settings = {name: line.get(name) or "" for name in own}
    changes = tuple(
        sorted(f"{name}={settings[name]}" for name in own if not _same(settings[name], own[name]))
    )
    values = {k: v for k, text in line.items() if (v := _number(text)) is not None}
    return Run(solved, method, seed, settings, changes, values, path, dict(line))


def _same(text: str, own: object) -> bool:
    number = _number(text)
    if isinstance(own, int | float) and not isinstance(own, bool) and number is not None:
        return number == float(own)
    return text == ("" if own is None else str(own))


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def unchanged(runs: Iterable[Run]) -> list[Run]:
    """The runs with their method's own settings: those that Tables 1 to 3 are made of."""
    return [run for run in runs if not run.changes]


def swept(runs: Iterable[Run], name: str, method: str = "bdi") -> list[Run]:
    """The runs of a method in which nothing but one setting is changed, if anything."""
    return [
        run
        for run in runs
        if run.method == method and all(change.startswith(f"{name}=") for change in run.changes)
    ]


def cell(runs: Sequence[Run], statistic: str) -> Cell:
    """One number of several runs that differ in their seed only.

    Args:
        runs: runs of one problem, method and set of settings.
        statistic: a column of results.csv.

    Raises:
        InputError: the runs do not belong in one cell, or one lacks the number.
    """
    if len({(run.problem, run.method, run.changes) for run in runs}) != 1:
        raise InputError("runs of different data, versions or settings do not go into one cell.")
    runs = sorted(runs, key=lambda run: run.seed)
    for run in runs:
        if statistic not in run.values:
            raise InputError(f"{run.path}: it has no {statistic}.")
    return Cell(tuple(run.values[statistic] for run in runs), same_computation(runs))


def same_computation(runs: Sequence[Run]) -> bool:
    """Whether two runs or more agree to six digits in best, median and final loss."""
    columns = ([run.values[name] for run in runs] for name in FINGERPRINT)
    return len(runs) > 1 and all(
        max(values) - min(values) <= 1e-6 * max(abs(v) for v in values) for values in columns
    )
