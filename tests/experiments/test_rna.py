"""The RNA tasks: the stored scores come out of ViennaRNA, and of no other order of letters."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from experiments.data.rna import rna_table
from experiments.data.sources import rna_files
from experiments.runs.config import compose_config
from experiments.tasks import load_task
from experiments.tasks._rna import TARGETS, binding, divisor
from experiments.train import train
from torchbdi import InputError, MissingDataError
from torchbdi.kernels.errors import MissingDependencyError

NUMBERS = (1, 2, 3)


def test_the_stored_scores_come_out(real_data: Path) -> None:
    for number in NUMBERS:
        x, y = rna_table(real_data, number)
        assert x.shape == (5000, 14)
        assert len(np.unique(x, axis=0)) == 5000
        ends = {1: (0.0, 0.129071), 2: (0.0, 0.118915), 3: (0.009939, 0.165651)}[number]
        assert (y.min(), y.max()) == pytest.approx(ends, abs=5e-7)
        some = np.r_[np.argsort(y)[-60:], 0:60]
        assert np.abs(binding(x[some], number) - y[some]).max() < 1.1e-8


def test_no_other_order_of_letters(data_dir: Path) -> None:
    x, y = (table[:60] for table in rna_table(data_dir, 1))
    assert np.abs(binding(x, 1) - y).max() < 1.1e-8
    swapped = np.array([0, 2, 1, 3])[x]  # U, C, G, A
    assert np.abs(binding(swapped, 1) - y).max() > 0.05


def test_the_divisors_are_those_of_the_reverse_complements() -> None:
    assert [divisor(n) for n in NUMBERS] == pytest.approx([-36.414, -37.842, -30.184], abs=1e-9)
    assert all(len(target) == 100 and set(target) == set("ACGU") for target in TARGETS.values())


def test_a_design_that_binds_well() -> None:
    """A piece of the reverse complement is far above the table's best, a string of A is not."""
    piece = TARGETS[1][55:69].translate(str.maketrans("ACGU", "UGCA"))[::-1]
    letters = np.array([["UGCA".index(c) for c in text] for text in (piece, "A" * 14)])
    strong, weak = binding(letters, 1)
    assert strong > 0.6
    assert weak < 0.1


def test_a_run_on_a_slice(data_dir: Path, origin: str, tmp_path: Path) -> None:
    metrics = train(
        compose_config(
            [
                "task=rna1", "task.max_rows=150", f"data_dir={data_dir}", "designs=16",
                f"out_dir={tmp_path}", "method.steps=20", "trainer.progress_bar=false",
            ]
        )
    )  # fmt: skip
    assert metrics["dimensions"] == 42
    assert (metrics["data_source"], metrics["oracle_source"]) == (origin, "original")
    assert metrics["best_after_normalised"] == metrics["best_after_raw"]
    assert metrics["best_after_raw"] > metrics["best_before_raw"]


@pytest.mark.parametrize("number", NUMBERS)
def test_scores_and_letters_of_the_task(data_dir: Path, number: int) -> None:
    words = [f"task=rna{number}", "task.max_rows=30", f"data_dir={data_dir}"]
    task = load_task(compose_config(words))
    designs = task.decode(task.data.x)
    assert np.array_equal(designs, rna_table(data_dir, number)[0][:30])
    assert np.abs(task.predict(designs) - task.y_raw).max() < 1.1e-8
    assert task.text(np.array([0, 1, 2, 3] * 3 + [0, 0])) == "UGCA" * 3 + "UU"


def test_without_viennarna(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "RNA", None)
    with pytest.raises(MissingDependencyError, match="pip install viennarna"):
        load_task(compose_config(["task=rna1", f"data_dir={data_dir}"]))


def test_data_that_is_missing_or_damaged(data_dir: Path, tmp_path: Path) -> None:
    words = ["task=rna1", f"data_dir={tmp_path}"]
    with pytest.raises(MissingDataError, match=r"2 of 2 files.*\n.*download rna1"):
        load_task(compose_config(words))
    shutil.copytree(data_dir / "rna", tmp_path / "rna")
    x, y = (tmp_path / path for path in rna_files(1))
    x.chmod(0o644)
    x.write_bytes(y.read_bytes())
    with pytest.raises(MissingDataError, match="is damaged"):
        load_task(compose_config(words))
    with pytest.raises(InputError, match="there is no rows"):
        compose_config(["task=rna1", "+task.rows=3"])
