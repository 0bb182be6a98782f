"""What docs/propose.md tells to type runs and prints what it shows."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from proposer_quick import be_quick, in_words

from torchbdi import InputError
from torchbdi.__main__ import main

DOCS = Path(__file__).parents[3] / "docs" / "propose.md"
EDGES = "'),. \n"  # of what is left where the docs leave something out


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
    header = "cement,slag,fly_ash,water,superplasticizer,coarse_aggregate,fine_aggregate,age"
    mixtures = np.random.default_rng(0).uniform(100, 300, (60, 9)).round(1)
    mixtures[:, 7] = np.resize([3, 7, 28, 90], 60)
    np.savetxt("concrete.csv", mixtures, "%g", ",", header=f"{header},strength", comments="")
    commands = 0
    for code, command in typed.findall(DOCS.read_text()):
        if code:
            Path("example.py").write_text(code)
            names = runpy.run_path("example.py", init_globals=names)
        elif "data.csv" not in command:
            assert main(shlex.split(command)[1:]) == 0, capsys.readouterr().err
            commands += 1
    assert commands == 4
    assert Path("again/proposals.csv").read_bytes() == (
        Path("superconductors/proposals.csv").read_bytes()
    )
    assert "proposed: best" in capsys.readouterr().out


def _stop(*_: object, **__: object) -> None:
    raise InputError("stopped")


def printed(section: str) -> list[str]:
    """What a section shows as printed, less single proposals: pieces between dots and gaps."""
    text = DOCS.read_text().split(f"## {section}\n", 1)[1].split("\n## ", 1)[0]
    after = text.split("\nprints", 1)[1].split("\n\n", 1)[1]
    end = re.search(r"^\S", after, re.MULTILINE)
    assert end is not None
    block = re.sub(r"^ +\d+  .*\n", "", after[: end.start()], flags=re.MULTILINE)
    pieces = [" ".join(piece.split()) for piece in re.split(r"\.\.\.|\n\n", block)]
    return [piece for piece in (piece.strip(EDGES) for piece in pieces) if piece]


def alike(one: str, other: str) -> bool:
    number = re.compile(r"\d+(?:\.\d+)?(?:e[+-]\d+)?")
    if number.sub("", one).strip(EDGES) != number.sub("", other).strip(EDGES):
        return False
    mine, theirs = number.findall(one), number.findall(other)
    same = [
        float(a) == pytest.approx(float(b), rel=0.05) for a, b in zip(mine, theirs, strict=False)
    ]
    return len(mine) == len(theirs) and all(same)


def told(piece: str, out: str) -> bool:
    """Whether a text prints a piece: its words, and its numbers to 5 %."""
    wanted, words = piece.split(), out.split()
    starts = range(len(words) - len(wanted) + 1)
    return any(all(map(alike, wanted, words[start:])) for start in starts)


def test_what_the_docs_print_is_what_the_commands_print(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever table is there, as it is and with all steps; single proposals apart.

    Another processor rounds otherwise, and an ascent may then end elsewhere.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("torchbdi.proposer.report.drawing.png", in_words)
    typed = re.compile(r"^    torchbdi ([^\n]*)$", re.MULTILINE)
    folder = os.environ.get("TORCHBDI_TABLES", Path(__file__).parents[4] / "shared" / "tables")
    files = {"Concrete": Path(folder) / "concrete.csv"}
    if data := os.environ.get("TORCHBDI_DATA"):
        files["Superconductors"] = Path(data) / "superconductor" / "unique_m.csv"
        files["Binding sites as sequences"] = Path(data) / "tf_bind_8-SIX6_REF_R1"
    there = [name for name, file in files.items() if file.exists()]
    if not there:
        pytest.skip("there is no concrete.csv (TORCHBDI_TABLES) and no TORCHBDI_DATA")
    for name in there:
        text = DOCS.read_text().split(f"## {name}\n", 1)[1].split("\n## ", 1)[0]
        scripts = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        if files[name].is_file():
            shutil.copyfile(files[name], files[name].name)
        names: dict[str, object] = {}
        if scripts:
            Path("example.py").write_text(scripts[0])
            names = runpy.run_path("example.py")
        (command,) = typed.findall(text)
        with monkeypatch.context() as patch:
            if name == "Superconductors":  # what is read is shown, and not what takes minutes
                patch.setattr("torchbdi.proposer.outputs.run", _stop)
            main(shlex.split(command))
        for script in scripts[1:]:
            Path("example.py").write_text(script)
            runpy.run_path("example.py", init_globals=names)
        said = capsys.readouterr()
        pieces = printed(name)
        pieces += re.findall(r"^    ((?:known|proposed): .*)$", text, re.MULTILINE)
        assert len(pieces) > 2
        for piece in pieces:
            assert told(piece, said.out + said.err), f"{name}: {piece}"


def test_every_choice_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["propose", "--help"])
    choices = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {
        "--help",
        "--out",
        "--score",
    }
    assert choices
    for choice in choices:
        assert choice in DOCS.read_text(), choice
