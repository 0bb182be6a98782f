"""Superconductor: UCI's table as design-bench stores it, and its forest fitted anew."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from omegaconf import DictConfig
from scipy.stats import spearmanr

from experiments.data.built import superconductor_table
from experiments.oracles.forest import ROWS, fit_forest
from experiments.runs.config import compose_config
from experiments.tasks import load_task
from experiments.train import train
from torchbdi import MissingDataError


def config(data_dir: Path, *overrides: str) -> DictConfig:
    return compose_config(["task=superconductor", f"data_dir={data_dir}", *overrides])


@pytest.fixture(scope="module")
def table(data_dir: Path) -> tuple[np.ndarray, np.ndarray]:
    return superconductor_table(data_dir)


def test_the_visible_table(real_data: Path, table: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = table
    task = load_task(config(real_data))
    visible = y <= np.percentile(y, 80)
    assert task.data.x.shape == (17014, 86)
    assert visible.sum() == 17014
    assert np.array_equal(task.y_raw, y[visible])
    assert task.y_raw.max() == 74
    # The range by which scores are normalised is that of the whole table.
    assert (np.float32(task.y_min), np.float32(task.y_max)) == (y.min(), y.max())
    # Nine elements occur in no visible material: their standard deviation is taken as 1.
    constant = x[visible].std(0) == 0
    assert constant.sum() == 9
    assert (task.data.space.std[constant] == 1).all()
    np.testing.assert_allclose(task.data.x.std(0, unbiased=False), ~constant, atol=1e-12)
    np.testing.assert_allclose(task.decode(task.data.x), x[visible], atol=1e-12)


def test_the_columns_are_elements(data_dir: Path, table: tuple[np.ndarray, np.ndarray]) -> None:
    with (data_dir / "superconductor/unique_m.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for i in (0, 9999, 21262):
        assert table[0][i][7] == np.float32(rows[i]["O"])
        assert table[1][i] == np.float32(rows[i]["critical_temp"])


def test_the_forest(real_data: Path, table: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = table
    forest = fit_forest(x, y)
    # design-bench's README gives 0.9155 for its own.
    assert 0.89 < forest.spearman < 0.93
    model = forest.model
    assert (len(model.estimators_), model.max_depth, model.max_features) == (100, 100, 1.0)
    # Held-out rows are held out: a part of the table that was never drawn is ranked as well.
    drawn = np.random.default_rng(0).choice(len(y), ROWS, replace=False)
    rest = np.setdiff1d(np.arange(len(y)), drawn)
    others = spearmanr(forest.predict(x[rest]), y[rest])[0]
    assert others == pytest.approx(forest.spearman, abs=0.02)
    on_fitted = spearmanr(forest.predict(x[drawn[:1000]]), y[drawn[:1000]])[0]
    assert on_fitted > forest.spearman + 0.02
    again = fit_forest(x, y)
    assert np.array_equal(forest.predict(x[:500]), again.predict(x[:500]))


def test_the_true_function_does_not_depend_on_the_seed(data_dir: Path) -> None:
    one, two = (load_task(config(data_dir, f"seed={s}", "task.max_rows=50")) for s in (0, 1))
    designs = one.decode(one.data.x)
    assert np.array_equal(one.predict(designs), two.predict(designs))
    assert one.oracle_spearman == two.oracle_spearman


def test_a_run(
    data_dir: Path, origin: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = train(
        config(
            data_dir, "task.max_rows=400", "method.steps=2", "designs=8",
            f"out_dir={tmp_path}", "trainer.progress_bar=false",
        )
    )  # fmt: skip
    assert metrics["data_source"] == origin
    assert metrics["oracle_source"] == "retrained"
    expected = 0.9116 if origin == "original" else 0.893
    assert metrics["oracle_spearman"] == pytest.approx(expected, abs=0.02)
    assert metrics["best_after_normalised"] == pytest.approx(
        (metrics["best_after_raw"] - 0.00021) / (185 - 0.00021)
    )
    assert (
        f"retrained (held-out rank correlation {metrics['oracle_spearman']:.4f}"
        in capsys.readouterr().out
    )


def test_without_data(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"experiments\.data download superconductor"):
        load_task(config(tmp_path))
