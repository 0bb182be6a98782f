"""Results of many runs, read from their results.csv files and grouped without mixing."""

from __future__ import annotations

import csv
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torchbdi import InputError
from torchbdi.methods import registry

from ..tasks.registry import task_names
from .identity import Identity
from .lines import identity_in, neutral_title
from .older import converted, is_older
from .settings import name_of, own_settings
from .whole import check_line, read_lines

NEEDED = (
    "task", "task_revision", "title", "data_source", "source", "oracle_source", "method",
    "method_file", "method_revision", "revision", "seed", "designs", "rows", "dimensions",
    "settings", "best_after_raw", "median_after_raw", "version",
)  # fmt: skip
# What a cell that is none of a run's may raise.
WRONG = (
    ValueError, KeyError, TypeError, AttributeError, ArithmeticError, MemoryError, RecursionError
)  # fmt: skip
SCORE = re.compile("_(before|after|along|of_data)_(raw|normalised)$")  # not of facts
USUAL_DESIGNS = 128  # as the paper has


@dataclass(frozen=True, order=True)
class Problem:
    """What runs must share to stand in one column: the same rows and the same true function.

    Attributes:
        task: the task's name.
        title: of the table.
        data_source: "original", "regenerated" or "own".
        oracle_source: "original", "retrained" or "regenerated".
        rows: of the table.
        key: the task's part of the runs' identity, as text.
    """

    task: str
    title: str
    data_source: str
    oracle_source: str
    rows: int
    key: str


@dataclass(frozen=True)
class Run:
    """One line of a results.csv.

    Attributes:
        identity: of the run.
        problem: what was solved.
        method: the name of the preset or file whose settings these are; where there is none, the
            name that was typed. With the revision, where that is not the one of now.
        changes: settings that are not the method's own for this task, as ``name=value``, sorted.
        values: every number of the line.
        path: the results.csv.
        line: the whole line, in the columns of now.
    """

    identity: Identity
    problem: Problem
    method: str
    changes: tuple[str, ...]
    values: Mapping[str, float]
    path: Path
    line: Mapping[str, str]

    @property
    def seed(self) -> int:
        """The run's seed."""
        return self.identity.seed

    @property
    def settings(self) -> Mapping[str, Any]:
        """The method's settings."""
        settings: Mapping[str, Any] = self.identity.now["settings"]
        return settings

    @property
    def version(self) -> str:
        """The version of the package that made it, which decides nothing."""
        return self.line["version"]


def read_runs(paths: Iterable[Path], leave_out: Callable[[str], None] | None = None) -> list[Run]:
    """Reads all runs under some folders, or of some CSV files.

    A run done twice counts once: the later folder wins, which is told where its best score is
    another one. Runs of a task or method whose file is not there any more are named and left out.

    Args:
        paths: folders that are searched for results.csv, or CSV files of such lines.
        leave_out: is told of a file or line that is damaged, and the others are read; None raises.

    Returns:
        The runs, in the order of their paths.

    Raises:
        InputError: a path does not exist, or a line is none of a run; the file is named.
    """
    found: dict[str, Run] = {}
    for root in paths:
        if not root.exists():
            raise InputError(f"runs={root}: there is no such file or folder.")
        for path in _tables(root) if root.is_dir() else [root]:
            for run in _read(path, leave_out or _refused):
                before = found.get(run.identity.text, run)
                if before.values["best_after_raw"] != run.values["best_after_raw"]:
                    print(f"{before.path}: done again with another score: {run.path} counts.",
                          file=sys.stderr)  # fmt: skip
                found[run.identity.text] = run
    return list(found.values())


def left_out(text: str) -> None:
    """Says on the standard error what is left out."""
    print(f"left out: {text}", file=sys.stderr, flush=True)


def _refused(text: str) -> None:
    raise InputError(text)


def _read(path: Path, refuse: Callable[[str], None]) -> Iterator[Run]:
    """The runs of one file."""
    about = f"{path}: not a results.csv of a run; "
    try:
        lines = read_lines(path)
    except InputError as error:
        refuse(str(error))
        return
    except (csv.Error, ValueError) as error:
        refuse(f"{about}{error}")
        return
    if lines and not set(NEEDED) & set(lines[0]):  # told once, not of each of its lines
        refuse(f"{about}none of its columns is that of a run's results.")
        return
    for number, line in enumerate(lines, 2):
        try:
            check_line(line)
            run = _parse(line, path)
        except WRONG as error:
            place = f" (line {number})" if len(lines) > 1 else ""
            refuse(f"{about}{error or type(error).__name__}{place}")
        else:
            if run is not None:
                yield run


def _tables(root: Path) -> list[Path]:
    """Every results.csv under a folder, through links too; that of a finished run may be lost.

    A folder that is reached in several ways, as by a link to one above it, is looked at once.
    """
    found: list[Path] = []
    seen: set[str] = set()
    for name, folders, files in os.walk(root, followlinks=True):
        own = os.path.realpath(name)
        if own in seen:
            folders.clear()
            continue
        seen.add(own)
        folders.sort()
        if "results.csv" in files or {"metrics.json", "config.yaml"} <= set(files):
            found.append(Path(name, "results.csv"))
    return sorted(found)


def _parse(line: Mapping[str, str], path: Path) -> Run | None:
    if is_older(line):
        line = converted(line)
    missing = [name for name in NEEDED if not line.get(name)]
    if missing:
        raise InputError(f"no {', '.join(missing)}.")
    values = {k: v for k, text in line.items() if (v := _number(text)) is not None}
    for name, text in line.items():
        if text and SCORE.search(str(name)) and not math.isfinite(values.get(name, math.nan)):
            raise InputError(f"its {name} is {text!r}, which is no finite number.")
    identity = identity_in(line)
    task, rows, dimensions = identity.task, int(line["rows"]), int(line["dimensions"])
    for what, name, known in (
        ("task", task, task_names),
        ("method", identity.method, registry.file_names),
    ):
        if name not in known():
            print(f"{path}: left out, there is no {what} {name!r}.", file=sys.stderr)
            return None
    title = neutral_title(line["title"], identity.seed)
    sources = line["data_source"], line["oracle_source"]
    problem = Problem(task, title, *sources, rows, identity.problem)
    settings = identity.now["settings"]
    named = name_of(task, identity.method, settings, rows, dimensions) or line["method"]
    own = own_settings(task, named, rows, dimensions)
    if identity.method_revision != registry.class_of(identity.method).revision:
        named += f", revision {identity.method_revision}"
    changes = [f"{k}={_word(v)}" for k, v in settings.items() if k not in own or own[k] != v]
    if identity.designs != USUAL_DESIGNS:
        changes.append(f"designs={identity.designs}")
    return Run(identity, problem, named, tuple(sorted(changes)), values, path, dict(line))


def _word(value: object) -> str:
    return "null" if value is None else str(value)


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def unchanged(runs: Iterable[Run]) -> list[Run]:
    """The runs with their method's own settings: those that Tables 1 to 3 are made of."""
    return [run for run in runs if not run.changes]


def swept(runs: Iterable[Run], name: str) -> list[Run]:
    """The runs of BDI in which nothing but one setting is changed, if anything."""
    return [
        run
        for run in runs
        if run.method == "bdi" and all(change.startswith(f"{name}=") for change in run.changes)
    ]
