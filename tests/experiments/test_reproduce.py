"""Only what is missing is run, interrupted runs go on, and nothing of another kind is reused."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import multiprocessing
import os
import re
import shutil
import signal
from copy import deepcopy
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
import torch
from forked import FORK, command
from hardening_children import killed_at_step
from omegaconf import DictConfig, OmegaConf

import torchbdi
from experiments import reproduce, train
from experiments.figures import FIGURES
from experiments.paper import wanted
from experiments.paper.plans import GPU_METHODS, PLANS
from experiments.reproduce import main
from experiments.runs import archive, finish
from experiments.runs.begun import identity_of, write_identity
from experiments.runs.config import compose_config, method_of
from experiments.runs.lines import line_of
from experiments.runs.results import read_runs
from experiments.runs.run_folder import RunFolder
from experiments.table import TABLES
from experiments.tasks.assemble import request_of
from experiments.tasks.task import Task
from torchbdi import InputError, MissingDataError, OfflineData, Space, TorchBDIError
from torchbdi.kernels.files import locked
from torchbdi.methods import registry

ROOT = Path(__file__).parents[2]


class Fake:
    """Stands in for training and for the data: quick runs that write real folders."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, str, float, int]] = []
        self.random = {"rbf"}
        self.failing: dict[str, Exception] = {}

    def load_task(self, cfg: DictConfig) -> Task:
        letters = np.array([[0, 1], [1, 2], [2, 3], [3, 0]])
        data = OfflineData.from_raw(letters, np.arange(4.0), Space.sequence(2, "ACGT"))
        return Task(
            cfg.task.name, "A table", data, (2,), np.zeros(4), 0.0, 1.0, "original", "original",
            lambda x: x[:, 0],
        )  # fmt: skip

    def train(self, cfg: DictConfig) -> None:
        assert cfg.resume is None
        if f"{cfg.method.name} {cfg.seed}" in self.failing:
            raise self.failing[f"{cfg.method.name} {cfg.seed}"]
        task = self.load_task(cfg)
        name, request = request_of(cfg)
        identity = identity_of(request, name, method_of(cfg), task.data, cfg.designs)
        alpha = identity.settings.get("alpha")
        self.ran.append((cfg.task.name, cfg.method.name, alpha, cfg.seed))
        score = cfg.seed / 10 if cfg.method.name in self.random else 0.5
        facts = {
            "title": "A table", "data_source": "original", "oracle_source": "original",
            "oracle_spearman": None, "method": cfg.method.name, "rows": 4, "dimensions": 6,
            "best_after_raw": score, "median_after_raw": score, "loss_total": score,
            "designs_sha256": str(score), "version": torchbdi.__version__,
        }  # fmt: skip
        folder = RunFolder.create(cfg)
        write_identity(folder, identity, task.data)
        folder.write_results(line_of(identity, facts))

    def stand_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reproduce, "train", self.train)
        monkeypatch.setattr(archive, "load_task", self.load_task)
        monkeypatch.setattr(reproduce, "compose_config", composed)


@cache
def composed_once(words: tuple[str, ...]) -> DictConfig:
    return compose_config(words)


def composed(words: list[str]) -> DictConfig:
    """A configuration by Hydra, which takes as long as all else here and does not change."""
    return deepcopy(composed_once(tuple(word for word in words if "out_dir=" not in word)))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    fake = Fake()
    fake.stand_in(monkeypatch)
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


