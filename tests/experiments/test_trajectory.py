"""Designs saved along the way: no scores while training, and the last ones are the result."""

from __future__ import annotations

import csv
import json
import random
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from omegaconf import DictConfig, OmegaConf

import torchbdi
from experiments.paper.curves import _trajectory
from experiments.runs import trajectory
from experiments.runs.begun import identity_of, write_identity
from experiments.runs.config import compose_config, method_of
from experiments.runs.recorder import Recorder
from experiments.runs.results import read_runs
from experiments.runs.run_folder import RunFolder
from experiments.runs.trajectory import is_whole, main, score_trajectory
from experiments.tasks.assemble import request_of
from experiments.tasks.task import Task
from experiments.train import train
from torchbdi import InputError, OfflineData

STEPS, EVERY, DESIGNS = 7, 2, 4


def task(cfg: DictConfig | None = None) -> Task:
    """40 rows in two dimensions; the true function is minus the squared length."""
    x = torch.randn(40, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    x = (x - x.mean(0)) / x.std(0, correction=0)
    raw = -(x**2).sum(1)
    y = (raw - raw.mean()) / raw.std(correction=0)
    return Task(
        "hopper", "square", OfflineData(x, y), (2,), raw.numpy(), -10.0, 0.0, "original",
        "original", lambda designs: -(designs**2).sum(1),
    )  # fmt: skip


def fit(folder: Path, steps: int, die_at: int | None = None) -> torch.Tensor:
    """A run whose groups, M = 2, are not in the order of the starts; perhaps it is killed."""

    class Dying(Recorder):
        def log(self, step: int, **values: float) -> None:
            super().log(step, **values)
            if step == die_at:
                raise KilledError

    run = Dying(path=folder, checkpoint_every=3, trajectory_every=EVERY, bars=False)
    try:
        method = torchbdi.methods.BDI(steps=steps, designs_per_group=2, lr=0.1)
        return method.solve(task().data, DESIGNS, run).x
    finally:
        run.close()


class KilledError(Exception):
    pass


def finished(folder: Path, every: int = EVERY, kept: int = 4) -> None:
    cfg = compose_config(["task=hopper", f"designs={DESIGNS}", f"trainer.trajectory_every={every}"])
    OmegaConf.save(cfg, folder / "config.yaml")
    (folder / "metrics.json").write_text(json.dumps({"steps_kept": kept}))
    name, request = request_of(cfg)
    data = task().data
    now = identity_of(request, name, method_of(cfg), data, DESIGNS)
    write_identity(RunFolder(folder), now, data)


def test_scores_are_those_of_the_saved_designs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(trajectory, "load_task", task)
    x = fit(tmp_path, STEPS - 1)
    finished(tmp_path)
    main([str(tmp_path)])
    assert str(tmp_path / "trajectory.csv") in capsys.readouterr().out
    lines = list(csv.DictReader((tmp_path / "trajectory.csv").open()))
    assert [int(line["step"]) for line in lines] == [0, 2, 4, 6]
    starts = task().y_raw[task().data.best(DESIGNS).numpy()]
    assert float(lines[0]["best_after_raw"]) == starts.max()
    assert float(lines[0]["median_after_raw"]) == np.median(starts)
    end = -(x**2).sum(1).numpy()
    assert float(lines[-1]["best_after_raw"]) == pytest.approx(end.max(), rel=1e-12)
    assert float(lines[-1]["median_after_normalised"]) == pytest.approx(
        (np.median(end) + 10) / 10, rel=1e-12
    )
    rows = np.load(tmp_path / "trajectory" / "step-000000.npy")
    assert np.array_equal(rows, task().data.x[task().data.best(DESIGNS)].numpy())


def test_an_interrupted_run_leaves_no_gap(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "resumed").mkdir()
    fit(tmp_path / "whole", STEPS)

    with pytest.raises(KilledError):
        fit(tmp_path / "resumed", STEPS, die_at=5)
    state = tmp_path / "resumed" / "state" / "last.ckpt"
    saved = torch.load(state, weights_only=True)["global_step"]
    assert saved == 3  # the designs of step 4 are ahead of the state, and are saved again
    (tmp_path / "resumed" / "trajectory" / "step-000004.npy").write_bytes(b"stale")
    fit(tmp_path / "resumed", STEPS)
    for one in sorted((tmp_path / "whole" / "trajectory").iterdir()):
        two = tmp_path / "resumed" / "trajectory" / one.name
        assert np.array_equal(np.load(one), np.load(two)), one.name


def test_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trajectory, "load_task", task)
    with pytest.raises(InputError, match="not the folder of a finished run"):
        score_trajectory(tmp_path)
    with pytest.raises(InputError, match="name the folders"):
        main([])
    finished(tmp_path, every=0)
    with pytest.raises(InputError, match="saved no designs"):
        score_trajectory(tmp_path)
    fit(tmp_path, 3)
    finished(tmp_path)
    with pytest.raises(InputError, match="designs of 2 steps; the run kept those of 4"):
        score_trajectory(tmp_path)
    shutil.rmtree(tmp_path / "trajectory")
    with pytest.raises(InputError, match="designs of 0 steps; the run kept those of 4"):
        score_trajectory(tmp_path)


