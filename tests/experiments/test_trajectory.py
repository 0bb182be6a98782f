"""Designs saved along the way: no scores while training, and the last ones are the result."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import lightning
import numpy as np
import pytest
import torch
from omegaconf import DictConfig, OmegaConf

from experiments.runs import trajectory
from experiments.runs.callbacks import Checkpoint
from experiments.runs.trajectory import Trajectory, main, score_trajectory
from experiments.tasks.task import Codec, OfflineData, Task
from torchbdi import BDI, InputError

STEPS, EVERY, DESIGNS = 7, 2, 4


def task(cfg: DictConfig | None = None) -> Task:
    """40 rows in two dimensions; the true function is minus the squared length."""
    x = torch.randn(40, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    y = -(x**2).sum(1)
    codec = Codec(np.zeros(2), np.ones(2), (2,))
    return Task(
        "square", "square", OfflineData(x, y), codec, y.numpy(), -10.0, 0.0, "original",
        "original", lambda designs: -(designs**2).sum(1),
    )  # fmt: skip


def fit(folder: Path, steps: int, resume: bool = False) -> BDI:
    data = task().data
    # M = 2: the order of the groups is not the order of the starts.
    model = BDI(data.x, data.y, data.starts(DESIGNS, 2), lr=0.1)
    checkpoint = folder / "last.ckpt"
    trainer = lightning.Trainer(
        max_steps=steps, max_epochs=-1, accelerator="cpu", logger=False,
        enable_checkpointing=False, enable_model_summary=False, enable_progress_bar=False,
        callbacks=[Trajectory(folder, EVERY), Checkpoint(checkpoint, 3)],
    )  # fmt: skip
    trainer.fit(model, ckpt_path=checkpoint if resume else None, weights_only=True)
    return model


def finished(folder: Path, every: int = EVERY, steps: int = STEPS - 1) -> None:
    cfg = {"method": {"steps": steps, "designs": DESIGNS}, "trainer": {"trajectory_every": every}}
    OmegaConf.save(cfg, folder / "config.yaml")
    facts = {"title": "square", "data_source": "original", "oracle_source": "original"}
    (folder / "metrics.json").write_text(json.dumps({**facts, "rows": 40}))


def test_scores_are_those_of_the_saved_designs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(trajectory, "load_task", task)
    model = fit(tmp_path, STEPS - 1)
    finished(tmp_path)
    main([str(tmp_path)])
    assert str(tmp_path / "trajectory.csv") in capsys.readouterr().out
    lines = list(csv.DictReader((tmp_path / "trajectory.csv").open()))
    assert [int(line["step"]) for line in lines] == [0, 2, 4, 6]
    starts = task().y_raw[task().data.best(DESIGNS).numpy()]
    assert float(lines[0]["best_after_raw"]) == starts.max()
    assert float(lines[0]["median_after_raw"]) == np.median(starts)
    end = -(model.x_h.detach().reshape(-1, 2) ** 2).sum(1).numpy()
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

    class KilledError(Exception):
        pass

    step = BDI.training_step

    def killed(self: BDI, batch: object, index: int) -> torch.Tensor:
        if self.global_step == 5:
            raise KilledError
        return step(self, batch, index)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(BDI, "training_step", killed)
        fit(tmp_path / "resumed", STEPS)
    saved = torch.load(tmp_path / "resumed" / "last.ckpt", weights_only=True)["global_step"]
    assert saved == 3  # the designs of step 4 are ahead of the checkpoint, and are saved again
    (tmp_path / "resumed" / "trajectory" / "step-000004.npy").write_bytes(b"stale")
    fit(tmp_path / "resumed", STEPS, resume=True)
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
    with pytest.raises(InputError, match="no designs of step 4, 6"):
        score_trajectory(tmp_path)
    shutil.rmtree(tmp_path / "trajectory")
    with pytest.raises(InputError, match="no designs of step 0, 2, 4, 6"):
        score_trajectory(tmp_path)


def test_designs_of_another_table_are_not_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit(tmp_path, STEPS - 1)
    finished(tmp_path)
    other = replace(task(), data_source="regenerated")
    monkeypatch.setattr(trajectory, "load_task", lambda cfg: other)
    with pytest.raises(InputError, match=r"data_source 'original', .* now has 'regenerated'"):
        score_trajectory(tmp_path)
    assert not (tmp_path / "trajectory.csv").exists()
