"""Reads the printed tables. Every number keeps the digits of its source.

| file | what | source |
|---|---|---|
| table_1.csv, table_2.csv | best of 128, eleven methods and D(best), seven tasks | the paper |
| table_3.csv | ablations; its BDI column is that of Tables 1 and 2 | the paper |
| ranks.csv | rank mean and median among eleven methods | the paper, Table 2 |
| ram_table_2.csv | best of 128, 22 methods and D(best), five tasks | RaM, ICLR 2025, Table 2 |
| other_published.csv | other papers' tables, and the authors' own log | its own columns |

Scores are normalised by the range of the full data. The paper's D(best) is truncated to three
digits, not rounded. ``std`` is, by the paper's words, the standard error of eight trials for what
the authors ran themselves (MIN, Grad, COMs, ROMA, NEMO, BDI, ablations) and the deviation that
Trabucco et al. print for the others, which are cited.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PAPER = "Chen et al., NeurIPS 2022 (arXiv 2209.07507)"
RAM = "RaM (Tan et al., ICLR 2025)"
BOOTGEN = "BootGen (Kim et al., NeurIPS 2023)"
LOG = "BDI authors, run.log (GGchen1997/BDI, first commit)"
DATA_BEST = "D(best)"


@dataclass(frozen=True)
class Number:
    """One printed number.

    Attributes:
        paper: who printed it.
        table: in which of their tables.
        method: as they call it.
        task: as the command line calls it; others than ours are there too.
        percentile: 100 for the best of the designs, 50 for their median.
        text: the number as printed.
        spread: what stands behind its ±, as printed; empty where nothing does.
        note: what the file says of it.
    """

    paper: str
    table: str
    method: str
    task: str
    percentile: int
    text: str
    spread: str = ""
    note: str = ""

    @property
    def value(self) -> float:
        """The number."""
        return float(self.text)

    @property
    def printed(self) -> str:
        """The number with its spread: ``0.520 ± 0.005``."""
        return f"{self.text} ± {self.spread}" if self.spread else self.text


def _lines(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@functools.cache
def numbers(name: str) -> tuple[Number, ...]:
    """The numbers of a file of one table.

    Args:
        name: table_1, table_2, table_3 (the paper's) or ram_table_2.

    Returns:
        One a line, in the order of the file.
    """
    paper = RAM if name == "ram_table_2" else PAPER
    table = f"Table {name.rpartition('_')[2]}"
    return tuple(
        Number(paper, table, line["method"], line["task"], 100, line["mean"], line["std"])
        for line in _lines(f"{name}.csv")
    )


@functools.cache
def other_numbers(paper: str | None = None) -> tuple[Number, ...]:
    """The numbers of other_published.csv, of one paper or of all.

    Args:
        paper: as the file names it, :data:`LOG` for the authors' log; None for all.
    """
    return tuple(
        Number(
            line["paper"], line["table"], line["method"], line["task"], int(line["percentile"]),
            line["mean"], line["std"], line["note"],
        )
        for line in _lines("other_published.csv")
        if paper in (None, line["paper"])
    )  # fmt: skip


@functools.cache
def printed_ranks() -> dict[str, tuple[float, float]]:
    """Rank mean and rank median by method, as Table 2 prints them."""
    return {
        line["method"]: (float(line["rank_mean"]), float(line["rank_median"]))
        for line in _lines("ranks.csv")
    }


def by_task(found: Iterable[Number]) -> dict[str, dict[str, Number]]:
    """Numbers as ``[task][method]``; D(best) is one of the methods."""
    table: dict[str, dict[str, Number]] = {}
    for number in found:
        table.setdefault(number.task, {})[number.method] = number
    return table


def compared() -> dict[str, dict[str, float]]:
    """Tables 1 and 2 as ``[task][method]``, without D(best), which the paper does not rank."""
    table = by_task((*numbers("table_1"), *numbers("table_2")))
    return {
        task: {name: found.value for name, found in row.items() if name != DATA_BEST}
        for task, row in table.items()
    }
