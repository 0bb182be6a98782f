"""docs/tasks.md: its example is a task, one file, that the command line runs."""

from __future__ import annotations

import json
import re
import subprocess
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from forked import command, finished, logged
from hardening_children import with_folders

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "tasks.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r'```python\n("""Hartmann.*?)```', TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with one more task."""
    tasks = tmp_path_factory.mktemp("tasks")
    (tasks / "hartmann.py").write_text(EXAMPLE, encoding="utf-8")
    return str(tasks)


def train(folder: str, *words: str) -> subprocess.CompletedProcess[str]:
    return command("experiments.train", *words, first=partial(with_folders, tasks=folder))


def test_help_and_errors_know_the_file(folder: str) -> None:
    done = train(folder, "task=hartmann", "--help")
    assert done.returncode == 0, done.stderr
    assert "task.noise=0.0" in done.stdout
    assert "Standard deviation of what is added to the scores" in done.stdout
    done = train(folder, "task=hartman")
    assert done.returncode == 1 and "Did you mean hartmann?" in done.stderr
    done = train(folder, "task=hartmann", "task.noise=-1")
    assert done.returncode == 1 and "task.noise must be >= 0" in done.stderr


def test_the_example_runs_from_the_command_line(folder: str, tmp_path: Path) -> None:
    words = [
        "task=hartmann", "method=bdi_search", "method.restarts=0", "method.ascent_steps=30",
        "method.starts=16", "task.noise=0.01", "task.max_rows=200", "designs=8",
        f"data_dir={tmp_path}", f"out_dir={tmp_path / 'runs'}",
    ]  # fmt: skip
    done = train(folder, *words)
    assert done.returncode == 0, done.stderr
    (run,) = (tmp_path / "runs").iterdir()
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["title"] == "Hartmann 6" and metrics["rows"] == 200
    assert metrics["settings"]["task.noise"] == 0.01
    with np.load(run / "proposals.npz") as saved:
        raw = saved["designs"]
    assert raw.shape == (8, 6) and raw.min() >= 0 and raw.max() <= 1


def check_the_true_function(folder: str) -> None:
    with_folders(tasks=folder)
    from experiments.tasks.hartmann import truth  # type: ignore[import-not-found]

    best = np.array([[0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573]])
    assert truth(best) == pytest.approx(3.32237, abs=1e-5)


def test_the_true_function_is_hartmanns(folder: str, tmp_path: Path) -> None:
    """Its largest value as the Virtual Library of Simulation Experiments has it."""
    log = str(tmp_path / "log")
    status = finished(logged, partial(check_the_true_function, folder), log)
    assert status == 0, Path(log).read_text()