def test_finished_runs_are_collected_beside_those_that_were_there(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "kept" / "runs.csv"
    words = ["tasks=tfbind8", f"out_dir={tmp_path / 'runs'}", f"collect={file}"]
    main([*words, "methods=bdi", "seeds=0"])
    fake.failing["rbf 1"] = TorchBDIError("no luck")
    with pytest.raises(SystemExit, match="no luck"):
        main([*words, "methods=rbf", "seeds=0,1,2"])
    found = {(run.method, run.seed) for run in read_runs([file])}
    assert found == {("bdi", 0), ("rbf", 0), ("rbf", 2)}
    before = file.read_bytes()
    main([*words, "methods=bdi,rbf", "seeds=0"])
    assert file.read_bytes() == before
    for wrong in ("jobs=0", "jobs=two"):
        with pytest.raises(InputError, match="write jobs=2"):
            main([*words, "methods=bdi", wrong])
    capsys.readouterr()


def test_two_at_a_time_give_what_one_does(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def warm(method: str) -> object:
        """Processes that have imported torch, in the place of fresh ones."""
        assert method == "spawn"
        return FORK

    monkeypatch.setattr(multiprocessing, "get_context", warm)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    for name, more in (("two", ["jobs=2"]), ("one", [])):
        words = [word for word in small(data_dir, tmp_path / name) if "methods=" not in word]
        main([*words, "methods=bdi,backward_only", "seeds=0", *more])
    runs = [
        {run.method: run.values["best_after_raw"] for run in read_runs([tmp_path / name])}
        for name in ("one", "two")
    ]
    assert runs[0] == pytest.approx(runs[1], rel=1e-9)
    assert set(runs[0]) == {"bdi", "backward_only"}


def test_jobs_share_the_cores_that_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)))
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(reproduce, "each_apart", lambda *_: iter(()))
    monkeypatch.setenv("OMP_NUM_THREADS", "")
    monkeypatch.delenv("OMP_NUM_THREADS")
    main(["tasks=tfbind8", "methods=bdi", "jobs=3", f"out_dir={tmp_path}"])
    assert "3 at a time, 2 threads each" in capsys.readouterr().out


def test_sets_share_their_runs(fake: Fake, tmp_path: Path) -> None:
    main(["table2", "alpha", "tasks=tfbind8", "methods=bdi", "seeds=0", f"out_dir={tmp_path}"])
    assert [r[2] for r in fake.ran] == [0.0, 5e-4, 1e-3, 2e-3, 4e-3]  # alpha=0 is BDI's own here


def test_a_table_names_all_methods_but_those_for_a_gpu(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {"bdi", "backward_only", "forward_only", "rbf"} <= set(registry.names())
    monkeypatch.setattr(wanted, "method_names", lambda: ["bdi", *GPU_METHODS, "rbf"])
    main(["scores", "tasks=tfbind8", "seeds=0", f"out_dir={tmp_path}"])
    assert [r[1] for r in fake.ran] == ["bdi", "rbf"]


def test_tasks_that_are_not_there_are_named(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wanted, "task_names", lambda: ["tfbind8"])
    main(["table2", "table1", "seeds=0", "methods=bdi", f"out_dir={tmp_path}"])
    assert [r[0] for r in fake.ran] == ["tfbind8"]
    out = capsys.readouterr().out
    assert "left out, not there: task superconductor, ant, dkitty, hopper" in out
    assert "left out, not there: task gfp, utr" in out


def changed(folder: Path, what: str, value: object) -> None:
    """Writes another value into a run's identity."""
    path = folder / "identity.json"
    content = json.loads(path.read_text())
    *parts, last = what.split(".")
    part = content
    for name in parts:
        part = part[name]
    part[last] = value
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("revision", 0),
        ("task.revision", 0),
        ("task.source", "files 00"),
        ("task.settings.max_rows", 3),
        ("method.revision", 0),
        ("method.settings.alpha", 0.5),
        ("designs", 64),
        ("seed", 7),
    ],
)
def test_runs_of_another_kind_do_not_count(
    fake: Fake, tmp_path: Path, what: str, value: object
) -> None:
    words = ["tasks=tfbind8", "methods=bdi", "seeds=0", f"out_dir={tmp_path}"]
    main(words)
    (folder,) = tmp_path.glob("tfbind8*")
    changed(folder, what, value)
    main(words)
    assert len(fake.ran) == 2
    main(words)
    assert len(fake.ran) == 2


def test_the_version_of_the_package_and_what_is_not_of_a_run_decide_nothing(
    fake: Fake, tmp_path: Path
) -> None:
    words = ["tasks=tfbind8", "methods=bdi", "seeds=0", f"out_dir={tmp_path}"]
    main(words)
    (folder,) = tmp_path.glob("tfbind8*")
    for file, name in (("metrics.json", "version"), ("versions.json", "torchbdi")):
        content = json.loads((folder / file).read_text())
        (folder / file).write_text(json.dumps({**content, name: "0.0.1"}))
    changed(folder, "rows_sha256", "00")  # another processor's table: compared on resume alone
    changed(folder, "method.settings.steps", 200.0)
    main([*words, "trainer.checkpoint_every=3", "trainer.progress_bar=false"])
    assert len(fake.ran) == 1


