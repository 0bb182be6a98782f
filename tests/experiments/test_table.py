"""Tables from made-up results: what stands together, what stands apart, and what is said of it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic_runs import identity_of, write_run

from experiments.paper.cells import TABLE, beside, kind, number, record
from experiments.paper.render import Table, latex, markdown
from experiments.paper.statistics_table import statistics_table
from experiments.paper.yardstick_rows import kept_lines, yardstick_rows
from experiments.runs.lines import neutral_title
from experiments.runs.pools import YARDSTICKS
from experiments.runs.results import Problem, Run, read_runs, swept
from experiments.runs.scores import LABELS
from experiments.runs.spread import Cell, cell, same_computation
from experiments.table import TABLES, main
from torchbdi import InputError

RANDOM = [0.91, 0.93, 0.95, 0.92, 0.90, 0.96, 0.94, 0.93]


def rows_of(root: Path, name: str) -> dict[str, dict[str, str]]:
    """Text of the cells: first column -> header -> text."""
    table = TABLES[name](read_runs([root]))
    assert table is not None
    return {row[0]: dict(zip(table.header, row, strict=True)) for row in table.rows}


def test_spread_is_told_as_it_is(tmp_path: Path) -> None:
    for seed, best in enumerate(RANDOM):
        write_run(tmp_path, method="rbf", seed=seed, best=best, loss_total=seed)
    for seed in (0, 1):
        write_run(tmp_path, method="bdi", seed=seed, best=0.9734363)
        write_run(tmp_path, method="forward_only", seed=seed, best=0.5, loss_total=seed)
    write_run(tmp_path, method="backward_only", best=0.75)
    rows = rows_of(tmp_path, "table2")
    mean, std = np.mean(RANDOM), np.std(RANDOM, ddof=1)
    text = f"{mean:.3f} ± {std:.3f} (se {std / np.sqrt(8):.3f}, n = 8)"
    assert rows["rbf"]["tfbind8"] == f"{text} [0.925 ± 0.000]"
    assert rows["bdi"]["tfbind8"] == "0.973 (det.) [0.973 ± 0.000]"
    assert rows["forward_only"]["tfbind8"] == "0.500 (the same with 2 seeds) [0.973 ± 0.000]"
    assert rows["backward_only"]["tfbind8"] == "0.750 (1 seed) [0.984 ± 0.000]"
    assert rows["best of the data"]["tfbind8"] == "0.439 [0.439]"
    assert rows["cma_es"]["tfbind8"] == "not run [0.953 ± 0.022]"  # and all the paper's others
    assert len(rows) == 1 + 4 + 10
    assert "± 0.000 (" not in str(rows)
    assert (rows["bdi"]["rank mean"], rows["nemo"]["rank median"]) == ("1.0/1 [1.9/11]", "[4/11]")
    assert rows["rbf"]["rank mean"] == ""  # not a method of Table 2
    rows = rows_of(tmp_path, "table3")
    assert [rows[m]["rank mean"] for m in ("bdi", "rbf", "backward_only", "forward_only")] == [
        "1.0/4", "2.0/4", "3.0/4", "4.0/4",
    ]  # fmt: skip


def test_fewer_than_eight_seeds_are_named() -> None:
    assert kind(Cell((0.1, 0.3), False)) == "2 of 8 seeds"
    assert kind(Cell(tuple(RANDOM), False)) == "8 seeds"
    assert kind(Cell((0.1, 0.1), True)) == "deterministic"
    assert kind(Cell((0.1,), False)) == "1 seed"
    assert number(Cell((0.1, 0.3), False)) == "0.200 ± 0.141 (se 0.100, n = 2)"
    assert number(Cell((0.1, 0.1004), False)) == "0.100 ± 0.0003 (se 0.0002, n = 2)"


@pytest.mark.parametrize(
    ("other", "header"),
    [
        ({"data_source": "regenerated"}, "tfbind8, data: regenerated"),
        ({"oracle_source": "retrained"}, "tfbind8, function: retrained"),
        ({"identity": {"source": "files 4567"}}, "tfbind8"),
        ({"identity": {"task_revision": 2}}, "tfbind8, revision 1.2"),
        ({"identity": {"revision": 2}}, "tfbind8, revision 2.1"),
        ({"rows": 300}, "tfbind8"),
        ({"title": "TF Bind 8, other"}, "tfbind8"),
    ],
)
def test_what_differs_is_not_mixed(tmp_path: Path, other: dict[str, Any], header: str) -> None:
    write_run(tmp_path, seed=0, best=0.9, name="a")
    write_run(tmp_path, seed=1, best=0.7, name="b", **other)
    table = TABLES["table3"](read_runs([tmp_path]))
    assert table is not None
    assert sorted(table.header[1:3]) == sorted(["tfbind8", header])
    (bdi,) = (row for row in table.rows if row[0] == "bdi")
    by_number = sorted(zip(bdi[1:3], table.header[1:3], strict=True))
    same = "identity" in other or "title" in other
    assert by_number == [
        (f"0.700 (1 seed) [0.973 ± 0.000{'' if same else ' ‡'}]", header),
        ("0.900 (1 seed) [0.973 ± 0.000]", "tfbind8"),
    ]
    assert sum(note.startswith("tfbind8") for note in table.notes) == 2
    if "identity" in other:
        with pytest.raises(InputError, match="do not go into one cell"):
            cell(read_runs([tmp_path]), "best_after_normalised")


def test_the_version_of_the_package_decides_nothing(tmp_path: Path) -> None:
    for seed, version in enumerate(("0.1.0", "0.2.0")):
        write_run(tmp_path, seed=seed, best=0.5 + seed, version=version)
    table = TABLES["table3"](read_runs([tmp_path]))
    assert table is not None
    assert table.rows[1][1].startswith("1.000 ± 0.707")
    assert sum("torchbdi 0.1.0, 0.2.0." in note for note in table.notes) == 1
    assert table.records[0]["version"] == "0.1.0, 0.2.0"


def test_another_revision_of_a_method_is_another_row(tmp_path: Path) -> None:
    write_run(tmp_path, best=0.5)
    write_run(tmp_path, best=0.7, identity={"method_revision": 0}, name="earlier")
    rows = rows_of(tmp_path, "table3")
    assert rows["bdi"]["tfbind8"].startswith("0.500")
    assert rows["bdi, revision 0"]["tfbind8"].startswith("0.700")


def test_a_preset_is_found_by_its_settings(tmp_path: Path) -> None:
    write_run(tmp_path, settings={"kernel": "rbf"})
    (run,) = read_runs([tmp_path])
    assert (run.method, run.changes) == ("rbf", ())
    write_run(tmp_path / "two", method="rbf", settings={"alpha": 0.5})
    (run,) = read_runs([tmp_path / "two"])
    assert (run.method, run.changes) == ("rbf", ("alpha=0.5",))
    write_run(tmp_path / "three", identity={"designs": 64})
    (run,) = read_runs([tmp_path / "three"])
    assert (run.method, run.changes) == ("bdi", ("designs=64",))


def test_equal_designs_are_one_computation(tmp_path: Path) -> None:
    for seed, digest in enumerate(("ab", "ab", "cd")):
        write_run(tmp_path, seed=seed, designs_sha256=digest, loss_total=seed)
    runs = sorted(read_runs([tmp_path]), key=lambda run: run.seed)
    assert same_computation(runs[:2])
    assert not same_computation(runs)
    assert not same_computation(runs[:1])
    write_run(tmp_path, seed=3, designs_sha256="hash not recorded", loss_total=0)
    mixed = [run for run in read_runs([tmp_path]) if run.seed in (0, 3)]
    assert same_computation(mixed)  # by six digits of best, median and loss
    assert not same_computation(read_runs([tmp_path]))


def test_runs_of_what_is_gone_are_named_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(tmp_path)
    for name, other in (("a", {"task": "tfbind9"}), ("b", {"method": "gone"})):
        write_run(tmp_path, identity=other, name=name)
    assert [run.method for run in read_runs([tmp_path])] == ["bdi"]
    told = capsys.readouterr().err
    assert f"{tmp_path / 'a' / 'results.csv'}: left out, there is no task 'tfbind9'" in told
    assert f"{tmp_path / 'b' / 'results.csv'}: left out, there is no method 'gone'" in told


def test_changed_settings_stand_in_their_sweep_only(tmp_path: Path) -> None:
    write_run(tmp_path, best=0.5)
    write_run(tmp_path, best=0.6, settings={"target": 5.0})
    write_run(tmp_path, best=0.7, settings={"target": 20})
    write_run(tmp_path, best=0.8, settings={"target": 20, "alpha": 0.1})
    write_run(tmp_path, best=0.9, settings={"alpha": 0.1})
    write_run(tmp_path, best=0.1, method="rbf", settings={"target": 5.0})
    rows = rows_of(tmp_path, "table3")
    assert {name for name, row in rows.items() if not row["tfbind8"].startswith("not run")} == {
        "best of the data", "bdi",
    }  # fmt: skip
    assert rows["bdi"]["tfbind8"].startswith("0.500")
    sweep = rows_of(tmp_path, "a4")
    assert {k: v["tfbind8, best"][:5] for k, v in sweep.items()} == {
        "5": "0.600", "10": "0.500", "20": "0.700",
    }  # fmt: skip
    assert sweep["5"]["tfbind8, median"].startswith("0.250")
    assert TABLES["a2"](read_runs([tmp_path])) is None
    assert len(swept(read_runs([tmp_path]), "alpha")) == 2


def test_a_run_done_twice_counts_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path, best=0.5, name="tfbind8-20260101")
    write_run(tmp_path, best=0.5, name="tfbind8-20260102")
    assert len(read_runs([tmp_path, tmp_path])) == 1
    assert capsys.readouterr().err == ""
    write_run(tmp_path, best=0.6, name="tfbind8-20260103")
    (run,) = read_runs([tmp_path])
    assert run.values["best_after_raw"] == 0.6
    told = capsys.readouterr().err
    assert f"20260102/results.csv: done again with another score: {run.path} counts" in told


def test_runs_behind_a_link_to_their_folder_count(tmp_path: Path) -> None:
    write_run(tmp_path / "elsewhere", best=0.5)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "linked").symlink_to(tmp_path / "elsewhere")
    (run,) = read_runs([tmp_path / "runs"])
    assert run.values["best_after_raw"] == 0.5


def test_links_that_lead_up_do_not_multiply_folders(tmp_path: Path) -> None:
    """Every link would double the ways down, and the system ends a way after forty links."""
    write_run(tmp_path / "runs", seed=0)
    write_run(tmp_path / "more", seed=1)
    for folder in ("runs", "more"):
        for name, to in (("back", "."), ("other", "../runs"), ("rest", "../more")):
            (tmp_path / folder / name).symlink_to(to)
    assert sorted(run.seed for run in read_runs([tmp_path / "runs"])) == [0, 1]


def test_tables_regenerated_with_different_seeds_are_one_problem(tmp_path: Path) -> None:
    for seed in range(3):
        write_run(
            tmp_path, task="hopper", seed=seed, best=1 + seed, rows=3200, loss_total=seed,
            title=f"Hopper, regenerated table {seed}", data_source="regenerated",
        )  # fmt: skip
    rows = rows_of(tmp_path, "table1")
    text = "2.000 ± 1.000 (se 0.577, n = 3) [1.989 ± 0.050 ‡]"
    assert rows["bdi"]["hopper, data: regenerated"] == text
    assert neutral_title("TFBind8-Exact-v0", 8) == "TFBind8-Exact-v0"
    assert neutral_title("HopperController-Exact-v0", 0) == "HopperController-Exact-v0"
    # The seed is not looked for within a number of rows.
    for seed in (5, 9):
        title = f"Ant, regenerated table {seed}, 5,009 rows"
        assert neutral_title(title, seed) == "Ant, regenerated table (one a seed), 5,009 rows"
    affinity = "TF Bind 10, affinity (PHO4, replicates 3 and 4)"
    assert all(neutral_title(affinity, seed) == affinity for seed in range(9))


def test_columns_of_one_task_are_told_apart(tmp_path: Path) -> None:
    for truth, best in (("last", 0.5), ("affinity", 0.7)):
        settings = {"max_rows": None, "rows": 10_000, "truth": truth}
        write_run(
            tmp_path, "tfbind10", best=best, title=truth, identity={"task_settings": settings}
        )
    row = rows_of(tmp_path, "table2")["bdi"]
    assert (row["tfbind10"], row["tfbind10, truth=affinity"]) == (
        "0.500 (1 seed)",
        "0.700 (1 seed)",
    )


def test_a_method_that_was_not_run(tmp_path: Path) -> None:
    write_run(tmp_path, best=0.5)
    write_run(tmp_path, method="rbf", best=0.9)
    write_run(tmp_path, task="hopper", best=0.7, rows=3200)
    rows = rows_of(tmp_path, "table3")
    assert rows["rbf"]["hopper"] == "not run [0.965 ± 0.103]"
    assert rows["rbf"]["rank mean"] == "1.0/2 in 1 of 2 columns"
    assert rows["bdi"]["rank mean"] == "1.5/2"
    assert "hopper" not in rows_of(tmp_path, "table2")["bdi"]
    assert "tfbind8" not in rows_of(tmp_path, "table1")["bdi"]


def test_published_figures_with_a_caveat_carry_a_star() -> None:
    identity = identity_of("tfbind8", "nn_small", 0)
    key = identity.problem
    problem = Problem("tfbind8", "TFBind8-Exact-v0", "original", "original", 32898, key)
    line = {"version": "0.1.0"}
    run = Run(identity, problem, "nn_small", (), {}, Path("x"), line)
    entry = record("table3", [run], "best", Cell((0.9,), False))
    assert beside(entry) == " [0.958 ± 0.025 *]"
    assert "2,048" in str(entry["remark"])
    changed = Run(identity, problem, "bdi", ("alpha=1",), {}, Path("x"), line)
    assert beside(record("table3", [changed], "best", Cell((0.9,), False))) == ""


def test_the_median_and_the_time_table(tmp_path: Path) -> None:
    for seed in (0, 1):
        write_run(tmp_path, seed=seed, median=0.5953, seconds=10 + seed, solve_seconds=4.0)
    write_run(tmp_path, method="backward_only", seconds=7.0)
    assert rows_of(tmp_path, "a1")["bdi"]["tfbind8"] == "0.595 (det.) [0.595050]"
    times = rows_of(tmp_path, "a3")
    assert times["bdi"]["tfbind8"] == "10.5 / 4.0 (n = 2)"
    assert times["backward_only"]["tfbind8"] == "7.0 (n = 1)"


def test_the_command_line_writes_three_kinds_and_all_digits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(tmp_path / "runs", best=1 / 3)
    write_run(tmp_path / "runs", best=0.25, settings={"target": 5.0})
    main([f"runs={tmp_path / 'runs'}", f"out={tmp_path / 'out'}"])
    out = capsys.readouterr().out
    assert "| bdi | 0.333 (1 seed) [0.973 ± 0.000] | 1.0/1 | 1.0/1 |" in out
    assert "The authors' log of tfbind8: best of bdi 0.973436." in out
    assert "no runs for table1" in out
    names = {path.name for path in (tmp_path / "out").iterdir()}
    made = ("table2", "table3", "a1", "a3", "a4", "scores", "exact")
    tables = {f"{table}.{kind}" for table in made for kind in ("md", "csv", "tex")}
    assert names == tables | {"runs.csv"}
    (line,) = csv.DictReader((tmp_path / "out" / "table3.csv").open())
    assert float(line["mean"]) == 1 / 3
    assert (line["kind"], line["std"], line["paper"]) == ("1 seed", "", "0.973 ± 0.000")
    assert "Table 2" in line["paper_source"]
    values = [r["target"] for r in csv.DictReader((tmp_path / "out" / "a4.csv").open())]
    assert values == ["5.0", "5.0", "10.0", "10.0"]
    write_run(tmp_path / "few", settings={"depth": 3})  # in no table
    main([f"runs={tmp_path / 'few'}", f"out={tmp_path / 'new' / 'out'}"])
    assert [path.name for path in (tmp_path / "new" / "out").iterdir()] == ["runs.csv"]
    assert (
        "the 1 found, 1 of them with changed settings (such as depth=3)" in capsys.readouterr().out
    )
    # The gathered lines alone give the same tables.
    for name in ("table3", "a3", "a4", "scores"):
        gathered = TABLES[name](read_runs([tmp_path / "out" / "runs.csv"]))
        assert gathered == TABLES[name](read_runs([tmp_path / "runs"]))


def test_latex_and_markdown_of_awkward_text() -> None:
    table = Table("t", "50% & more", ["a_b", "c"], [["x|y", "1 ± 2 ‡"]], ["n_l {x}"], [{}])
    text = latex(table)
    assert r"\caption{50\% \& more}" in text
    assert r"a\_b & c \\" in text
    assert r"x|y & 1 $\pm$ 2 $\ddagger$ \\" in text
    assert r"n\_l \{x\}" in text
    assert r"\begin{tabular}{lc}" in text
    assert r"| x\|y | 1 ± 2 ‡ |" in markdown(table)


def test_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        main(["runs=/nowhere"])
    with pytest.raises(InputError, match=r"no 'tabel3'\. Did you mean table3\?"):
        main(["tabel3"])
    with pytest.raises(InputError, match="not known here"):
        main(["seed=3"])
    with pytest.raises(InputError, match="no runs for table1 among the 0 found"):
        main(["table1", f"runs={tmp_path}"])
    (tmp_path / "results.csv").write_text("task,method\ntfbind8,bdi\n")
    with pytest.raises(InputError, match=r"results\.csv: not a results\.csv of a run"):
        read_runs([tmp_path])
    (tmp_path / "results.csv").unlink()
    (tmp_path / "text.md").write_text("# Results\n" + "a line, and more\n" * 3)
    told: list[str] = []
    assert read_runs([tmp_path / "text.md"], told.append) == []
    assert len(told) == 1 and "none of its columns is that of a run's results" in told[0]
    write_run(tmp_path, median_after_raw="")
    with pytest.raises(InputError, match=r"results\.csv: .*; no median_after_raw"):
        read_runs([tmp_path])
    write_run(tmp_path / "odd", seed="first", best=0.5)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"results\.csv: .*'first'"):
        read_runs([tmp_path / "odd"])
    write_run(tmp_path / "more", method="backward_only")
    with pytest.raises(InputError, match="it has no solve_seconds"):
        cell(read_runs([tmp_path / "more"]), "solve_seconds")


def test_more_statistics_a_line_a_method(tmp_path: Path) -> None:
    more = {"p90_after_normalised": 0.4, "share_known": 0.25, "diversity": 5.5}
    for seed, known in ((0, 0.0), (1, 0.5)):
        write_run(tmp_path, seed=seed, best=0.9, **{**more, "share_known": known})
    write_run(tmp_path, method="rbf", best=0.8)
    rows = {row[1]: row for row in TABLES["scores"](read_runs([tmp_path])).rows}  # type: ignore[union-attr]
    header = list(TABLES["scores"](read_runs([tmp_path])).header)  # type: ignore[union-attr]
    bdi = dict(zip(header, rows["bdi"], strict=True))
    assert (bdi["best (100th percentile)"], bdi["90th percentile"]) == ("0.900", "0.400")
    assert (bdi["in the table"], bdi["distance to each other"]) == ("0.250", "5.500")
    assert dict(zip(header, rows["rbf"], strict=True))["90th percentile"] == ""


def test_yardsticks_stand_above_the_methods(tmp_path: Path) -> None:
    write_run(tmp_path, best=0.9)
    (run,) = read_runs([tmp_path])
    line = {
        "problem": run.problem.key, "yardstick": "random", "statistic": "best", "mean": "0.944",
        "std": "0.036",
    }  # fmt: skip
    other = {**line, "problem": "another", "mean": "0.1"}
    assert yardstick_rows([run.problem], "best", [line, other]) == [
        ["random designs", "0.944 ± 0.036"]
    ]
    assert yardstick_rows([run.problem], "median", [line]) == []
    assert yardstick_rows([run.problem], "best", []) == []
    found = statistics_table([run], [line])
    assert found is not None
    assert found.rows[1][:3] == ["tfbind8", "random designs", "0.944"]


def test_the_kept_yardsticks_are_whole() -> None:
    lines = kept_lines()
    for problem in {line["problem"] for line in lines}:
        own = [line for line in lines if line["problem"] == problem]
        pairs = [(line["yardstick"], line["statistic"]) for line in own]
        assert sorted(pairs) == sorted((y, s) for y in YARDSTICKS for s in LABELS)
    assert {"tfbind8", "tfbind10", "rna1", "rna2", "rna3"} <= {line["task"] for line in lines}


ELEVEN = (
    "bdi", "bo_qei", "cma_es", "reinforce", "cbas", "autofocused_cbas", "min_small", "grad_small",
    "coms_small", "roma", "nemo",
)  # fmt: skip


def test_ranks_are_taken_where_all_eleven_were_run(tmp_path: Path) -> None:
    for place, method in enumerate((*ELEVEN, "ram_small", "bdi_search")):
        write_run(tmp_path, method=method, best=0.9 - place / 100)
    write_run(tmp_path, task="utr", method="cbas", best=0.9)
    write_run(tmp_path, task="utr", best=0.1)
    write_run(tmp_path, method="min", best=0.95, settings={"latent": 3})  # changed: no part in it
    rows = rows_of(tmp_path, "table2")
    ranks = [rows[m]["rank mean"].split()[0] for m in ELEVEN]
    assert ranks == [f"{place}.0/11" for place in range(1, 12)]
    assert "in 1 of 2 columns" in rows["bdi"]["rank mean"]
    assert rows["min_small"]["tfbind8"].endswith("[0.882 ± 0.020 *]")
    assert rows["ram_small"]["rank mean"] == rows["bdi_search"]["rank mean"] == ""
    assert not {"min", "grad", "coms"} & set(rows)
    medians = rows_of(tmp_path, "a1")
    assert all(medians[m]["rank mean"].split()[0] == "1.0/11" for m in ELEVEN)  # all have 0.25
    assert medians["ram_small"]["rank mean"] == medians["bdi_search"]["rank mean"] == ""
    write_run(tmp_path, method="min", best=0.99)
    rows = rows_of(tmp_path, "table2")
    assert rows["min"]["rank mean"].startswith("1.0/11")
    assert rows["min_small"]["rank mean"] == ""


def test_differences_on_the_same_seeds(tmp_path: Path) -> None:
    for seed, best in enumerate(RANDOM):
        write_run(tmp_path, method="random", seed=seed, best=best, median=0.4, loss_total=seed)
        write_run(tmp_path, method="cbas", seed=seed, best=best + 0.1, median=0.5 + seed / 100,
                  loss_total=seed)  # fmt: skip
    for seed in (0, 1):
        write_run(tmp_path, seed=seed, best=0.9, median=0.6)
        write_run(tmp_path, method="rbf", seed=seed, best=0.8, median=0.6)
    table = TABLES["paired"](read_runs([tmp_path]))
    assert table is not None
    rows = {row[1]: dict(zip(table.header, row, strict=True)) for row in table.rows}
    assert set(rows) == {"random", "cbas", "bdi", "rbf"}
    assert rows["cbas"]["best less random's"] == "+0.100 ± 0.000 (8)"
    # Medians lie at 0.1 to 0.17 above: 2.3646 is Student's quantile for seven degrees.
    half = 2.364624 * np.std(np.arange(8) / 100, ddof=1) / np.sqrt(8)
    assert rows["cbas"]["median less random's"] == f"+0.135 ± {half:.3f} (8)"
    mean = 0.9 - np.mean(RANDOM)
    assert rows["bdi"]["best less random's"].startswith(f"{mean:+.3f} ± ")
    assert rows["bdi"]["best less bdi's"] == rows["random"]["best less random's"] == ""
    assert rows["rbf"]["best less bdi's"] == "-0.100"


def test_one_seed_of_a_method_that_draws_is_said_to_be_one(tmp_path: Path) -> None:
    write_run(tmp_path, method="random", best=0.5)
    write_run(tmp_path, method="cbas", best=0.6)
    table = TABLES["paired"](read_runs([tmp_path]))
    assert table is not None
    rows = {row[1]: dict(zip(table.header, row, strict=True)) for row in table.rows}
    assert rows["cbas"]["best less random's"] == "+0.100 (1)"


def test_equal_differences_have_an_interval_of_no_width(tmp_path: Path) -> None:
    for seed in range(3):
        write_run(tmp_path, method="random", seed=seed, best=0.5, median=0.5, loss_total=seed)
        write_run(tmp_path, method="cbas", seed=seed, best=0.75, median=0.5, loss_total=seed)
    table = TABLES["paired"](read_runs([tmp_path]))
    assert table is not None
    (entry,) = (r for r in table.records if (r["method"], r["statistic"]) == ("cbas", "best"))
    assert (entry["pairs"], entry["mean"], entry["half_width"]) == (3, 0.25, 0.0)


@pytest.mark.parametrize("differs", TABLE)
def test_differences_are_those_on_the_same_table(differs: str, tmp_path: Path) -> None:
    """The first seed's table was made again elsewhere, and is another one there."""
    same: dict[str, Any] = {"best_before_raw": 1200.0, "median_before_raw": 400.0}
    for seed, best in enumerate(RANDOM):
        write_run(tmp_path, method="random", seed=seed, best=best, loss_total=seed, **same)
        other = same | ({differs: 0.5} if seed == 0 else {})
        higher = 0.9 if seed == 0 else 0.1
        write_run(
            tmp_path, method="cbas", seed=seed, best=best + higher, loss_total=seed, **other
        )  # fmt: skip
    write_run(tmp_path, method="bo_qei", seed=0, best=0.8, **(same | {differs: 0.5}))
    table = TABLES["paired"](read_runs([tmp_path]))
    assert table is not None
    rows = {row[1]: dict(zip(table.header, row, strict=True)) for row in table.rows}
    assert rows["cbas"]["best less random's"] == "+0.100 ± 0.000 (7)"
    assert rows["bo_qei"]["best less random's"] == "no seed and table in common"


