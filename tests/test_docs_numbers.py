"""What the documents' tables print stands in docs/results, to the digits that are printed."""

from __future__ import annotations

import json
import re
import statistics

import pytest
from docs_tables import AFFINITY, EXACT, ROOT, lines, plain_runs, problem, runs_of, table, text_of

from experiments.tasks import task_names

NAMES = {"TF Bind 8": "tfbind8", "TF Bind 10": "tfbind10", "GFP": "gfp", "UTR": "utr"}
NAMES |= {f"RNA {i}": f"rna{i}" for i in (1, 2, 3)}


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


def test_gfp_over_all_seeds() -> None:
    runs = runs_of("bdi", "gfp")
    assert len(runs) == 8
    ends = []
    for name in ("best", "median"):
        values = sorted(f"{float(run[f'{name}_after_normalised']):.4f}" for run in runs)
        ends.append(f"{values[0]} and {values[-1]}")
    assert "Over seeds 0 to 7 the best" in text_of("README.md")
    assert all(f"to between {two}" in text_of("README.md") for two in ends)
    assert f"seeds 0 to 7 between {ends[0]}, and {ends[1]}." in text_of("docs/tasks.md")


def test_results_of_the_datasheets() -> None:
    """Best and median of seed 0, and the best row seen where it is told."""
    text = text_of("docs/tasks.md")
    for task in ("rna1", "superconductor", "utr", "gfp", "ant", "dkitty"):
        (run, *_) = (run for run in runs_of("bdi", task) if run["seed"] == "0")
        names = ("best_after", "median_after", "best_of_data")
        best, median, row = (f"{float(run[f'{name}_normalised']):.4f}" for name in names)
        if task == "superconductor":
            assert f"seed 0, which is used, gives {best} and {median}" in text
        else:
            assert f"best {best}, median {median}" in text, task
        if task not in ("superconductor", "rna1"):
            assert re.search(rf"best {best}, median {median} \(the [^)]* {row}\)", text), task
    (other,) = (
        run
        for run in lines("targets/results.csv")
        if run["task"] == "ant" and json.loads(run["settings"])["target"] == 10
    )
    best, median, row = (f"{float(other[f'{name}_normalised']):.4f}" for name in names)
    assert f"seed 0 then {best}, {median} and {row}" in text


def test_what_rounding_does_to_the_hopper() -> None:
    """The best rows of a table, scored again, beside that table's own scores."""
    (run,) = (
        run
        for run in lines("targets/results.csv")
        if run["task"] == "hopper" and json.loads(run["settings"])["target"] == 10
    )
    again = {
        line["statistic"]: f"{float(line['mean']):.3f}"
        for line in lines("yardsticks.csv")
        if (line["task"], line["yardstick"]) == ("hopper", "best_rows")
    }
    before, after = (float(run[f"median_{when}_normalised"]) for when in ("before", "after"))
    text = text_of("README.md")
    assert f"the median does rise, from {before:.3f} to {after:.3f}" in text
    best = float(run["best_before_normalised"])
    assert f"a best of {again['best']} instead of {best:.3f}" in text
    assert f"a median of {again['median']} (docs" in text