def test_designs_that_were_not_kept_are_made(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reproduce, "score_trajectory", lambda path: path)
    words = ["tasks=tfbind8", "methods=bdi", "seeds=0", f"out_dir={tmp_path}"]
    for more in ([], ["trainer.trajectory_every=20"], [], ["trainer.trajectory_every=20"]):
        main([*words, *more])
    assert len(fake.ran) == 2


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two finished runs of one cell, of which neither is run once more."""
    folder, fake, said = tmp_path_factory.mktemp("two"), Fake(), io.StringIO()
    words = ["tasks=tfbind8", "methods=bdi", "seeds=0,1", f"out_dir={folder}"]
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(said):
        fake.stand_in(patch)
        for _ in range(2):
            main(words)
            assert len(fake.ran) == 2
    assert "left out" not in said.getvalue()
    return folder


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("metrics.json", "{"),
        ("metrics.json", "[1]"),
        ("metrics.json", "\x00"),
        ("versions.json", "{"),
        ("config.yaml", ""),
        ("config.yaml", "a: [1"),
        ("config.yaml", "a: &a [1, 1]\nb: [*a, *a]"),
        ("config.yaml", "\x00"),
        ("identity.json", "{"),
        ("identity.json", "{}"),
        ("identity.json", '{"task": 3, "method": null}'),
        ("results.csv", ""),
        ("results.csv", "a,b\n1,2\n"),
        ("results.csv", "\x00"),
        *((name, None) for name in (
            "metrics.json", "versions.json", "config.yaml", "identity.json", "results.csv")),
    ],
)  # fmt: skip
def test_a_damaged_file_is_named_and_its_run_left_out(
    two_runs: Path,
    fake: Fake,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    file: str,
    content: str | None,
) -> None:
    """A content of None is a folder in the place of the file."""
    shutil.copytree(two_runs, tmp_path, dirs_exist_ok=True)
    words = ["tasks=tfbind8", "methods=bdi", "seeds=0,1", f"out_dir={tmp_path}"]
    first, _ = sorted(tmp_path.glob("tfbind8*"))
    if content is None:
        (first / file).unlink()
        (first / file).mkdir()
    else:
        (first / file).write_text(content)
    main(words)
    assert len(fake.ran) == 1
    told = [line for line in capsys.readouterr().err.splitlines() if str(first / file) in line]
    assert len(told) == 1
    assert told[0].startswith("left out: ")
    main(words)
    assert len(fake.ran) == 1


def test_a_damaged_collection_is_told_before_the_work(fake: Fake, tmp_path: Path) -> None:
    collection = tmp_path / "runs.csv"
    collection.write_text("a,b\n1,2\n")
    words = ["tasks=tfbind8", "methods=bdi", f"out_dir={tmp_path}", f"collect={collection}"]
    with pytest.raises(InputError, match=r"runs\.csv: not a results\.csv"):
        main(words)
    assert not fake.ran


def test_other_runs_go_on_when_one_fails(
    fake: Fake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.failing = {
        "bdi 1": TorchBDIError("the loss is not finite"),
        "backward_only 0": RuntimeError("not ours"),
    }
    words = ["tasks=tfbind8", "methods=bdi,backward_only", "seeds=0,1,2", f"out_dir={tmp_path}"]
    with pytest.raises(SystemExit) as ended:
        main(words)
    failed = str(ended.value).splitlines()
    assert failed[0] == "failed:"
    assert failed[1].endswith("method=bdi seed=1: the loss is not finite")
    assert failed[2].endswith("method=backward_only seed=0: not ours")
    assert "Traceback" in capsys.readouterr().err
    ran = [("bdi", 0), ("bdi", 2), ("backward_only", 1), ("backward_only", 2)]
    assert [(r[1], r[3]) for r in fake.ran] == ran
    fake.failing = {}
    main(words)
    assert [(r[1], r[3]) for r in fake.ran[4:]] == [("bdi", 1), ("backward_only", 0)]


def test_without_data_no_other_seed_is_tried(fake: Fake, tmp_path: Path) -> None:
    fake.failing = {f"bdi {seed}": MissingDataError("no data") for seed in range(8)}
    with pytest.raises(SystemExit) as ended:
        main(["tasks=tfbind8", "methods=bdi", f"out_dir={tmp_path}"])
    assert str(ended.value).count("no data") == 1


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
        (["table1", "tasks=tfbind9"], r"no task 'tfbind9'\. Did you mean tfbind8\? Valid: "),
        (["table1", "methods=bid"], r"no method 'bid'\. Did you mean bdi\? Valid: "),
        (["table1", "seeds=one"], "write seeds=0,1,2"),
        (["table1", "seeds=1", "seeds=2"], "given twice"),
        (["table1", "seeds=0,-1"], "write seeds=0,1,2"),
        (["table1", "seeds=1_0"], "write seeds=0,1,2"),
        (["table1", "collect="], "collect= has no value"),
        (["table1", "collect=."], r"collect=\.: this is a folder"),
        (["table1", "seed=5"], "seed=5: not here. Write seeds="),
        (["table1", "task=rna1"], "task=rna1: not here. Write tasks="),
        (["table1", "method=rbf"], "method=rbf: not here. Write methods="),
        (["table1", "resume=runs/a"], "gone on with by the same command"),
        (["table1", "hydra.sweep.dir=a"], "no effect"),
        (["fig3", "method.target=7"], "varies method.target itself"),
        (["fig3", "methods=cbas"], "there is nothing to run"),
        (["table1", "steps=3"], r"there is no steps"),
        (["table1", "method.stepz=3"], r"no method\.stepz\. Did you mean method\.steps\?"),
        (["table1", "method.steps=0"], "steps must be >= 1"),
        (["table1", f"out_dir={ROOT / 'experiments' / 'runs'}"], "is inside the package"),
        (["table1", f"out_dir={ROOT / 'kernels' / 'made'}"], "is inside the package"),
    ],
)
def test_wrong_words(words: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        main(words if "out_dir" in str(words) else [*words, f"out_dir={tmp_path}"])


def test_a_setting_that_does_not_exist_is_an_error(fake: Fake, tmp_path: Path) -> None:
    words = ["tasks=tfbind8", "methods=bdi,best_rows", f"out_dir={tmp_path}"]
    with pytest.raises(InputError, match=r"method\.stepz"):
        main([*words, "method.stepz=2"])
    assert not fake.ran
    told = r"method=best_rows method\.steps=2.*: there is no method\.steps\. .*has no settings\.$"
    with pytest.raises(SystemExit, match=told):
        main([*words, "method.steps=2", "seeds=0"])  # one of the methods has it
    assert [r[1] for r in fake.ran] == ["bdi"]


def test_what_a_task_or_method_does_not_have_is_not_varied(fake: Fake, tmp_path: Path) -> None:
    words = ["methods=bdi,best_rows", "seeds=0", f"out_dir={tmp_path}"]
    main(["affinity", "exact", "alpha", "tasks=tfbind8", *words])
    assert [r[:3] for r in fake.ran] == [
        ("tfbind8", "bdi", 0.0),
        ("tfbind8", "best_rows", None),
        *(("tfbind8", "bdi", alpha) for alpha in (5e-4, 1e-3, 2e-3, 4e-3)),
    ]


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_is_a_configuration(name: str) -> None:
    plan = PLANS[name]
    for setting in plan.settings:
        method = [f"method={plan.methods[0]}"] if plan.methods else []
        cfg = compose_config([f"task={plan.tasks[0]}", *method, *setting])
        for word in setting:
            key, value = word.split("=")
            found = OmegaConf.select(cfg, key)
            assert found == (value if isinstance(found, str) else json.loads(value))
    assert set(plan.methods or ()) <= set(registry.names())


def small(data_dir: Path, out: Path, steps: int = 5) -> list[str]:
    return [
        "tasks=tfbind8", "methods=bdi", f"out_dir={out}", f"data_dir={data_dir}",
        "task.max_rows=300", f"method.steps={steps}", "trainer.checkpoint_every=2",
        "trainer.progress_bar=false", "trainer.accelerator=cpu",
    ]  # fmt: skip


def test_a_killed_reproduction_goes_on(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """kill -9 in the second of two runs, after step 3; the same command finishes both."""
    done = command(
        "experiments.reproduce", *small(data_dir, tmp_path / "runs"),
        first=partial(killed_at_step, 3, run=2),
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    first, second = sorted((tmp_path / "runs").glob("tfbind8*"))
    assert (first / "metrics.json").is_file()
    assert not (second / "metrics.json").exists()
    assert torch.load(second / "state" / "last.ckpt", weights_only=True)["global_step"] == 2
    written = (first / "metrics.json").stat().st_mtime_ns

    main(small(data_dir, tmp_path / "runs"))
    out = capsys.readouterr().out
    assert f"done already, in {first.name}" in out
    assert f"resuming {second.name}" in out
    assert ": deterministic" in out
    assert sorted((tmp_path / "runs").glob("tfbind8*")) == [first, second]
    assert (first / "metrics.json").stat().st_mtime_ns == written
    one, two = (np.load(folder / "proposals.npz") for folder in (first, second))
    assert np.array_equal(one["x_h"], two["x_h"])
    assert len((second / "losses.csv").read_text().splitlines()) == 6


def test_a_run_killed_while_scoring_goes_on(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [*small(data_dir, tmp_path, 4), "seeds=0"]

    class KilledError(BaseException):
        pass

    def killed(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(finish, "score_designs", killed)
        main(words)
    (folder,) = tmp_path.glob("tfbind8*")
    assert torch.load(folder / "state" / "last.ckpt", weights_only=True)["global_step"] == 4
    main(words)
    assert list(tmp_path.glob("tfbind8*")) == [folder]
    assert json.loads((folder / "metrics.json").read_text())["settings"]["steps"] == 4
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

    def other(cfg: DictConfig) -> Task:
        task = load(cfg)
        y = task.data.y.clone()
        y[0] += 1e-9
        return replace(task, data=OfflineData(task.data.x, y, task.data.space))

    monkeypatch.setattr(train, "load_task", other)
    capsys.readouterr()
    main(words)
    out = capsys.readouterr().out
    assert f"{folder.name} cannot be resumed (" in out
    assert "the rows of tfbind8 are not those that the run was begun with" in out
    assert len(list(tmp_path.glob("tfbind8*/metrics.json"))) == 1


def test_the_guide_to_the_paper_names_what_exists() -> None:
    text = (ROOT / "docs" / "paper.md").read_text(encoding="utf-8")
    files = set(re.findall(r"`((?:torchbdi|experiments)/[\w/]+(?:\.py|\.yaml|/))`", text))
    assert len(files) > 15
    assert [name for name in files if not (ROOT / name).exists()] == []
    for program, known in (("reproduce", [*PLANS, "all"]), ("table", TABLES), ("figures", FIGURES)):
        names = set(re.findall(rf"python -m experiments\.{program} ([a-z]\w*)(?![\w=])", text))
        assert names - {"all"} == set(known) - {"all"}, program


def test_designs_along_the_way_are_scored_after_the_training(
    data_dir: Path, tmp_path: Path
) -> None:
    words = [*small(data_dir, tmp_path, 4), "seeds=0", "trainer.trajectory_every=2"]
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
    words = [*small(data_dir, tmp_path, 1), "method.lr=0", "seeds=0"]
    main([*words, "method.designs_per_group=4"])
    (folder,) = tmp_path.glob("tfbind8*")
    saved = np.load(folder / "proposals.npz")
    # Designs that did not move are rows of the data, which the ridge regression knows by heart.
    assert saved["predicted_normalised"].shape == (128,)
    assert np.allclose(saved["predicted_normalised"], saved["normalised_after"], atol=1e-3)
    main(["tasks=tfbind8", "methods=backward_only", *words[2:]])
    (other,) = tmp_path.glob("tfbind8-backward*")
    assert "predicted_normalised" not in np.load(other / "proposals.npz")
