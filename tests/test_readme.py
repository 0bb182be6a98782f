"""The README's code runs, and what it names exists."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import torch

import torchbdi
from experiments.tasks import task_names
from torchbdi.methods.registry import names, presets

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_python_example_runs(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "example.py").write_text(code)
    torch.manual_seed(0)
    names = runpy.run_path(str(tmp_path / "example.py"))
    assert names["proposals"].shape == (16, 1, 8)
    assert names["predicted"].shape == (16, 1)
    data = torchbdi.OfflineData(names["x_l"], names["y_l"])  # as the text below it goes on
    # The scores are the same function of standardised designs, nearly: proposals are better ones.
    before, after = (v[..., 0] + v[..., 1].relu() for v in (names["starts"], names["proposals"]))
    assert after.mean() > before.mean() + 1
    assert len(torchbdi.methods.Random().solve(data, 128).x) == 128


def test_commands_name_modules_and_targets_that_exist() -> None:
    for module in set(re.findall(r"python -m (experiments[\w.]*)", README)):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"(?:`|    )make (\w+)", README)):
        assert f"\n{target}:" in makefile, target
    words = {"task": task_names(), "method": [*names(), *presets()]}
    for group, name in re.findall(r"\b(task|method)=(\w+)", README):
        assert name in words[group], name


def test_the_project_speaks_of_itself_alone() -> None:
    assert "/tmp/" not in README
    assert "/home/" not in README
