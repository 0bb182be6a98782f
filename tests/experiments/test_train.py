"""The command line from end to end, once on 2,000 rows and otherwise on a few hundred."""

from __future__ import annotations

import csv
import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from forked import PATIENCE, begin, command
from hardening_children import killed_at_step
from omegaconf import DictConfig, OmegaConf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from experiments.runs.config import compose_unchecked, validate
from experiments.runs.history import History
from experiments.runs.overrides import check_overrides, flags_first
from experiments.runs.run_folder import RunFolder
from experiments.train import RunInterruptedError, train
from torchbdi import InputError, MissingDataError, TorchBDIError
from torchbdi.methods import registry

ROOT = Path(__file__).parents[2]
TAGS = [
    "loss/total", "loss/forward", "loss/backward", "prediction/mean", "prediction/max",
    "grad_norm/x_h", "distance/x_h", "seconds/step",
]  # fmt: skip


def config(*overrides: str) -> DictConfig:
    return compose_unchecked(overrides)


def small(data_dir: Path, out: Path, *overrides: str) -> DictConfig:
    return config(
        "task=tfbind8", "task.max_rows=300", f"data_dir={data_dir}", f"out_dir={out}",
        "trainer.progress_bar=false", "trainer.accelerator=cpu", *overrides,
    )  # fmt: skip


def shell(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "experiments.train", *words],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def run(
    data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], Path, str]:
    """One whole run by the command line, shared by the tests that read what it left."""
    out = tmp_path_factory.mktemp("runs")
    words = [
        "task=tfbind8", "task.max_rows=2000", f"data_dir={data_dir}", f"out_dir={out / 'runs'}",
        "seed=3",
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(out / "cache"))
        done = command("experiments.train", *words)
    assert done.returncode == 0, done.stderr
    (folder,) = (out / "runs").iterdir()
    return json.loads((folder / "metrics.json").read_text()), folder, done.stdout


def test_what_a_run_prints(run: tuple[dict[str, Any], Path, str], origin: str) -> None:
    metrics, folder, out = run
    assert f"{metrics['best_after_raw']:.6f}" in out
    assert f"{metrics['median_before_normalised']:.6f}" in out
    assert str(folder) in out
    assert f"Data: {origin}. True function: original." in out
    assert "tensorboard --logdir" in out


def test_metrics_are_those_of_the_proposals(run: tuple[dict[str, Any], Path, str]) -> None:
    metrics, folder, _ = run
    with np.load(folder / "proposals.npz", allow_pickle=False) as saved:
        arrays = dict(saved)
    assert metrics["best_after_raw"] == arrays["score_after"].max()
    assert metrics["median_after_raw"] == np.median(arrays["score_after"])
    assert metrics["best_before_raw"] == arrays["score_before"].max()
    assert metrics["seed"] == 3
    assert metrics["rows"] == 2000
    assert metrics["solve_residual"] <= 1e-6
    assert arrays["designs"].shape == (128, 8)
    assert arrays["x_h"].shape == (128, 24)
    rows = list(csv.DictReader((folder / "proposals.csv").open()))
    assert len(rows) == 128
    for i in (0, 77, 127):
        assert rows[i]["design"] == "".join("ACGT"[c] for c in arrays["designs"][i])
        assert float(rows[i]["score"]) == arrays["score_after"][i]
        assert int(rows[i]["start_row"]) == arrays["start_rows"][i]
    (row,) = csv.DictReader((folder / "results.csv").open())
    assert set(row) == set(metrics)
    assert float(row["best_after_raw"]) == metrics["best_after_raw"]


