"""docs/methods.md: its example is a method, one file, that the command line runs."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r'```python\n("""Evolution.*?)```', TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout like this one with one more file."""
    root = tmp_path_factory.mktemp("checkout")
    methods = root / "torchbdi" / "methods"
    methods.mkdir(parents=True)
    (root / "experiments").symlink_to(ROOT / "experiments")
    (root / "torchbdi" / "kernels").symlink_to(ROOT / "kernels")
    for path in (ROOT / "torchbdi").iterdir():
        if path.name != "methods":
            (root / "torchbdi" / path.name).symlink_to(path)
    for path in (ROOT / "torchbdi" / "methods").glob("*.py"):
        (methods / path.name).symlink_to(path)
    (methods / "evolve.py").write_text(EXAMPLE, encoding="utf-8")
    return root


def python(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=root, capture_output=True, text=True, check=False
    )


def test_help_and_errors_know_the_file(checkout: Path) -> None:
    done = python(checkout, "-m", "experiments.train", "method=bold", "--help")
    assert done.returncode == 0, done.stderr
    assert "evolve" in done.stdout and "bold" in done.stdout
    assert "method.size=2.0    (float)" in done.stdout
    assert "Size of a change, in standard deviations" in done.stdout
    done = python(checkout, "-m", "experiments.train", "method=evolve", "method.sise=1")
    assert done.returncode == 1
    assert "Did you mean method.size?" in done.stderr
    done = python(checkout, "-m", "experiments.train", "method=evolve", "method.size=0")
    assert "error: configuration, method=evolve: Evolve: size must be > 0" in done.stderr


def test_the_example_keeps_the_contract(checkout: Path) -> None:
    """It goes on after a kill, repeats itself, and moves towards what its model likes."""
    code = """
import pathlib, sys, tempfile
import numpy as np, torch, torchbdi
from torchbdi.data import OfflineData
from torchbdi.methods import registry
from torchbdi.methods.base import Run
from torchbdi.space import Space
assert torchbdi.__file__.startswith(sys.argv[1]), torchbdi.__file__
raw = np.random.default_rng(0).integers(0, 4, (60, 5))
data = OfflineData.from_raw(raw, (raw == 2).sum(1) + raw[:, 0] / 5, Space.sequence(5, "ACGT"))
method = torchbdi.methods.Evolve(generations=20)
whole = method.solve(data, 6)
assert torch.equal(whole.x, method.solve(data, 6).x)
assert not torch.equal(whole.x, method.solve(data, 6, Run(seed=1)).x)
assert (whole.predicted > method.score(data, data.x[data.best(6)])).any()
folder = pathlib.Path(tempfile.mkdtemp())
class Dying(Run):
    def log(self, step, **values):
        steps.append(step)
        if step == 9 and len(steps) < 10:
            raise SystemError
steps = []
try:
    method.solve(data, 6, Dying(folder=folder, checkpoint_every=4))
except SystemError:
    pass
again = method.solve(data, 6, Dying(folder=folder, checkpoint_every=4))
assert torch.equal(again.x, whole.x)
assert steps == [*range(1, 10), *range(9, 21)], steps
for field in registry.fields("evolve"):
    assert field.meaning.endswith(".")
print("kept")
"""
    done = python(checkout, "-c", code, str(checkout))
    assert done.stdout == "kept\n", done.stderr


def test_the_example_runs_from_the_command_line(
    checkout: Path, data_dir: Path, tmp_path: Path
) -> None:
    words = [
        "task=tfbind8", "task.max_rows=300", "method=evolve", "method.generations=6", "designs=16",
        f"data_dir={data_dir}", f"out_dir={tmp_path}", "trainer.trajectory_every=3",
    ]  # fmt: skip
    done = python(checkout, "-m", "experiments.train", *words)
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
