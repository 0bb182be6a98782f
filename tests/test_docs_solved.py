"""What docs/solved.md and its neighbours say in prose of losses, searches and published figures."""

from __future__ import annotations

import json

from docs_tables import EXACT, lines, runs_of, table, text_of

from experiments.paper.printed.read import BOOTGEN, DATA_BEST, numbers, other_numbers


def test_losses_of_steps_are_those_of_logits() -> None:
    tasks = ("tfbind8", "rna1", "rna2", "rna3", "utr", "gfp")
    steps = [float(next(iter(runs_of("bdi", task)))["loss_total"]) for task in tasks]
    search = [float(runs_of("bdi_search", task)[0]["loss_total"]) for task in tasks]
    text = text_of("docs/solved.md")
    shown = [f"{loss:.2f}" for loss in steps]
    assert f"to {shown[0]} on TF Bind 8, {shown[1]}, {shown[2]} and {shown[3]} on RNA" in text
    assert f"{shown[4]} on UTR and {shown[5]} on GFP" in text
    means = [f"{loss:.1f}" for loss in search[:-1]]
    assert f"(means of {', '.join(means)} and {search[-1]:.2f})" in text
    below = [one < other for one, other in zip(steps, search, strict=True)]
    assert below == [True] * 5 + [False]


def test_what_search_does_among_numbers_and_in_long_sequences() -> None:
    """Of one table each; the steps on the tables of the robots stand in targets/."""
    once = {(run["task"], run["method"]): run for run in lines("runs.csv") if run["seed"] == "0"}
    for task in ("superconductor", "gfp", "utr"):
        once[task, "bdi"] = next(run for run in runs_of("bdi", task) if run["seed"] == "0")
    for run in lines("targets/results.csv"):
        if json.loads(run["settings"])["target"] == 10:
            once[run["task"], "bdi"] = run
    heads = {"bdi: 200 steps": "bdi", "bdi_search": "bdi_search", "kernel_search": "kernel_search"}
    again = "the 128 best rows, scored again"
    rows = table("docs/solved.md", "task", again, "bdi: 200 steps")
    rows += table("docs/solved.md", "task", again, "128 random designs")
    assert len(rows) == 6
    for row in rows:
        for head, method in heads.items():
            run = once[row["task"], method]
            values = (float(run[f"{name}_after_normalised"]) for name in ("best", "median"))
            assert row[head] == " / ".join(f"{v:.3f}" for v in values), (row["task"], method)


def test_kernel_search_beside_others() -> None:
    tasks = {"tfbind8": "tfbind8", "rna1": "rna-a", "rna2": "rna-b", "rna3": "rna-c"}
    ahead = []
    for row in table("docs/solved.md", "task", "kernel_search"):
        task = row["task"]
        known = {n.percentile: n for n in other_numbers(BOOTGEN) if n.task == tasks[task]
                 and n.method == "BootGen"}  # fmt: skip
        best = f"{known[100].text} ± {known[100].spread} / {known[50].text}"
        assert row["published, BootGen (Kim et al. 2023)"] == best
        medians = [EXACT[task, m, "median"][0] for m in ("kernel_search", "bdi_search")]
        ahead.append(f"{abs(medians[0] - medians[1]):.3f}")
        (acquisition,) = {
            {"mean": "mean prediction", "bdi": "BDI's loss"}[run["chosen_acquisition"]]
            for run in runs_of("kernel_search", task, "4")
        }
        assert row["by the backtest"] == acquisition
    first, second, third, fourth = ahead
    assert (
        f"{second} and {fourth} behind that of `bdi_search`, on TF Bind 8 {first}, "
        f"and on RNA 2 {third} ahead"
    ) in text_of("docs/solved.md")


def test_what_random_designs_get_elsewhere() -> None:
    known = [n for n in numbers("ram_table_2") if n.task == "tfbind10" and n.method != DATA_BEST]
    below = sum(n.value < EXACT["tfbind10", "128 random", "best"][0] for n in known)
    assert f"{below} of {len(known)} below 0.652" in text_of("docs/yardsticks.md")
    ends = sorted(n.value for n in known)
    assert f"between {ends[0]:.3f} and {ends[-1]:.3f}" in text_of("docs/tasks.md")
    pool, (mean, deviation) = (
        EXACT["rna3", "128 random", "best"][0],
        EXACT["rna3", "random", "best"],
    )
    text = text_of("docs/yardsticks.md")
    assert f"with {pool:.3f}, where eight sets" in text
    assert f"have {mean:.3f} ± {deviation:.3f}" in text


def test_what_roma_brings_back() -> None:
    runs = [run for i in (1, 2, 3) for run in runs_of("roma", f"rna{i}")]
    found = sorted(
        f"{float(run['starts_recovered']):.2f}" for run in runs if run["starts_recovered"]
    )
    for document in ("docs/methods.md", "docs/results/README.md"):
        assert f"brings back {found[0]} to {found[-1]} of the letters" in text_of(document)


def test_checks_in_prose() -> None:
    found = {(r["method"], r["statistic"]): r for r in lines("checks.csv")}
    for method in ("cma_es", "grad_db"):
        own = found[method, "median"]
        mine = f"{float(own['mean']):.3f} ± {float(own['std']):.3f} for {own['held_to']}"
        for document in ("README.md", "docs/results/README.md"):
            assert mine in text_of(document).replace("+-", "±"), (document, method)
        assert own["verdict"] == "agrees"
    (outside,) = (key for key, row in found.items() if row["verdict"].startswith("outside"))
    assert outside == ("roma", "median")
    best = {method: row["verdict"] for (method, s), row in found.items() if s == "best"}
    assert {m for m, verdict in best.items() if "random" not in verdict} == {"roma"}


def test_clusters_and_limits_of_searches() -> None:
    text = text_of("docs/solved.md")

    def ends(*tasks: str) -> tuple[int, int]:
        found = [float(r["clusters"]) for task in tasks for r in runs_of("bdi_search", task)]
        return int(min(found)), int(max(found))

    assert ends("rna1", "rna2", "rna3") == (1, 2) and "one or two on RNA" in text
    (eight, same), (ten, also), others = ends("tfbind8"), ends("gfp", "utr"), ends("tfbind10")
    assert (eight, ten) == (same, also)
    assert f"{eight} on TF Bind 8, {ten} on GFP and UTR, {others[0]} to {others[1]} on" in text
    reach = {}
    for task in ("hopper", "ant", "dkitty", "superconductor"):
        (run,) = (r for r in runs_of("kernel_search", task) if r["seed"] == "0")
        reach[task] = float(run["reach"])
    assert (
        f"({reach['hopper']:.2f} on the Hopper, {reach['ant']:.2f} on the Ant, "
        f"{reach['dkitty']:.2f} on the D'Kitty, {reach['superconductor']:.1f} on Superconductor"
    ) in text


def test_the_d_kittys_other_tables() -> None:
    text = text_of("docs/solved.md")
    for method, first in (
        ("best_rows", "the best rows have "), ("bdi", "`bdi` "), ("bdi_search", "`bdi_search` "),
        ("kernel_search", "`kernel_search` "),
    ):  # fmt: skip
        by_seed = {r["seed"]: r for r in runs_of(method, "dkitty")}
        cells = [
            " / ".join(
                f"{float(by_seed[s][f'{k}_after_normalised']):.3f}" for k in ("best", "median")
            )
            for s in "12"
        ]
        assert f"{first}{' and '.join(cells)}" in text
