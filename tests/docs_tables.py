"""Tables of the documents, and the files of docs/results that they are held to."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "results"
AFFINITY = "tfbind10 task.truth=affinity"


def text_of(document: str) -> str:
    """A document as one line of single blanks, so that a sentence is found however it is cut."""
    return re.sub(r"\s+", " ", (ROOT / document).read_text(encoding="utf-8"))


def lines(file: str) -> list[dict[str, str]]:
    with (RESULTS / file).open(newline="", encoding="utf-8") as source:
        return list(csv.DictReader(source))


def table(document: str, *head: str) -> list[dict[str, str]]:
    """The rows of a document's only table whose head begins with these cells."""
    found: list[list[list[str]]] = []
    ahead = ""
    for line in map(str.strip, (ROOT / document).read_text(encoding="utf-8").splitlines()):
        if line.startswith("|"):
            cells = [cell.strip().replace("`", "") for cell in line[1:-1].split("|")]
            if not ahead.startswith("|"):
                found.append([])
            found[-1].append(cells)
        ahead = line
    (rows,) = [rows for rows in found if rows[0][: len(head)] == list(head)]
    return [dict(zip(rows[0], row, strict=True)) for row in rows[2:]]


def problem(line: dict[str, str]) -> str:
    return AFFINITY if line["title"].startswith("TF Bind 10, affinity") else line["task"]


def exact() -> dict[tuple[str, str, str], tuple[float, float]]:
    """Mean and deviation of cells of exact.csv and yardsticks.csv."""
    cells = {}
    for file, name in (("exact.csv", "method"), ("yardsticks.csv", "yardstick")):
        for line in lines(file):
            if line["mean"]:
                key = f"128 {line[name]}" if name == "yardstick" else line[name]
                deviation = float(line["std"] or 0)
                cells[problem(line), key, line["statistic"]] = float(line["mean"]), deviation
    return cells


EXACT = exact()


def plain_runs(method: str) -> Iterator[dict[str, str]]:
    """Runs of the paper's settings."""
    paper = {"steps": 200, "target": 10.0, "designs_per_group": 1}
    for line in lines("runs.csv"):
        own = json.loads(line["settings"])
        rate = 0.001 if own.get("lr") == 0.001 else 0.0
        if line["method"] == method and own.get("alpha") == rate and paper.items() <= own.items():
            yield line


def runs_of(method: str, task: str, revision: str = "") -> list[dict[str, str]]:
    """Runs of the settings that a method has by itself, of all seeds."""
    steps = plain_runs(method) if method == "bdi" else lines("runs.csv")
    found = [run for run in steps if (run["method"], run["task"]) == (method, task)]
    return [run for run in found if revision in ("", run["method_revision"])]
