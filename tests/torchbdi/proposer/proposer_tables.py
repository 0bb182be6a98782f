"""Small tables of the kinds that people have, and what `torchbdi propose` makes of them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from torchbdi import TorchBDIError
from torchbdi.proposer import cli
from torchbdi.proposer.settings import Settings
from torchbdi.proposer.understood import Understood

DESIGN = ["temp", "time", "conc"]
"""The columns of the plain table that vary."""


class Frame(dict[str, Any]):
    """A data frame, as far as propose looks at one."""

    @property
    def columns(self) -> list[str]:
        return list(self)


def plain(n: int = 40, seed: int = 0) -> list[list[str]]:
    """A header and rows of temp, time, conc and yield, with one or two decimals."""
    rng = np.random.default_rng(seed)
    rows = [["temp", "time", "conc", "yield"]]
    for _ in range(n):
        t, m, c = rng.uniform(20, 90), rng.uniform(5, 60), rng.uniform(0.1, 2)
        score = 80 - abs(t - 60) - abs(m - 30) / 2 + 10 * c + rng.normal()
        rows.append([f"{t:.1f}", f"{m:.1f}", f"{c:.2f}", f"{score:.1f}"])
    return rows


def with_column(name: str, cells: Sequence[object], n: int = 40) -> list[list[str]]:
    """The plain table with one more column before the others."""
    rows = plain(n)
    return [[name, *rows[0]], *([str(c), *row] for c, row in zip(cells, rows[1:], strict=True))]


def text(rows: Sequence[Sequence[str]], separator: str = ",") -> str:
    """The rows as a file has them."""
    return "".join(separator.join(row) + "\n" for row in rows)


def asked(
    folder: Path, content: str | bytes, *words: str, name: str = "t.csv"
) -> tuple[Understood, Settings]:
    """What the command understands of a file; the score is ``yield`` where nothing says which."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    score = [] if {"--score", "--config"} & set(words) else ["--score", "yield"]
    return cli.asked(parser.parse_args([str(path), "-o", str(folder / "out"), *score, *words]))


def refused(folder: Path, content: str | bytes, *words: str, name: str = "t.csv") -> str:
    """What the command says to a file that it refuses."""
    with pytest.raises(TorchBDIError) as caught:
        asked(folder, content, *words, name=name)
    return str(caught.value)


def told(understood: Understood) -> str:
    """All remarks."""
    return "\n".join(understood.remarks)


def names(understood: Understood) -> list[str]:
    """The columns that vary."""
    return [column.name for column in understood.columns]


def scores_with(cells: dict[int, str], n: int = 40) -> str:
    """The plain table with texts in the place of some scores, by the row that a person sees."""
    rows = plain(n)
    for row, cell in cells.items():
        rows[row - 1][3] = cell
    return text(rows)


def cells_of(cells: Sequence[str]) -> np.ndarray:
    """The cells of a column, as a table that was read has them."""
    out = np.empty(len(cells), dtype=object)
    out[:] = cells
    return out
