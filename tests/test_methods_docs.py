"""docs/methods.md: its example is a method, one file, that the command line runs."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from forked import command, finished, logged
from hardening_children import with_folders

import torchbdi
from torchbdi.data import OfflineData
from torchbdi.methods import registry
from torchbdi.methods.base import Run
from torchbdi.space import Space

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r'```python\n("""Evolution.*?)```', TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with one more method."""
    methods = tmp_path_factory.mktemp("methods")
    (methods / "evolve.py").write_text(EXAMPLE, encoding="utf-8")
    return str(methods)


def train(folder: str, *words: str) -> subprocess.CompletedProcess[str]:
    return command("experiments.train", *words, first=partial(with_folders, methods=folder))


def test_help_and_errors_know_the_file(folder: str) -> None:
    done = train(folder, "method=bold", "--help")
    assert done.returncode == 0, done.stderr
    assert "evolve" in done.stdout and "bold" in done.stdout
    assert "method.size=2.0    (float)" in done.stdout
    assert "Size of a change, in standard deviations" in done.stdout
    done = train(folder, "method=evolve", "method.sise=1")
    assert done.returncode == 1
    assert "Did you mean method.size?" in done.stderr
    done = train(folder, "method=evolve", "method.size=0")
    assert "error: configuration, method=evolve: Evolve: size must be > 0" in done.stderr


def keep_the_contract(folder: str) -> None:
    with_folders(methods=folder)
    raw = np.random.default_rng(0).integers(0, 4, (60, 5))
    data = OfflineData.from_raw(raw, (raw == 2).sum(1) + raw[:, 0] / 5, Space.sequence(5, "ACGT"))
    method = torchbdi.methods.Evolve(generations=20)
    whole = method.solve(data, 6)
    assert torch.equal(whole.x, method.solve(data, 6).x)
    assert not torch.equal(whole.x, method.solve(data, 6, Run(seed=1)).x)
    assert (whole.predicted > method.score(data, data.x[data.best(6)])).any()
    steps: list[int] = []

    class Dying(Run):
        def log(self, step: int, **values: float) -> None:
            steps.append(step)
            if step == 9 and len(steps) < 10:
                raise SystemError

    state = Path(folder, "state")
    state.mkdir()
    with pytest.raises(SystemError):
        method.solve(data, 6, Dying(folder=state, checkpoint_every=4))
    again = method.solve(data, 6, Dying(folder=state, checkpoint_every=4))
    assert torch.equal(again.x, whole.x)
    assert steps == [*range(1, 10), *range(9, 21)], steps
    for field in registry.fields("evolve"):
        assert field.meaning.endswith(".")


def test_the_example_keeps_the_contract(folder: str, tmp_path: Path) -> None:
    """It goes on after a kill, repeats itself, and moves towards what its model likes."""
    log = str(tmp_path / "log")
    status = finished(logged, partial(keep_the_contract, folder), log)
    assert status == 0, Path(log).read_text()


def test_the_example_runs_from_the_command_line(
    folder: str, data_dir: Path, tmp_path: Path
) -> None:
    words = [
        "task=tfbind8", "task.max_rows=300", "method=evolve", "method.generations=6", "designs=16",
        f"data_dir={data_dir}", f"out_dir={tmp_path}", "trainer.trajectory_every=3",
    ]  # fmt: skip
    done = train(folder, *words)
    assert done.returncode == 0, done.stderr
    (folder,) = tmp_path.iterdir()
    metrics = json.loads((folder / "metrics.json").read_text())
    own = {k: v for k, v in metrics["settings"].items() if not k.startswith("task.")}
    assert own == {"generations": 6, "size": 1.0}
    assert metrics["generations_done"] == 6
    rows = list(csv.DictReader((folder / "losses.csv").open()))
    assert [row["step"] for row in rows] == list("123456")
    assert set(rows[0]) == {"step", "accepted"}
    assert (folder / "losses.png").is_file()
    assert {path.name for path in (folder / "trajectory").iterdir()} == {
        "step-000003.npy", "step-000006.npy",
    }  # fmt: skip
    with np.load(folder / "proposals.npz") as saved:
        assert saved["predicted_normalised"].shape == (16,)
        assert np.array_equal(saved["x_h"], np.load(folder / "trajectory" / "step-000006.npy"))
