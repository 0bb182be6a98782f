"""Figures printed by others, with their sources. Facts only; nothing here is made by this project.

Only numbers that were read in a named source stand here. The whole of the paper's Tables 1 and 2
is not among them.
"""

from __future__ import annotations

from dataclasses import dataclass

PAPER = "Chen et al., NeurIPS 2022 (arXiv 2209.07507)"
TABLE_3 = f"{PAPER}, Table 3"
LOG = "the authors' run.log (github.com/GGchen1997/BDI, commit fcd68e1)"

# Tasks by table; a task of another name stands in Table 3 only.
DISCRETE = ("gfp", "tfbind8", "utr")
CONTINUOUS = ("superconductor", "hopper", "ant", "dkitty")

# Rows of design-bench's visible split: a run on fewer is not what the paper ran.
FULL_ROWS = {"tfbind8": 32_898, "ant": 10_004}


@dataclass(frozen=True)
class Fact:
    """One published number.

    Attributes:
        task: the task's name on our command line.
        method: the method's name on our command line.
        statistic: "best" (100th percentile) or "median" (50th), normalised.
        value: the number, with the digits of its source.
        source: where it was read.
        caveat: what keeps it from being the same experiment as ours; empty where nothing does.
    """

    task: str
    method: str
    statistic: str
    value: float
    source: str
    caveat: str = ""


_WIDTH = "the paper's network is 2,048 wide, nn_small's 256"

FACTS = (
    Fact("tfbind8", "bdi", "best", 0.973, TABLE_3),
    Fact("tfbind8", "backward_only", "best", 0.984, TABLE_3),
    Fact("tfbind8", "forward_only", "best", 0.973, TABLE_3),
    Fact("tfbind8", "rbf", "best", 0.925, TABLE_3),
    Fact("tfbind8", "nn", "best", 0.958, TABLE_3),
    Fact("tfbind8", "nn_small", "best", 0.958, TABLE_3, _WIDTH),
    Fact("tfbind8", "bdi", "median", 0.595050, LOG),
    Fact("tfbind8", "backward_only", "median", 0.532202, LOG),
    Fact("tfbind8", "forward_only", "median", 0.611378, LOG),
    Fact("ant", "bdi", "best", 0.962267, LOG),
    Fact("ant", "backward_only", "best", 0.914319, LOG),
    Fact("ant", "forward_only", "best", 0.933431, LOG),
    Fact("ant", "bdi", "median", 0.568883, LOG),
    Fact("ant", "backward_only", "median", 0.451752, LOG),
    Fact("ant", "forward_only", "median", 0.566158, LOG),
)


def fact(task: str, method: str, statistic: str) -> Fact | None:
    """The published number for a cell, or None where none is known."""
    for item in FACTS:
        if (item.task, item.method, item.statistic) == (task, method, statistic):
            return item
    return None


def comparable(task: str, data_source: str, oracle_source: str, rows: int) -> bool:
    """Whether a problem is the paper's: original data, all of it, and the original function."""
    return data_source == oracle_source == "original" and rows == FULL_ROWS.get(task, rows)
