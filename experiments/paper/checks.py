"""Methods against what others measured on TF Bind 8: does our best and median agree with theirs?

One rule chose the published figures before the runs of eight seeds were made: those of RaM, which
has best and median of its own runs; where it has none, those of BootGen, which has both too.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..runs.results import Problem, Run
from ..runs.spread import Cell, cell
from .cells import SEEDS, STATISTICS, closing_notes, grid, heading, number, record
from .facts import comparable
from .paired import paired
from .printed.read import BOOTGEN, RAM, Number, numbers, other_numbers
from .render import Table

TASK = "tfbind8"
# REINFORCE was published with a gradient that is zero among letters.
AS_PUBLISHED = {"reinforce": ("as_published=True",)}
#: The published rows that our methods are held to: who printed them, and under which name.
HELD_TO = {
    "bo_qei": (RAM, "BO-qEI"),
    "cma_es": (RAM, "CMA-ES"),
    "reinforce": (RAM, "REINFORCE"),
    "cbas": (RAM, "CbAS"),
    "autofocused_cbas": (BOOTGEN, "Auto.CbAS"),
    "grad_db": (RAM, "Grad"),
    "roma": (RAM, "RoMA"),
}
YARDSTICKS = ("random", "best_rows")
DEVIATIONS = 2.0  # combined ones, within which two figures agree
ROUNDING = 5e-4  # of a figure with three digits
NOTES = (
    f"agrees: the means lie within {DEVIATIONS:g} combined standard deviations, "
    "sqrt(theirs² + ours²), and the rounding of three digits.",
    "cannot tell: so does random's or best_rows' mean, by the same rule.",
    "Median less random's: mean difference over the seeds that both have, and its 95% interval.",
    "From the table: share of the 128 designs that are rows of the table.",
    "reinforce is run with method.as_published=true here: python -m experiments.reproduce checks "
    "defects.",
)


@dataclass(frozen=True)
class Checked:
    """One mean against a published one.

    Attributes:
        apart: the difference, ours less theirs.
        allowed: how far apart the two may be.
    """

    apart: float
    allowed: float

    @property
    def agrees(self) -> bool:
        """Whether the two agree."""
        return abs(self.apart) <= self.allowed


def published(method: str, statistic: str) -> Number:
    """The figure that a method is held to.

    Args:
        method: one of :data:`HELD_TO`.
        statistic: "best" or "median".
    """
    paper, name = HELD_TO[method]
    percentile = {"best": 100, "median": 50}[statistic]
    found = [
        n
        for n in (*numbers("ram_table_2"), *other_numbers(paper))
        if (n.paper, n.method, n.task, n.percentile) == (paper, name, TASK, percentile)
    ]
    assert len(found) == 1, f"{len(found)} figures of {name} in {paper}"
    return found[0]


def check(found: Cell, theirs: Number) -> Checked:
    """Our mean over seeds against a published mean with its standard deviation.

    Args:
        found: ours; the deviation of a deterministic one is 0.
        theirs: the published figure.
    """
    ours = 0.0 if found.deterministic else statistics.stdev(found.values)
    combined = math.hypot(ours, float(theirs.spread or 0))
    return Checked(found.mean - theirs.value, DEVIATIONS * combined + ROUNDING)


def enough(found: Cell) -> bool:
    """Whether there are as many seeds as a check needs."""
    return found.deterministic or len(found.values) >= SEEDS


def verdict(found: Cell, theirs: Number, yardsticks: Mapping[str, Cell]) -> str:
    """What a check says, in words.

    Args:
        found: ours.
        theirs: the published figure.
        yardsticks: the same number of random designs and of the best rows.
    """
    if not enough(found):
        return f"not judged: {len(found.values)} of {SEEDS} seeds"
    own = check(found, theirs)
    if not own.agrees:
        return f"outside: {own.apart:+.3f}, allowed ± {own.allowed:.3f}"
    passing = [n for n, c in yardsticks.items() if enough(c) and check(c, theirs).agrees]
    return f"cannot tell: {' and '.join(passing)} too" if passing else "agrees"


def checks_table(runs: Iterable[Run]) -> Table | None:
    """Our best and median on TF Bind 8 beside published ones, with what the comparison is worth.

    Args:
        runs: all runs; those of the settings that :data:`AS_PUBLISHED` names, or of a method's
            own, are taken, where data and true function are the originals. Each problem that they
            make, such as one of another revision, has rows of its own.

    Returns:
        The table, or None where no method of it was run.
    """
    chosen = grid(
        run
        for run in runs
        if run.problem.task == TASK and run.changes == AS_PUBLISHED.get(run.method, ())
    )
    problems = {
        p: methods for p, methods in chosen.items() if _is_published(p) and HELD_TO.keys() & methods
    }
    if not problems:
        return None
    rows, records = [], []
    for problem, methods in problems.items():
        own_rows, own_records = _rows(heading(problem).removeprefix(TASK), methods)
        rows += own_rows
        records += own_records
    header = ["method", "best, published", "ours", "check", "median, published", "ours", "check"]
    header += ["median less random's", "from the table"]
    papers = {
        paper: [m for m in HELD_TO if HELD_TO[m][0] == paper] for paper, _ in HELD_TO.values()
    }
    sources = "; ".join(f"{paper} for {', '.join(names)}" for paper, names in papers.items())
    held = {p: {m: methods[m] for m in HELD_TO if m in methods} for p, methods in problems.items()}
    notes = [*NOTES, f"Published: {sources}.", *closing_notes(held)]
    caption = "Methods against what others measured on TF Bind 8, 128 designs"
    return Table("checks", caption, header, rows, notes, records)


def _is_published(problem: Problem) -> bool:
    return comparable(problem.task, problem.data_source, problem.oracle_source, problem.rows)


def _rows(
    label: str, methods: Mapping[str, list[Run]]
) -> tuple[list[list[str]], list[dict[str, object]]]:
    """The rows and records of one problem.

    Args:
        label: what stands behind a method's name.
        methods: the problem's runs.
    """
    yardsticks = {
        s: {m: cell(methods[m], c) for m in YARDSTICKS if m in methods}
        for s, c in STATISTICS.items()
    }
    rows, records = [], []
    for method in HELD_TO:
        row = [method + label]
        for statistic, column in STATISTICS.items():
            theirs = published(method, statistic)
            if method not in methods:
                row += [theirs.printed, "not run", ""]
                continue
            found = cell(methods[method], column)
            said = verdict(found, theirs, yardsticks[statistic])
            row += [theirs.printed, number(found), said]
            records.append(
                {
                    **record("checks", methods[method], statistic, found),
                    "held_to": theirs.printed,
                    "held_to_source": f"{theirs.paper}, {theirs.table}",
                    "verdict": said,
                }
            )
        rows.append([*row, *_beside(methods, method)])
    return rows, records


def _beside(methods: Mapping[str, list[Run]], method: str) -> list[str]:
    """The difference from random designs, and what was returned from the table."""
    if method not in methods:
        return ["", ""]
    text = ""
    if "random" in methods:
        column = STATISTICS["median"]
        text = paired(methods[method], methods["random"], column).text
    known = [r.values["share_known"] for r in methods[method] if "share_known" in r.values]
    return [text, f"{statistics.fmean(known):.2f}" if known else "not recorded"]
