"""The README's code runs, and what it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from experiments.tasks.registry import task_names
from torchbdi.methods import registry

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    namespace: dict[str, object] = {}
    exec(code, namespace)
    assert namespace["proposals"].shape == (16, 1, 8)  # type: ignore[attr-defined]
    assert namespace["predicted"].shape == (16, 1)  # type: ignore[attr-defined]


def test_commands_name_modules_and_targets_that_exist() -> None:
    for module in set(re.findall(r"python -m (experiments[\w.]*)", README)):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"(?:`|    )make (\w+)", README)):
        assert f"\n{target}:" in makefile, target
    valid = {"task": task_names(), "method": registry.names()}
    for group, name in re.findall(r"\b(task|method)=(\w+)", README):
        assert name in valid[group], name


def test_the_project_speaks_of_itself_alone() -> None:
    assert "/tmp/" not in README
    assert "/home/" not in README
