"""What 0.1.0 wrote: its lines get their identities, and its tables stay what they were."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from experiments.paper.curves import alpha_figure, steps_figure
from experiments.paper.rank_figure import rank_figure
from experiments.runs.older import NOT_RECORDED, converted, is_older
from experiments.runs.results import Run, read_runs
from experiments.table import TABLES
from experiments.tasks.registry import spec_of, task_names
from torchbdi.kernels.files import write_csv

RESULTS = Path(__file__).parents[2] / "docs" / "results"

LINE = {
    "task": "ant", "title": "Ant, regenerated table 1, 5,009 rows", "data_source": "regenerated",
    "oracle_source": "regenerated", "oracle_spearman": "", "method": "bdi", "seed": "1",
    "rows": "2004", "dimensions": "60", "model": "bdi", "depth": "6", "designs": "128",
    "designs_per_group": "1", "steps": "200", "target": "10.0", "alpha": "0.002", "lr": "0.001",
    "forward_weight": "1.0", "backward_weight": "1.0", "kernel": "ntk", "ridge": "1e-06",
    "ridge_scale": "trace", "tolerance": "1e-08", "width": "", "parametrisation": "", "eta": "",
    "rows_per_step": "", "net_epochs": "", "net_batch": "", "net_lr": "",
    "best_after_raw": "3.5", "median_after_raw": "2.5", "best_after_normalised": "0.9",
    "median_after_normalised": "0.4", "best_of_data_normalised": "0.3", "loss_total": "36.25",
    "seconds": "144.0", "version": "0.1.0", "solver": "cholesky",
}  # fmt: skip


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    return read_runs([RESULTS / "runs.csv"])


def parsed(folder: Path, **other: str) -> Run:
    line = {**LINE, **other}
    write_csv(folder / "results.csv", list(line), [list(line.values())])
    (run,) = read_runs([folder])
    return run


def test_a_line_of_0_1_0(tmp_path: Path) -> None:
    run = parsed(tmp_path)
    assert (run.method, run.changes, run.seed) == ("bdi", ("alpha=0.002",), 1)
    assert run.identity.task_settings == {"max_rows": None, "rows": 5009}
    assert run.identity.settings["steps"] == 200
    assert "width" not in run.identity.settings
    assert run.line["designs_sha256"] == NOT_RECORDED
    assert run.values["loss_total"] == 36.25
    assert not set(run.line) & {"model", "alpha", "kernel"}
    assert not is_older(run.line)
    cut = parsed(tmp_path, rows="300")
    assert cut.identity.task_settings == {"max_rows": 300, "rows": 5009}
    other = parsed(tmp_path, rows="12", title="Ant, regenerated table 1, 30 rows")
    assert other.identity.task_settings == {"max_rows": None, "rows": 30}
    unknown = parsed(tmp_path, oracle_source="original")  # by a policy that was not recorded
    assert unknown.identity.source == NOT_RECORDED


@pytest.mark.parametrize(
    ("model", "label", "changes"),
    [
        ({"model": "ascent", "backward_weight": "0.0"}, "ntk_ascent", ()),
        ({"kernel": "rbf"}, "rbf", ()),
        ({"forward_weight": "0.0"}, "backward_only", ()),
        (
            {
                "model": "finite", "method": "nn_small", "kernel": "", "ridge": "", "tolerance": "",
                "ridge_scale": "", "width": "256", "parametrisation": "standard",
                "rows_per_step": "1024", "net_epochs": "50", "net_batch": "256", "net_lr": "0.001",
            },
            "nn_small",
            (),
        ),
        ({"designs": "64"}, "bdi", ("designs=64",)),
    ],
)  # fmt: skip
def test_methods_of_0_1_0(
    tmp_path: Path, model: dict[str, str], label: str, changes: tuple[str, ...]
) -> None:
    run = parsed(tmp_path, alpha="0.001", **model)
    assert (run.method, run.changes) == (label, changes)


def test_every_line_is_a_run_of_todays_tasks(
    runs: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the data of then a run of now would have the same identity, so nothing is run twice."""
    monkeypatch.delenv("TORCHBDI_CHECKSUMS", raising=False)  # the published data are meant
    runs = [run for run in runs if run.line["designs_sha256"] == NOT_RECORDED]
    assert len(runs) == 338
    assert {run.identity.task for run in runs} <= set(task_names())
    for task in {run.identity.task for run in runs}:
        spec = spec_of(task)
        label = {run.line["data_source"] for run in runs if run.identity.task == task}
        (source,) = (s for s in spec.sources if {s.label} == label)
        assert {r.identity.source for r in runs if r.identity.task == task} == {
            source.identity(tmp_path)
        }
        revisions = {(r.identity.task_revision, r.identity.revision) for r in runs}
        assert revisions == {(1, 1)}


@pytest.mark.parametrize("name", ["table3", "a1", "a2", "a4"])
def test_every_cell_is_the_one_that_is_committed(name: str, runs: list[Run]) -> None:
    """Figure for figure, from one committed file to the other; how they are shown may change."""
    table = TABLES[name](runs)
    assert table is not None
    whole = ("kind", "seeds", "mean", "std", "standard_error", "rows", "version")
    cell = ("task", "title", "data_source", "oracle_source", "method", "changes", "statistic")

    def by_cell(records: Iterable[Mapping[str, object]]) -> dict[object, list[str]]:
        return {tuple(r[c] for c in cell): [str(r[c]) for c in whole] for r in records}

    with (RESULTS / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        committed = list(csv.DictReader(file))
    assert by_cell(committed) == by_cell(table.records)
    assert len(by_cell(committed)) == len(committed) > 4


def test_the_gathered_lines_are_written_as_they_are_read(runs: list[Run]) -> None:
    with (RESULTS / "runs.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == [run.line for run in runs]


def test_figures_have_what_they_show(runs: list[Run]) -> None:
    kept = read_runs([RESULTS / "steps"])
    for figure in (steps_figure(kept), alpha_figure(runs)):
        assert figure is not None
        assert len(figure.axes[0].containers) == 3
    ranked = rank_figure(runs)
    assert ranked is not None
    names = {label.get_text().split(",")[0] for label in ranked.axes[0].get_yticklabels()}
    # Tasks that have all eleven methods count; one has Grad at its full width, too.
    assert names == {
        "bdi", "bo_qei", "cma_es", "reinforce", "cbas", "autofocused_cbas", "grad", "grad_small",
        "min_small", "coms_small", "roma", "nemo",
    }  # fmt: skip


def test_a_task_that_0_1_0_did_not_have(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"0\.1\.0 had no task 'rna1'"):
        converted({**LINE, "task": "rna1"})
