"""A table for the command line, what is typed for it, and what a run leaves in its folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import proposer_processes as processes
import pytest
from forked import finished

from torchbdi.__main__ import main

SAME = ("proposals.csv", "report.html", "config.json")
"""The files that two runs of one command have to the same byte."""


def write_table(path: Path, n: int = 80) -> Path:
    rng = np.random.default_rng(0)
    lines = ["temp,metal,seq,lot,tc"]
    for i in range(n):
        temp, metal = rng.uniform(20, 80), rng.choice(["Fe", "Ni"])
        seq = "".join(rng.choice(list("ACGT"), 4))
        score = -abs(temp - 60) + 3 * (metal == "Ni") + seq.count("G")
        lines.append(f"{temp:.3f},{metal},{seq},lot-{i},{score:.4f}")
    path.write_text("\n".join(lines) + "\n")
    return path


def words(data: Path, out: Path, *more: str) -> list[str]:
    score = [] if "--score" in more else ["--score", "tc"]
    chosen = [*score, "--ignore", "lot", "--sequence", "seq", "-n", "5"]
    return ["propose", str(data), *chosen, "-o", str(out), *more]


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in SAME}


def said(capsys: pytest.CaptureFixture[str], argv: list[str]) -> str:
    assert main(argv) == 1
    bars, error = re.fullmatch(r"((?:\r[^\n]*\n)*)(.*)", capsys.readouterr().err, re.S).groups()
    assert error.startswith("error: "), bars + error  # bars are there where a step takes its time
    assert "Traceback" not in error
    return str(error)


class Place:
    """Where one table is proposed for, and what an undisturbed run left."""

    def __init__(self, path: Path):
        self.path, self.log = path, path / "log"
        self.data, self.out = write_table(path / "data.csv"), path / "out"
        self.work = path / "out.part"

    def run(self, how: Any = processes.command, *more: Any) -> int:
        self.log.write_text("")
        return finished(how, words(self.data, self.out), str(self.log), *more)

    def said(self) -> str:
        return self.log.read_text()