def test_files_of_a_run(run: tuple[dict[str, Any], Path, str]) -> None:
    _, folder, _ = run
    names = {path.name for path in folder.iterdir() if not path.name.startswith("events")}
    assert names == {
        "config.yaml", "identity.json", "versions.json", "metrics.json", "results.csv",
        "proposals.npz", "proposals.csv", "losses.csv", "losses.png", "state",
    }  # fmt: skip
    text = (folder / "config.yaml").read_text()
    assert "seed: 3" in text
    assert "${" not in text
    asked = OmegaConf.load(folder / "config.yaml").method  # and as it is for this table
    resolved = json.loads((folder / "identity.json").read_text())["method"]["settings"]
    kinds = ("lr", "alpha", "tolerance")
    assert [asked[name] for name in kinds] == [None, None, None]
    assert [resolved[name] for name in kinds] == [0.1, 0, 1e-8]
    assert set(resolved) == set(asked) - {"name"}
    versions = json.loads((folder / "versions.json").read_text())
    assert versions["torch"] == torch.__version__
    assert (folder / "losses.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    rows = list(csv.DictReader((folder / "losses.csv").open()))
    assert set(rows[0]) == {"step", *TAGS} - {"seconds/step"}
    assert [int(row["step"]) for row in rows] == list(range(1, 201))
    assert float(rows[-1]["loss/total"]) < float(rows[0]["loss/total"])


def test_event_files(run: tuple[dict[str, Any], Path, str]) -> None:
    _, folder, _ = run
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
    events.Reload()
    assert set(TAGS) <= set(events.Tags()["scalars"])
    for tag in TAGS:
        points = events.Scalars(tag)
        assert len(points) == 200, tag
        assert all(math.isfinite(p.value) for p in points), tag
        assert [p.step for p in points] == list(range(1, 201)), tag
    assert events.Scalars("distance/x_h")[0].value == 0
    assert events.Scalars("distance/x_h")[-1].value > 0
    texts = [tag for tag in events.Tags()["tensors"] if tag.endswith("/text_summary")]
    summary = b"".join(
        s for tag in texts for e in events.Tensors(tag) for s in e.tensor_proto.string_val
    )
    assert b"best (100th percentile)" in summary
    assert b"ridge: 1.0e-06" in summary
    plugins = events.summary_metadata
    assert any(m.plugin_data.plugin_name == "hparams" for m in plugins.values())


def test_the_seed_and_the_run_are_reproducible(data_dir: Path, tmp_path: Path) -> None:
    first = train(small(data_dir, tmp_path, "method.steps=5"))
    second = train(small(data_dir, tmp_path, "method.steps=5"))
    for name in ("loss_total", "best_after_raw", "median_after_raw"):
        assert first[name] == second[name]
    folders = sorted(tmp_path.iterdir())
    assert len(folders) == 2  # also within one second: no run is overwritten
    one, two = (np.load(f / "proposals.npz") for f in folders)
    assert np.array_equal(one["x_h"], two["x_h"])


@pytest.mark.parametrize(
    ("method", "kernel"),
    [("forward_only", "ntk"), ("backward_only", "ntk"), ("rbf", "rbf"), ("ntk_ascent", "ntk")],
)
def test_ablations(data_dir: Path, tmp_path: Path, method: str, kernel: str) -> None:
    metrics = train(small(data_dir, tmp_path, f"method={method}", "method.steps=3"))
    assert metrics["method"] == method
    assert metrics["settings"]["kernel"] == kernel
    assert ("solver" in metrics) == (method != "backward_only")


def test_the_finite_branch_on_a_slice(data_dir: Path, tmp_path: Path) -> None:
    words = ("task.max_rows=300", "method=nn_small", "method.net_epochs=2", "method.steps=2")
    metrics = train(small(data_dir, tmp_path, *words))
    assert metrics["settings"]["width"] == 256
    assert "kernel" not in metrics["settings"]
    assert metrics["eta_used"] > 0
    assert 0 < metrics["net_loss"] < 2
    assert math.isfinite(metrics["loss_total"])
    with pytest.raises(InputError, match=r"no method\.kernel\..*method\.width"):
        check_overrides(["method=nn", "method.kernel=ntk"])


def test_groups_of_designs_keep_the_order_of_the_starts(data_dir: Path, tmp_path: Path) -> None:
    train(small(data_dir, tmp_path, "method.steps=1", "method.lr=0", "method.designs_per_group=8"))
    (folder,) = tmp_path.iterdir()
    saved = np.load(folder / "proposals.npz")
    assert np.array_equal(saved["score_before"], saved["score_after"])
    assert (np.diff(saved["score_before"]) <= 0).all()


def test_a_sweep_in_several_processes_from_the_shell(data_dir: Path, tmp_path: Path) -> None:
    """One process is in test_one_file. joblib's outlive one that is not ended by Python itself."""
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    done = shell(
        "-m", "seed=0,1", "task.max_rows=300", f"data_dir={data_dir}", f"out_dir={tmp_path}",
        "method.steps=2", "trainer.progress_bar=false", "hydra/launcher=joblib",
        "hydra.launcher.n_jobs=2",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    metrics = [json.loads(path.read_text()) for path in tmp_path.glob("*/metrics.json")]
    assert sorted(m["seed"] for m in metrics) == [0, 1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["task=hoper"], "no task 'hoper'. Did you mean hopper. Valid: .*tfbind8"),
        (["task=TFBind8"], r"no task 'TFBind8'\. Did you mean tfbind8\?"),
        (
            ["method.alhpa=0"],
            r"no method\.alhpa\. Did you mean method\.alpha\?.*method\.lr",
        ),
        (["sede=1"], "no sede. Did you mean seed"),
        (["method.alpha=high"], r"method=bdi: BDI: alpha must be a finite number .*'high'"),
        (["method.kernel=matern"], r"kernel must be one of ntk, rbf, got 'matern'"),
        (["method.lr={a: 1}"], r"lr must be a finite number or a list"),
        (["+x=1"], r"there is no x\..*method, .*seed"),
        (["+method.extra=1"], r"there is no method\.extra\..*method\.alpha"),
        (["++method.alpha=1"], r"entries can be changed, not added or removed: method\.alpha=VAL"),
        (["~method.alpha"], r"entries can be changed.*Valid: .*method\.lr"),
        (["method"], r"method: not of the form name=value\. Valid: .*seed"),
        (["method.name=rbf"], r"there is no method\.name"),
        (["method=bdy"], r"no method 'bdy'\. Did you mean bdi. Valid: .*ntk_ascent"),
        (["trainer.accelerator=tpu"], "not one of auto, cpu, gpu"),
        (["method.steps=0"], r"steps must be >= 1, got 0"),
        (["method.ridge_scale=none"], "ridge_scale must be one of trace, absolute"),
        (["method.designs_per_group=3"], "does not divide designs=128"),
        (["designs=300"], "the table has 200 rows"),
        (["task.max_rows=0"], r"task\.max_rows must be >= 1, got 0"),
        (["trainer.trajectory_every=-1"], r"trajectory_every must be at least 0, got -1"),
        (["seed=-1"], "seed must be at least 0, got -1"),
        (["seed=4294967296"], r"seed must be below 2\^32"),
        (["resume=/nowhere", "method.steps=400"], r"method\.steps=400 would have no effect"),
        (["data_dir=/nowhere"], "data_dir is /nowhere"),
        (["data_dir="], "data_dir=: name a folder"),
        (["seed=0", "score=end", "seed=1"], "seed is given twice: seed=0 and seed=1"),
        (["task=tfbind8", "task=rna1"], "task is given twice"),
        (["method.steps=2", "+method.steps=3"], r"method\.steps is given twice"),
        (["resume=/nowhere"], "no run"),
        (["method=bdi,random", "method.steps=1,2"], r"no method\.steps.* of method=random\."),
        (["task=tfbind10,rna1", "task.truth=affinity"], r"no task\.truth.* of task=rna1\."),
        (["method=best_rows", "method.n=1"], r"no method\.n\. method=best_rows has no settings"),
    ],
)
def test_wrong_words(words: list[str], message: str, data_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(TorchBDIError) as error:
        check_overrides(words)
        train(small(data_dir, tmp_path, "task.max_rows=200", *words))
    assert re.search(message, str(error.value), re.DOTALL), error.value
    assert not list(tmp_path.iterdir())


def test_a_run_that_finds_no_data_leaves_nothing_and_takes_nothing_away(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = RunFolder.create(small(data_dir, tmp_path, "task.max_rows=200")).path
    monkeypatch.setenv("TORCHBDI_OFFLINE", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "nothing"))
    (tmp_path / "empty").mkdir()
    config_file = begun / "config.yaml"
    config_file.write_text(config_file.read_text().replace(str(data_dir), str(tmp_path / "empty")))
    for words in ([f"resume={begun}"], ["task=utr", f"data_dir={tmp_path / 'empty'}"]):
        with pytest.raises(MissingDataError):
            train(config(*words, f"out_dir={tmp_path}"))
        assert list(tmp_path.glob("*/config.yaml")) == [config_file]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_noticed_before_the_data(data_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="finds no CUDA GPU"):
        train(small(data_dir, tmp_path, "trainer.accelerator=gpu", "data_dir=/nowhere"))
    assert not list(tmp_path.iterdir())


def test_ctrl_c_before_the_first_step_says_how_to_go_on(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("torchbdi.methods.bdi.BDI.solve", interrupted)
        with pytest.raises(RunInterruptedError, match="resume=") as stop:
            train(small(data_dir, tmp_path, "task.max_rows=200", "method.steps=1"))
    (folder,) = tmp_path.iterdir()
    assert str(stop.value).endswith(f"resume={folder}")
    train(config(f"resume={folder}"))
    assert (folder / "metrics.json").is_file()


def test_a_run_that_another_process_ends_meanwhile_is_left_alone(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder.create(small(data_dir, tmp_path, "task.max_rows=200", "method.steps=1")).path
    before = {path.name for path in folder.iterdir()}

    def ended(_: RunFolder, cfg: DictConfig) -> DictConfig:
        (folder / "metrics.json").write_text("{}")
        return validate(cfg)

    monkeypatch.setattr("experiments.train._validated", ended)
    with pytest.raises(InputError, match="this run is complete"):
        train(config(f"resume={folder}"))
    assert {path.name for path in folder.iterdir()} == {*before, "metrics.json"}


def test_the_shell_shows_an_error_without_a_traceback(tmp_path: Path) -> None:
    done = command("experiments.train", "task=hoper", f"out_dir={tmp_path}")
    assert done.returncode == 1
    assert done.stderr.startswith("error: task=hoper: no task")
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match="accelerator"):
            validate(config("trainer.accelerator=cuda"))


def test_help_tells_every_field_of_a_method() -> None:
    done = command("experiments.train", "method=nn_small", "--help")
    assert done.returncode == 0, done.stderr
    for field in registry.fields("nn_small"):
        assert f"method.{field.name}=" in done.stdout
        assert field.meaning.splitlines()[0] in done.stdout
    assert "method.width=256    (int)" in done.stdout  # the preset's, not the class's
    assert "method.eta=null    (float | None)" in done.stdout
    assert "task: ant, dkitty," in done.stdout
    assert "  seed=0" in done.stdout and "  trainer.accelerator=auto" in done.stdout
    done = command("experiments.train", "method=nope", "-h")
    assert done.returncode == 1
    assert "no method 'nope'" in done.stderr


def test_numbers_of_the_command_line_are_of_the_type_of_their_field() -> None:
    words = ["method.target=15", "method.steps=20.0", "method.lr=[1,0.5]"]
    method = validate(config(*words)).method
    assert [repr(method[n]) for n in ("target", "steps")] == ["15.0", "20"]
    assert list(method.lr) == [1.0, 0.5]
    assert validate(config("method=forward_only")).method.backward_weight == 0.0


def test_flags_may_stand_between_words() -> None:
    """Hydra alone refuses what follows a flag behind another word."""
    words = ["task=tfbind8", "-m", "method.target=5,10", "--config-dir", "x", "seed=1"]
    overrides = ["task=tfbind8", "method.target=5,10", "seed=1"]
    assert flags_first(words) == ["-m", "--config-dir", "x", *overrides]
    assert flags_first(overrides) == overrides


def test_known_words_pass() -> None:
    check_overrides(["+hydra.launcher.x=1", "hydra.searchpath=[a]", "--config-dir", "x", "seed=1"])
    check_overrides(
        ["task=tfbind8", "method.alpha=0", "seed=0,1", "data_dir=x", "task.max_rows=5",
         "hydra.sweep.dir=x", "-m", "method=rbf", "method.depth=4"],
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_stop_leaves_a_checkpoint_and_says_how_to_go_on(
    number: int, data_dir: Path, tmp_path: Path
) -> None:
    words = [
        "task=tfbind8", "task.max_rows=500", f"data_dir={data_dir}", f"out_dir={tmp_path}",
        "trainer.progress_bar=false", "trainer.accelerator=cpu", "trainer.checkpoint_every=7",
        "method.steps=3000",
    ]  # fmt: skip
    begun = begin("experiments.train", *words)
    deadline = time.monotonic() + PATIENCE
    while not list(tmp_path.rglob("last.ckpt")):
        assert begun.process.is_alive() and time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(begun.process.pid, number)
    done = begun.end()
    stderr = done.stderr
    (folder,) = tmp_path.iterdir()
    assert done.returncode == 130, stderr
    assert f"resume={folder}" in stderr
    assert "Traceback" not in stderr
    assert not (folder / "metrics.json").exists()
    step = torch.load(folder / "state" / "last.ckpt", weights_only=True)["global_step"]
    assert 0 < step < 3000
    assert f"stopped after step {step} of 3000" in stderr


def test_a_signal_to_stop_says_how_to_go_on_whatever_the_method(
    data_dir: Path, tmp_path: Path
) -> None:
    begun = begin(
        "experiments.train", "task=tfbind8", "task.max_rows=500", f"data_dir={data_dir}",
        f"out_dir={tmp_path}", "trainer.progress_bar=false", "trainer.accelerator=cpu",
        "method=cma_es", "method.ensemble_epochs=100000",
    )  # fmt: skip
    deadline = time.monotonic() + PATIENCE
    while not list(tmp_path.rglob("log.jsonl")):
        assert begun.process.is_alive() and time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(begun.process.pid, signal.SIGTERM)
    done = begun.end()
    (folder,) = tmp_path.iterdir()
    assert done.returncode == 130, done.stderr
    assert f"resume={folder}" in done.stderr
    assert "Traceback" not in done.stderr


def test_killed_runs_go_on_bit_for_bit(data_dir: Path, tmp_path: Path) -> None:
    """kill -9 after step 27; resume starts from the checkpoint of step 20."""
    whole = small(data_dir, tmp_path / "a", "method.steps=40", "trainer.checkpoint_every=10")
    train(whole)
    done = command(
        "experiments.train", "task.max_rows=300", f"data_dir={data_dir}",
        f"out_dir={tmp_path / 'b'}", "trainer.progress_bar=false", "trainer.accelerator=cpu",
        "method.steps=40", "trainer.checkpoint_every=10",
        first=partial(killed_at_step, 27),
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    (killed,) = (tmp_path / "b").iterdir()
    assert torch.load(killed / "state" / "last.ckpt", weights_only=True)["global_step"] == 20
    log = killed / "log.jsonl"
    step, seconds, values, _ = json.loads(log.read_text().splitlines()[-1])
    assert step == 27
    History(log).add(step, seconds + 1000, values, sync=True)
    log.write_text(log.read_text() + "[28, 1")
    begun = time.perf_counter()
    taken = train(config(f"resume={killed}"))["seconds"]
    assert 1000 < taken < 1000 + seconds + time.perf_counter() - begun
    (reference,) = (tmp_path / "a").iterdir()
    one, two = (np.load(f / "proposals.npz") for f in (reference, killed))
    assert np.array_equal(one["x_h"], two["x_h"])
    losses = [np.loadtxt(f / "losses.csv", delimiter=",", skiprows=1) for f in (reference, killed)]
    assert np.array_equal(*losses)
    events = EventAccumulator(str(killed), size_guidance={"scalars": 0})
    events.Reload()
    assert [p.step for p in events.Scalars("loss/total")] == list(range(1, 41))
    with pytest.raises(InputError, match="complete"):
        train(config(f"resume={killed}"))
