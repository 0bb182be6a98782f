"""What the documents' tables print stands in docs/results, to the digits that are printed."""

from __future__ import annotations

import csv
import json
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from experiments.tasks import task_names

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "results"
NAMES = {"TF Bind 8": "tfbind8", "TF Bind 10": "tfbind10", "GFP": "gfp", "UTR": "utr"}
NAMES |= {f"RNA {i}": f"rna{i}" for i in (1, 2, 3)}
AFFINITY = "tfbind10 task.truth=affinity"


def lines(file: str) -> list[dict[str, str]]:
    with (RESULTS / file).open(newline="", encoding="utf-8") as source:
        return list(csv.DictReader(source))


def table(document: str, *head: str) -> list[dict[str, str]]:
    """The rows of a document's only table whose head begins with these cells."""
    found: list[list[list[str]]] = []
    ahead = ""
    for line in (ROOT / document).read_text(encoding="utf-8").splitlines():
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
DIFFERENT = {"128 random designs": "128 random", "the 128 best rows": "best_rows"}


def pair(task: str, method: str, spread: str = "") -> str:
    """Best and median as "0.973, 0.595"; with a sign, deviations of the best that are seen."""
    method = DIFFERENT.get(method, method)
    (best, deviation), (median, _) = (EXACT[task, method, s] for s in ("best", "median"))
    wide = f" {spread} {deviation:.3f}" if spread and deviation > 5e-4 else ""
    return f"{best:.3f}{wide}, {median:.3f}"


def test_tables_are_found() -> None:
    (rna1,) = [
        row for row in table("docs/solved.md", "task", "bdi: 200 steps") if "rna1" in row["task"]
    ]
    assert rna1["how it is searched"] == "beam"
    assert pair("tfbind10", "bdi", "+-") == "0.629 +- 0.031, 0.477"
    assert pair("tfbind8", "128 random designs") == "0.928, 0.441"


def test_the_readme_against_random_designs() -> None:
    rows = table("README.md", "task", "128 random designs")
    assert len(rows) == 6
    for row in rows:
        for head, cell in list(row.items())[1:]:
            method = head.rpartition(": ")[2] if "bdi_search" in head else head.split(",")[0]
            method = {"BDI": "bdi"}.get(method, method)
            assert cell == pair(row["task"], method, "+-"), (row["task"], head)


def test_the_readme_of_all_methods() -> None:
    rows = table("README.md", "", "rna1", "rna2")
    shown = {row[""] for row in rows}
    assert len(rows) == 15 and {"bdi", "nemo", "128 random designs"} <= shown
    for row in rows:
        for task in list(row)[1:]:
            assert row[task] == pair(task, row[""]), (row[""], task)


def test_solved_and_yardsticks() -> None:
    for row in table("docs/solved.md", "task", "bdi: 200 steps"):
        for head in ("bdi: 200 steps", "bdi_search", "128 random designs"):
            assert row[head] == pair(row["task"], head.split(":")[0]).replace(",", " /"), row
    for row in table("docs/solved.md", "task", "kernel_search"):
        assert row["kernel_search"] == pair(row["task"], "kernel_search").replace(",", " /"), row
    for row in table(
        "docs/solved.md", "task", "the 128 best rows, scored again", "128 random designs"
    ):
        for head, name in (
            ("the 128 best rows, scored again", "best_rows"),
            ("128 random designs", "random"),
        ):
            assert row[head] == pair(row["task"], f"128 {name}").replace(",", " /"), row
    for row in table("docs/yardsticks.md", "task", "random, best"):
        task = NAMES[row["task"].split(",")[0]]
        for head, key in (
            ("random, best", (task, "128 random", "best")),
            ("random, median", (task, "128 random", "median")),
            ("the best rows, best", (task, "128 best_rows", "best")),
        ):
            assert row[head].startswith(f"{EXACT[key][0]:.3f}"), (task, head)


