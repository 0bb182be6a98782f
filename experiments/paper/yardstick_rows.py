"""Yardsticks as lines of a file, as a table of their own, and as rows of the paper's tables."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from ..runs.csv_lines import checked_lines
from ..runs.pools import YARDSTICKS, Pool
from ..runs.results import Problem
from ..runs.scores import LABELS
from .cells import told_apart

KEPT = Path(__file__).parents[2] / "docs" / "results" / "yardsticks.csv"
COLUMNS = ("task", "title", "yardstick", "statistic", "mean", "std", "designs", "problem")
Lines = Iterable[Mapping[str, str]]


def lines_of(pool: Pool) -> list[dict[str, str]]:
    """A line for every yardstick and statistic of a pool; numbers with six digits.

    There is none of designs that are not in the table where too few of the pool are: of a small
    space the table may have nearly all.
    """
    enough = np.count_nonzero(~pool.known) >= len(pool.best_rows)
    return [
        {
            "task": pool.task,
            "title": pool.title,
            "yardstick": yardstick,
            "statistic": statistic,
            "mean": f"{mean:.6f}",
            "std": f"{std:.6f}",
            "designs": str(len(pool.best_rows)),
            "problem": pool.problem,
        }
        for yardstick in YARDSTICKS
        if enough or yardstick != "random_new"
        for statistic, (mean, std) in pool.told(yardstick).items()
    ]


@functools.cache
def kept_lines() -> tuple[Mapping[str, str], ...]:
    """The lines that come with the code; none where the file is not there."""
    return tuple(read_yardsticks(KEPT))


def read_yardsticks(path: Path) -> list[dict[str, str]]:
    """The lines of a file of yardsticks; none where it is not there.

    Raises:
        InputError: it is none, or damaged.
    """
    if not path.is_file():
        return []
    with checked_lines(
        path,
        lambda error: (
            f"{path}: not a file of yardsticks ({error!r}). Move it away, and make it "
            "again: python -m experiments.yardsticks TASK ... out=FOLDER."
        ),
    ) as lines:
        keys = [
            tuple(line[name] for name in ("problem", "yardstick", "statistic")) for line in lines
        ]
        numbers = [float(line[name]) for line in lines for name in ("mean", "std", "designs")]
        if len(set(keys)) < len(keys) or any(set(line) != set(COLUMNS) for line in lines):
            raise ValueError("a line stands there twice, or has other columns")
        if not all(map(math.isfinite, numbers)):
            raise ValueError("a number that is none")
    return lines


def yardstick_rows(
    problems: Sequence[Problem], statistic: str, lines: Lines | None = None
) -> list[list[str]]:
    """Rows for a table with a column a problem: the yardstick's name, then a number each.

    Args:
        problems: the columns.
        statistic: "best", "median" or another of the scores' labels.
        lines: of yardsticks; None for those that come with the code.

    Returns:
        A row for every yardstick that is known for a problem; "not measured" elsewhere.
    """
    known = {
        (line["problem"], line["yardstick"]): line
        for line in (kept_lines() if lines is None else lines)
        if line["statistic"] == statistic
    }
    rows = []
    for yardstick, label in YARDSTICKS.items():
        found = [known.get((problem.key, yardstick)) for problem in problems]
        if any(found):
            rows.append([label, *(_number(line) if line else "not measured" for line in found)])
    return rows


def yardstick_table(lines: Lines) -> str:
    """All yardsticks as markdown: a table a problem, a row a yardstick, a column a statistic."""
    by_problem: dict[str, dict[str, dict[str, Mapping[str, str]]]] = {}
    named: dict[str, tuple[str, str, str]] = {}
    for line in lines:
        key = line["problem"]
        named[key] = line["task"], line["title"], line["designs"]
        table = by_problem.setdefault(key, {})
        table.setdefault(line["yardstick"], {})[line["statistic"]] = line
    titles = [(task, title) for task, title, _ in named.values()]
    out = []
    for key, table in by_problem.items():
        task, title, designs = named[key]
        if titles.count((task, title)) > 1:
            title += "".join(told_apart(task, key))
        out += [f"**{title}**, {designs} designs, normalised", ""]
        out.append("| | " + " | ".join(LABELS.values()) + " |")
        out.append("|" + "---|" * (1 + len(LABELS)))
        for yardstick, found in table.items():
            cells = (_number(found[name]) if name in found else "" for name in LABELS)
            out.append(f"| {YARDSTICKS[yardstick]} | {' | '.join(cells)} |")
        out.append("")
    return "\n".join(out)


def _number(line: Mapping[str, str]) -> str:
    mean, std = float(line["mean"]), float(line["std"])
    return f"{mean:.3f} ± {std:.3f}" if std else f"{mean:.3f}"
