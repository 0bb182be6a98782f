"""The Hopper task through design-bench, with a small regenerated table."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import numpy as np
import pytest
from omegaconf import DictConfig

from experiments.data.evolution import EvolutionConfig
from experiments.data.hopper import TableConfig, generate
from experiments.data.sources import DATA_SETS
from experiments.robots.hopper import rollout
from experiments.runs.config import compose_config
from experiments.tasks import load_task
from experiments.train import train
from torchbdi import MissingDataError

SMALL = TableConfig(runs=2, evolution=EvolutionConfig(generations=4, pairs=3, kept_pairs=2))


def config(folder: Path, *overrides: str) -> DictConfig:
    return compose_config(
        ["task=hopper", f"data_dir={folder}", f"out_dir={folder / 'runs'}", *overrides]
    )


@pytest.fixture
def small_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "experiments.data.hopper.generate", functools.partial(generate, config=SMALL)
    )


def test_a_regenerated_table_says_so(
    small_table: None, tmp_path: Path, own_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("method.steps=2", "designs=8", "trainer.progress_bar=false")
    metrics = train(config(tmp_path, *words))
    assert metrics["data_source"] == "regenerated"
    assert metrics["oracle_source"] == "original"
    assert metrics["dimensions"] == 5126
    assert metrics["best_of_data_normalised"] == 1.0  # by its own minimum and maximum
    assert "Data: regenerated." in capsys.readouterr().out
    (folder,) = (tmp_path / "runs").iterdir()
    assert json.loads((folder / "metrics.json").read_text())["title"].startswith("Hopper, regen")
    saved = np.load(folder / "proposals.npz")
    assert saved["designs"].shape == (8, 5126)
    assert saved["score_after"][3] == rollout(saved["designs"][3])
    written = list(own_cache.rglob("hopper_controller-x-0.npy"))
    assert len(written) == 1
    before = written[0].stat().st_mtime_ns
    again = load_task(config(tmp_path, *words))
    assert written[0].stat().st_mtime_ns == before
    np.testing.assert_array_equal(again.predict(saved["designs"]), saved["score_after"])


def test_designs_survive_the_round_trip_in_float64(small_table: None, tmp_path: Path) -> None:
    task = load_task(config(tmp_path))
    designs = task.decode(task.data.x[:4])
    assert designs.dtype == np.float64
    # The table's returns are those of its float32 designs; a rounding error of 1e-15 in a weight
    # moves a return by little more.
    np.testing.assert_allclose(task.predict(designs), task.y_raw[:4], rtol=1e-4)


def test_files_that_are_not_the_original_are_refused(tmp_path: Path) -> None:
    x, y = (tmp_path / path for path in DATA_SETS["hopper"].files)
    x.parent.mkdir()
    np.save(x, np.zeros((3, 5126), dtype=np.float32))
    with pytest.raises(MissingDataError, match=r"1 of 2 files.*\n.*\n.*\nOr move .*regenerated"):
        load_task(config(tmp_path))
    np.save(y, np.zeros((3, 1), dtype=np.float32))
    with pytest.raises(MissingDataError, match=r"x-0.npy is damaged: its SHA-256 .*da93f2033436"):
        load_task(config(tmp_path))