def plain_runs(method: str) -> Iterator[dict[str, str]]:
    """Runs of the paper's settings."""
    paper = {"steps": 200, "target": 10.0, "designs_per_group": 1}
    for line in lines("runs.csv"):
        own = json.loads(line["settings"])
        rate = 0.001 if own.get("lr") == 0.001 else 0.0
        if line["method"] == method and own.get("alpha") == rate and paper.items() <= own.items():
            yield line


@pytest.mark.parametrize("task", ["hopper", "ant", "dkitty"])
def test_the_readme_of_the_robots(task: str) -> None:
    """Raw returns, of seed after seed."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    title = {"hopper": "Hopper", "ant": "Ant", "dkitty": "D'Kitty"}[task]
    section = text.split(f"### {title}\n")[1].split("\n##")[0]
    shown = re.findall(r"^\| (\d) \| (.*) \|$", section, re.MULTILINE)
    runs = {run["seed"]: run for run in plain_runs("bdi") if run["task"] == task}
    assert len(shown) in (2, 8)
    for seed, cells in shown:
        names = ("best_before", "best_after", "median_before", "median_after")
        assert cells == " | ".join(f"{float(runs[seed][f'{name}_raw']):.1f}" for name in names)


def test_the_readme_of_the_seven_tasks() -> None:
    runs = {
        run["task"]: run
        for run in plain_runs("bdi")
        if run["seed"] == "0" and problem(run) != AFFINITY
    }
    rows = table("README.md", "task", "data")
    assert {row["task"] for row in rows} == set(task_names()) - {"tfbind10", "rna1", "rna2", "rna3"}
    for row in rows:
        run = runs[row["task"]]
        names = ("best_of_data", "best_after", "median_after")
        printed = [row["best of the table"], row["best"], row["median"]]
        assert printed == [f"{float(run[f'{name}_normalised']):.3f}" for name in names]
        assert (row["data"], row["true function"]) == (run["data_source"], run["oracle_source"])


def test_minutes_of_methods() -> None:
    """The median of the runs of TF Bind 8; what has a ~ was reckoned."""
    seconds: dict[str, list[float]] = {}
    for line in lines("runs.csv"):
        if line["task"] == "tfbind8":
            seconds.setdefault(line["method"], []).append(float(line["seconds"]))
    counted = 0
    for row in table("docs/methods.md", "method", "class"):
        name, _, minutes = row["minutes"].rpartition(" ")
        name = name or row["method"].split(",")[0]
        if "~" not in minutes:
            found = statistics.median(seconds[name]) / 60
            assert minutes == ("<1" if found < 0.5 else f"{found:.0f}"), name
            counted += 1
    assert counted > 12


def test_small_solves_on_the_h100() -> None:
    measured = json.loads((RESULTS / "benchmarks/h100/small-cholesky.json").read_text())["rows"]
    known = {
        (r["columns"], r["m"], r["what"]): r
        for r in measured
        if (r["b"], r["dtype"]) == (65536, "float64")
    }
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(
        r"^\| ([18]) \| (\d+) \| (.*) \|$", text.split("### On a GPU")[1], re.MULTILINE
    )
    assert len(shown) == 14
    for columns, m, cells in shown:
        one, two = (known[int(columns), int(m), what] for what in ("forward", "with gradient"))
        rivals = ("device_times_cholesky_ex", "device_times_linalg_solve")
        right = [one["device_ours_us"], one["limit_us"], *(one[r] for r in rivals)]
        right += [two["device_ours_us"], *(two[r] for r in rivals)]
        for cell, value in zip(cells.split(" | "), right, strict=True):
            digits = len(cell.partition(".")[2])
            assert cell.replace(",", "") == f"{value:.{digits}f}", (columns, m)
    ahead = [max(r["device_times_cholesky_ex"], r["device_times_linalg_solve"]) for r in measured]
    assert len(ahead) == 168
    assert f"1.3 to {round(max(ahead), -1):.0f} times" in text
