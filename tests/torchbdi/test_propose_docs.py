"""What docs/propose.md tells to type runs, and importing torchbdi stays light."""

from __future__ import annotations

import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from propose_children import be_quick

from torchbdi.__main__ import main

DOCS = Path(__file__).parents[2] / "docs" / "propose.md"


def test_the_examples_run(
    data_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In their order, with 150 superconductors, fewer candidates and fewer steps."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TORCHBDI_DATA", str(data_dir))
    be_quick(monkeypatch.setattr)
    lines = (data_dir / "superconductor" / "unique_m.csv").read_text().splitlines()
    Path("unique_m.csv").write_text("\n".join(lines[:151]) + "\n")
    names: dict[str, object] = {}
    typed = re.compile(r"```python\n(.*?)```|^    (torchbdi [^\n]*)$", re.DOTALL | re.MULTILINE)
    commands = 0
    for code, command in typed.findall(DOCS.read_text()):
        if code:
            Path("example.py").write_text(code)
            names = runpy.run_path("example.py", init_globals=names)
        elif "data.csv" not in command:
            assert main(shlex.split(command)[1:]) == 0, capsys.readouterr().err
            commands += 1
    assert commands == 3
    assert Path("again/proposals.csv").read_bytes() == (
        Path("superconductors/proposals.csv").read_bytes()
    )
    assert "proposed: best" in capsys.readouterr().out


def test_every_choice_is_told() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "torchbdi", "propose", "--help"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    choices = set(re.findall(r"--[a-z-]+", done.stdout)) - {"--help", "--out", "--score"}
    assert choices
    for choice in choices:
        assert choice in DOCS.read_text(), choice


def test_importing_torchbdi_is_quick_and_light() -> None:
    code = """
import sys, time
start = time.process_time()
import torch
middle = time.process_time()
import torchbdi
end = time.process_time()
heavy = [m for m in ("lightning", "matplotlib", "tensorboard", "numba") if m in sys.modules]
print((end - start) / (middle - start), heavy)
"""
    ratios = []
    for _ in range(3):  # the machine may be busy
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        ratio, heavy = done.stdout.split(maxsplit=1)
        assert heavy.strip() == "[]"
        ratios.append(float(ratio))
        if ratios[-1] < 2:
            return
    pytest.fail(f"import torchbdi takes {min(ratios):.2f} times as long as import torch")
