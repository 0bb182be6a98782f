"""One number over the seeds of a cell, and whether the runs are one computation."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from torchbdi import InputError

from .older import NOT_RECORDED
from .results import Run

# Runs without a hash of their designs are one computation where they agree in all of these.
FINGERPRINT = ("best_after_raw", "median_after_raw", "loss_total")


@dataclass(frozen=True)
class Cell:
    """One number over seeds.

    Attributes:
        values: one a seed, in the order of the seeds.
        deterministic: whether two runs or more are all the same computation.
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


def cell(runs: Sequence[Run], statistic: str) -> Cell:
    """One number of several runs that differ in their seed only.

    Args:
        runs: runs of one identity but for the seed.
        statistic: a column of results.csv.

    Raises:
        InputError: the runs do not belong in one cell, or one lacks the number.
    """
    if len({run.identity.cell for run in runs}) != 1:
        raise InputError("runs of different data, revisions or settings do not go into one cell.")
    runs = sorted(runs, key=lambda run: run.seed)
    for run in runs:
        if statistic not in run.values:
            raise InputError(f"{run.path}: it has no {statistic}.")
    return Cell(tuple(run.values[statistic] for run in runs), same_computation(runs))


def same_computation(runs: Sequence[Run]) -> bool:
    """Whether two runs or more have the same designs, by their hashes.

    Where a run of 0.1.0 is among them, which recorded none, they are the same where six digits of
    best, median and final loss are.
    """
    if len(runs) < 2:
        return False
    hashes = {run.line.get("designs_sha256") or NOT_RECORDED for run in runs}
    if NOT_RECORDED not in hashes:
        return len(hashes) == 1
    return all(_agree([run.values.get(name) for run in runs]) for name in FINGERPRINT)


def _agree(values: Sequence[float | None]) -> bool:
    there = [v for v in values if v is not None]
    if len(there) < len(values):
        return not there
    return max(there) - min(there) <= 1e-6 * max(abs(v) for v in there)