def test_exact_tasks_stand_side_by_side(tmp_path: Path) -> None:
    write_run(tmp_path, best=0.9, median=0.6)
    write_run(tmp_path, task="rna1", best=0.7, median=0.5)
    write_run(tmp_path, task="gfp", best=0.8)
    rows = rows_of(tmp_path, "exact")
    assert rows["bdi"]["TFBind8-Exact-v0, best"].startswith("0.900")
    assert rows["bdi"]["rna1, median"].startswith("0.500")
    assert not any("gfp" in name for name in rows["bdi"])


@pytest.mark.parametrize("name", ["table2", "a1", "a3", "exact", "paired", "scores", "checks"])
def test_every_comparison_says_how_methods_stand_to_what_was_published(
    name: str, tmp_path: Path
) -> None:
    for method in ("bdi", "random", "cbas", "roma"):
        write_run(tmp_path, method=method)
    write_run(tmp_path, method="reinforce", settings={"as_published": True})
    table = TABLES[name](read_runs([tmp_path]))
    assert table is not None
    (told,) = [note for note in table.notes if "what was published" in note]
    assert "adaptation: roma" in told
    assert "defect mended: cbas" in told
    if name == "checks":  # here it is run with its defect
        assert "as published: reinforce" in told


def test_what_is_not_the_original_is_told_or_left_out_of_exact_tasks(tmp_path: Path) -> None:
    write_run(tmp_path, best=0.9)
    own = {"max_rows": 300}
    write_run(tmp_path, best=0.8, rows=300, identity={"task_settings": own}, name="few")
    for column in ("data_source", "oracle_source"):
        source = {"source": f"files of {column}"}
        write_run(tmp_path, best=0.1, name=column, identity=source, **{column: "own"})
    row = rows_of(tmp_path, "exact")["bdi"]
    assert {k: v for k, v in row.items() if k.endswith("best")} == {
        "TFBind8-Exact-v0, best": "0.900 (1 seed)",
        "TFBind8-Exact-v0, max_rows=300, best": "0.800 (1 seed)",
    }