def test_designs_of_another_table_are_not_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit(tmp_path, STEPS - 1)
    finished(tmp_path)
    data = task().data
    other = replace(task(), data=replace(data, x=data.x.flip(0)))
    monkeypatch.setattr(trajectory, "load_task", lambda cfg: other)
    with pytest.raises(InputError, match=r"rows of hopper are not those .* hashes differ"):
        score_trajectory(tmp_path)
    cfg = OmegaConf.load(tmp_path / "config.yaml")
    cfg.seed = 3
    OmegaConf.save(cfg, tmp_path / "config.yaml")
    with pytest.raises(InputError, match=r"another than it would be now: seed 0 and 3"):
        score_trajectory(tmp_path)
    assert not (tmp_path / "trajectory.csv").exists()


def test_damaged_scores_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One bit makes another score of it; damaged designs are named, and not scored."""
    monkeypatch.setattr(trajectory, "load_task", task)
    fit(tmp_path, STEPS - 1)
    finished(tmp_path)
    file = score_trajectory(tmp_path)
    before = file.read_bytes()
    assert is_whole(tmp_path)
    draw = random.Random(0)
    for _ in range(100):
        content = bytearray(before)
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        file.write_bytes(content)
        assert not is_whole(tmp_path)
    run = SimpleNamespace(path=tmp_path / "results.csv")
    with pytest.raises(InputError, match=r"trajectory\.csv is damaged"):
        _trajectory(run)  # type: ignore[arg-type]
    assert score_trajectory(tmp_path).read_bytes() == before
    assert len(_trajectory(run)) == 4  # type: ignore[arg-type]
    (tmp_path / "trajectory.csv.sha256").unlink()  # as an earlier version left it
    assert is_whole(tmp_path)
    designs = tmp_path / "trajectory" / "step-000002.npy"
    content = bytearray(designs.read_bytes())
    content[200] ^= 1
    designs.write_bytes(content)
    with pytest.raises(InputError, match=r"step-000002\.npy is damaged"):
        score_trajectory(tmp_path)


def test_score_full_puts_the_best_along_the_way_into_the_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("experiments.train.load_task", task)
    words = ["task=hopper", f"designs={DESIGNS}", "method.steps=6", "method.lr=0.3"]
    usual = [*words, f"out_dir={tmp_path}", "trainer.progress_bar=false"]
    kept = ["trainer.trajectory_every=2", "score=full"]
    metrics = train(compose_config([*usual, *kept]))
    (folder,) = tmp_path.iterdir()
    assert is_whole(folder)
    with (folder / "trajectory.csv").open() as file:
        lines = [{k: float(v) for k, v in line.items()} for line in csv.DictReader(file)]
    assert [line["step"] for line in lines] == [0, 2, 4, 6]
    for name in ("best", "median"):
        scores = [line[f"{name}_after_normalised"] for line in lines]
        assert metrics[f"{name}_along_normalised"] == max(scores)
        assert metrics[f"{name}_along_step"] == lines[scores.index(max(scores))]["step"]
    (run,) = read_runs([folder])
    assert run.values["best_along_normalised"] == metrics["best_along_normalised"]
    assert train(compose_config(usual)).keys().isdisjoint({"best_along_normalised"})
    again = train(compose_config([*usual[:2], *usual[4:], *kept, "method=best_rows"]))
    assert "best_along_normalised" not in again
    assert "method=best_rows keeps no designs along the way" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [("score=full", "none are kept"), ("score=all", "score=all is not one of end, full")],
)
def test_score_is_checked(words: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        compose_config([words])
