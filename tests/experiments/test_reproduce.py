"""Only what is missing is run, interrupted runs go on, and nothing of another kind is reused."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from omegaconf import DictConfig, OmegaConf

import torchbdi
from experiments import reproduce, train
from experiments.figures import FIGURES
from experiments.paper.plans import GPU_METHODS, PLANS
from experiments.reproduce import main, method_names
from experiments.runs import archive
from experiments.runs.config import compose_config
from experiments.runs.run_folder import RunFolder
from experiments.runs.settings import own_settings
from experiments.table import TABLES
from experiments.tasks import task_names
from experiments.tasks.task import Codec, OfflineData, Task
from torchbdi import InputError, TorchBDIError
from torchbdi.kernels.files import locked

ROOT = Path(__file__).parents[2]


class Fake:
    """Stands in for training and for the data: quick runs that write real folders."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, str, float, int]] = []
        self.data_source = "original"
        self.random = {"rbf"}
        self.failing: set[str] = set()

    def load_task(self, cfg: DictConfig) -> Task:
        nothing = torch.tensor([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
        codec = Codec(np.zeros(2), np.ones(2), (2,))
        return Task(
            cfg.task.name, "A table", OfflineData(nothing, nothing[:, 0]), codec, np.zeros(4),
            0.0, 1.0, self.data_source, "original", lambda x: x[:, 0],
        )  # fmt: skip

    def train(self, cfg: DictConfig) -> dict[str, Any]:
        assert not cfg.resume
        if cfg.method.name in self.failing:
            raise TorchBDIError("the loss is not finite")
        own = own_settings(cfg.task.name, cfg.method.name, 4)
        settings = {**own, **{k: v for k, v in cfg.method.items() if k != "name" and v is not None}}
        self.ran.append((cfg.task.name, cfg.method.name, settings.get("alpha"), cfg.seed))
        score = cfg.seed / 10 if cfg.method.name in self.random else 0.5
        metrics = {
            "task": cfg.task.name, "title": "A table", "data_source": self.data_source,
            "oracle_source": "original", "method": cfg.method.name, "seed": cfg.seed, "rows": 4,
            **settings,
            "best_after_raw": score, "median_after_raw": score, "loss_total": score,
            "version": torchbdi.__version__,
        }  # fmt: skip
        RunFolder.create(cfg).write_results(metrics)
        return metrics


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    fake = Fake()
    monkeypatch.setattr(reproduce, "train", fake.train)
    monkeypatch.setattr(archive, "load_task", fake.load_task)
    return fake


def test_two_seeds_and_eight_where_they_differ(fake: Fake, tmp_path: Path) -> None:
    words = ["tasks=tfbind8", "methods=bdi,rbf", f"out_dir={tmp_path}"]
    main(words)
    seeds = {m: [r[3] for r in fake.ran if r[1] == m] for m in ("bdi", "rbf")}
    assert seeds == {"bdi": [0, 1], "rbf": list(range(8))}
    main(words)
    assert len(fake.ran) == 10  # nothing was missing
    main([*words, "seeds=1,9"])
    assert [r[1:] for r in fake.ran[10:]] == [("bdi", 0.0, 9), ("rbf", 0.0, 9)]


def test_sets_share_their_runs(fake: Fake, tmp_path: Path) -> None:
    main(["table1", "fig4", "tasks=tfbind8", "methods=bdi", "seeds=0", f"out_dir={tmp_path}"])
    assert [r[2] for r in fake.ran] == [0.0, 5e-4, 1e-3, 2e-3, 4e-3]  # alpha=0 is BDI's own here


def test_a_table_names_all_methods_but_those_for_a_gpu(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {"bdi", "backward_only", "forward_only", "rbf"} <= set(method_names())
    monkeypatch.setattr(reproduce, "method_names", lambda: ["bdi", *GPU_METHODS, "rbf"])
    main(["table3", "tasks=tfbind8", "seeds=0", f"out_dir={tmp_path}"])
    assert [r[1] for r in fake.ran] == ["bdi", "rbf"]


def test_tasks_that_are_not_there_are_named(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reproduce, "task_names", lambda: ["tfbind8"])
    main(["table2", "table1", "seeds=0", "methods=bdi", f"out_dir={tmp_path}"])
    assert [r[0] for r in fake.ran] == ["tfbind8"]
    out = capsys.readouterr().out
    assert "left out, not there: task superconductor, hopper, ant, dkitty" in out
    assert "left out, not there: task gfp, utr" in out


@pytest.mark.parametrize("what", ["version", "data_source", "rows", "title", "alpha", "unfinished"])
def test_runs_of_another_kind_do_not_count(fake: Fake, tmp_path: Path, what: str) -> None:
    words = ["tasks=tfbind8", "methods=bdi", "seeds=0", f"out_dir={tmp_path}"]
    main(words)
    (folder,) = tmp_path.glob("tfbind8*")
    metrics = json.loads((folder / "metrics.json").read_text())
    if what == "alpha":
        words.append("method.alpha=0.5")
    elif what == "unfinished":  # and begun by another version, so that it is not resumed
        (folder / "metrics.json").unlink()
        (folder / "versions.json").write_text('{"torchbdi": "0.0.1"}')
    else:
        other = {"version": "0.0.1", "data_source": "regenerated", "rows": 3, "title": "Another"}
        (folder / "metrics.json").write_text(json.dumps(metrics | {what: other[what]}))
    main(words)
    assert len(fake.ran) == 2
    main(words)
    assert len(fake.ran) == 2


def test_other_runs_go_on_when_one_fails(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.failing = {"bdi"}
    words = ["tasks=tfbind8", "methods=bdi,backward_only", f"out_dir={tmp_path}"]
    with pytest.raises(SystemExit, match=r"method=bdi seed=0: the loss is not finite"):
        main(words)
    assert [r[1] for r in fake.ran] == ["backward_only"] * 2
    fake.failing = set()
    main(words)
    assert [r[1] for r in fake.ran[2:]] == ["bdi"] * 2


def test_a_second_process_is_kept_out(fake: Fake, tmp_path: Path) -> None:
    with (
        locked(tmp_path, AssertionError("nobody else is there")),
        pytest.raises(InputError, match="another process is at work"),
    ):
        main(["tasks=tfbind8", "methods=bdi", f"out_dir={tmp_path}"])
    main(["tasks=tfbind8", "methods=bdi", f"out_dir={tmp_path}"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["tabel1"], r"no 'tabel1'\. Did you mean table1\?"),
        ([], "name one of table1"),
        (["tasks=tfbind8"], "give tasks= and methods="),
        (["table1", "tasks=tfbind9"], "no task 'tfbind9'. Valid: .*tfbind8"),
        (["table1", "methods=bid"], "no method 'bid'. Valid: .*bdi"),
        (["table1", "seeds=one"], "write seeds=0,1,2"),
        (["table1", "seeds=1", "seeds=2"], "given twice"),
    ],
)
def test_wrong_words(words: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        main([*words, f"out_dir={tmp_path}"])


def test_a_setting_that_does_not_exist_is_an_error(fake: Fake, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"method\.stepz"):
        main(["tasks=tfbind8", "methods=bdi", f"out_dir={tmp_path}", "method.stepz=2"])
    assert not fake.ran


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_is_a_configuration(name: str) -> None:
    plan = PLANS[name]
    for setting in plan.settings:
        cfg = compose_config([f"task={task_names()[0]}", *setting])
        for word in setting:
            key, value = word.split("=")
            assert OmegaConf.select(cfg, key) == float(value)
    assert set(plan.methods or ()) <= set(method_names())


def small(data_dir: Path, out: Path) -> list[str]:
    return [
        "tasks=tfbind8", "methods=bdi", f"out_dir={out}", f"data_dir={data_dir}",
        "task.max_rows=300", "method.steps=5", "trainer.checkpoint_every=2",
        "trainer.progress_bar=false", "trainer.accelerator=cpu",
    ]  # fmt: skip


def test_a_killed_reproduction_goes_on(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """kill -9 in the second of two runs, after step 3; the same command finishes both."""
    script = f"""
import os, signal, torchbdi
from experiments.reproduce import main
step = torchbdi.BDI.training_step
starts = 0
def killed(self, batch, batch_idx):
    global starts
    starts += self.global_step == 0
    if starts == 2 and self.global_step == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return step(self, batch, batch_idx)
torchbdi.BDI.training_step = killed
main({small(data_dir, tmp_path / "runs")!r})
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    first, second = sorted((tmp_path / "runs").glob("tfbind8*"))
    assert (first / "metrics.json").is_file()
    assert not (second / "metrics.json").exists()
    assert torch.load(second / "last.ckpt", weights_only=True)["global_step"] == 2
    written = (first / "metrics.json").stat().st_mtime_ns

    main(small(data_dir, tmp_path / "runs"))
    out = capsys.readouterr().out
    assert f"done already, in {first.name}" in out
    assert f"resuming {second.name}" in out
    assert "tfbind8 bdi : deterministic" in out
    assert sorted((tmp_path / "runs").glob("tfbind8*")) == [first, second]
    assert (first / "metrics.json").stat().st_mtime_ns == written
    one, two = (np.load(folder / "proposals.npz") for folder in (first, second))
    assert np.array_equal(one["x_h"], two["x_h"])
    assert len((second / "losses.csv").read_text().splitlines()) == 6


def test_a_run_killed_while_scoring_goes_on(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [*small(data_dir, tmp_path), "method.steps=4", "seeds=0"]

    def killed(*_: object) -> None:
        raise MemoryError("killed here")

    with monkeypatch.context() as patch, pytest.raises(MemoryError):
        patch.setattr(train, "score_designs", killed)
        main(words)
    (folder,) = tmp_path.glob("tfbind8*")
    assert torch.load(folder / "last.ckpt", weights_only=True)["global_step"] == 4
    main(words)
    assert list(tmp_path.glob("tfbind8*")) == [folder]
    assert json.loads((folder / "metrics.json").read_text())["steps"] == 4
    assert len((folder / "losses.csv").read_text().splitlines()) == 5


def test_a_run_that_cannot_be_resumed_is_begun_anew(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    words = [*small(data_dir, tmp_path), "seeds=0"]
    main(words)
    (folder,) = tmp_path.glob("tfbind8*")
    (folder / "metrics.json").unlink()
    load = train.load_task

    def changed(cfg: DictConfig) -> Task:
        task = load(cfg)
        task.data.y[0] += 1e-9
        return task

    monkeypatch.setattr(train, "load_task", changed)
    capsys.readouterr()
    main(words)
    assert f"{folder.name} cannot be resumed (the checkpoint belongs to another run: data" in (
        capsys.readouterr().out
    )
    assert len(list(tmp_path.glob("tfbind8*/metrics.json"))) == 1


def test_the_guide_to_the_paper_names_what_exists() -> None:
    text = (ROOT / "docs" / "paper.md").read_text(encoding="utf-8")
    files = set(re.findall(r"`((?:torchbdi|experiments)/[\w/]+(?:\.py|\.yaml|/))`", text))
    assert len(files) > 15
    assert [name for name in files if not (ROOT / name).exists()] == []
    for command, known in (("reproduce", [*PLANS, "all"]), ("table", TABLES), ("figures", FIGURES)):
        names = set(re.findall(rf"python -m experiments\.{command} ([a-z]\w*)(?![\w=])", text))
        assert names - {"all"} == set(known) - {"all"}, command


def test_designs_along_the_way_are_scored_after_the_training(
    data_dir: Path, tmp_path: Path
) -> None:
    words = [*small(data_dir, tmp_path), "method.steps=4", "seeds=0", "trainer.trajectory_every=2"]
    main(words)
    (folder,) = tmp_path.glob("tfbind8*")
    lines = list(csv.DictReader((folder / "trajectory.csv").open()))
    metrics = json.loads((folder / "metrics.json").read_text())
    assert [int(line["step"]) for line in lines] == [0, 2, 4]
    for name in ("best", "median"):
        assert float(lines[0][f"{name}_after_raw"]) == metrics[f"{name}_before_raw"]
        assert float(lines[-1][f"{name}_after_raw"]) == metrics[f"{name}_after_raw"]
    (folder / "trajectory.csv").unlink()  # killed before the scores were written
    main(words)
    assert list(csv.DictReader((folder / "trajectory.csv").open())) == lines


def test_the_proposals_hold_what_the_model_predicts_of_them(data_dir: Path, tmp_path: Path) -> None:
    words = [*small(data_dir, tmp_path), "method.steps=1", "method.lr=0", "seeds=0"]
    main([*words, "method.designs_per_group=4"])
    (folder,) = tmp_path.glob("tfbind8*")
    saved = np.load(folder / "proposals.npz")
    # Designs that did not move are rows of the data, which the ridge regression knows by heart.
    assert saved["predicted_normalised"].shape == (128,)
    assert np.allclose(saved["predicted_normalised"], saved["normalised_after"], atol=1e-3)
    main(["tasks=tfbind8", "methods=backward_only", *words[2:]])
    (other,) = tmp_path.glob("tfbind8-backward*")
    assert "predicted_normalised" not in np.load(other / "proposals.npz")
