"""How much better than random designs, and than BDI, on the same seeds: with intervals."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..runs.results import Problem, Run, unchanged
from ..runs.spread import cell
from .cells import STATISTICS, TABLE, closing_notes, grid, heading
from .render import Table

AGAINST = ("random", "bdi")
LEVEL = 0.95


def paired_table(runs: Iterable[Run]) -> Table | None:
    """Differences of best and median from ``random`` and from ``bdi``, seed by seed.

    A method in which nothing is random has one value, which stands for every seed.

    Args:
        runs: all runs; those with changed settings are left out.

    Returns:
        The table, or None where neither of the two was run.
    """
    rows, records = [], []
    problems: dict[Problem, Mapping[str, Sequence[Run]]] = {}
    for problem, methods in grid(unchanged(runs)).items():
        for method in sorted(methods):
            there = [a for a in AGAINST if a in methods and a != method]
            if not there:
                continue
            problems[problem] = methods
            row = [heading(problem), method]
            for against in AGAINST:
                for statistic, column in STATISTICS.items():
                    if against not in there:
                        row.append("")
                        continue
                    found = paired(methods[method], methods[against], column)
                    differences, half = found.values, half_width(found.values)
                    row.append(found.text)
                    records.append(
                        {
                            "task": problem.task,
                            "title": problem.title,
                            "method": method,
                            "against": against,
                            "statistic": statistic,
                            "pairs": len(differences),
                            "mean": statistics.fmean(differences) if differences else "",
                            "half_width": "" if half is None else half,
                        }
                    )
            rows.append(row)
    if not rows:
        return None
    header = ["task", "method"]
    header += [f"{s} less {a}'s" for a in AGAINST for s in STATISTICS]
    notes = [
        f"a ± b (n): mean difference over n seeds that both have, and its {LEVEL:.0%} interval by "
        "Student's t; (1): one seed, of which nothing is certain. A deterministic method counts "
        "for every seed; the difference of two such has no interval. Seeds count where both began "
        "with the same table.",
        *closing_notes(problems),
    ]
    return Table("paired", "Differences on the same seeds", header, rows, notes, records)


@dataclass(frozen=True)
class Pairs:
    """Differences between two methods.

    Attributes:
        values: one a seed that both have; one alone where both are deterministic.
        fixed: whether both are.
    """

    values: Sequence[float]
    fixed: bool

    @property
    def text(self) -> str:
        """The mean with its interval and the number of pairs."""
        if not self.values:
            return "no seed and table in common"
        mean, half = statistics.fmean(self.values), half_width(self.values)
        if half is not None:
            return f"{mean:+.3f} ± {half:.3f} ({len(self.values)})"
        return f"{mean:+.3f}" if self.fixed else f"{mean:+.3f} (1)"


def paired(one: Sequence[Run], other: Sequence[Run], column: str) -> Pairs:
    """Differences of a number between runs of equal seeds and tables, in the order of the seeds.

    A table that is made again, as the robots' are, can differ from machine to machine.
    """
    values = [_by_seed(runs, column) for runs in (one, other)]
    fixed = [cell(runs, column).deterministic for runs in (one, other)]
    if all(fixed):
        return Pairs([next(iter(values[0].values())) - next(iter(values[1].values()))], True)
    for i in (0, 1):
        if fixed[i]:
            values[i] = dict.fromkeys(values[1 - i], next(iter(values[i].values())))
    apart = [
        values[0][seed] - values[1][seed]
        for seed in sorted(values[0])
        if seed in values[1] and _one_table([*one, *other], seed)
    ]
    return Pairs(apart, False)


def half_width(differences: Sequence[float]) -> float | None:
    """Half of the interval of their mean; None for fewer than two."""
    from scipy.stats import t

    n = len(differences)
    if n < 2:
        return None
    quantile = float(t.ppf((1 + LEVEL) / 2, n - 1))
    return quantile * statistics.stdev(differences) / math.sqrt(n)


def _one_table(runs: Sequence[Run], seed: int) -> bool:
    """Whether the runs of a seed began with one table, as far as they say."""
    for name in TABLE:
        found = [run.values[name] for run in runs if run.seed == seed and name in run.values]
        if found and not math.isclose(min(found), max(found), rel_tol=1e-9):
            return False
    return True


def _by_seed(runs: Sequence[Run], column: str) -> dict[int, float]:
    return {run.seed: run.values[column] for run in runs}
