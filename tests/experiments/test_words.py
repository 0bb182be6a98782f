"""Command lines: help, errors and Ctrl-C are the same for every command."""

from __future__ import annotations

import importlib
import runpy
import sys
from collections.abc import Sequence

import pytest

from experiments.runs.words import run_command, split_words
from torchbdi import InputError

COMMANDS = ("reproduce", "table", "figures", "runs.trajectory", "data", "oracles.fit")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_how_it_is_called(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    whole, _, last = f"experiments.{name}".rpartition(".")
    parent = importlib.import_module(whole)  # its attribute is put back with the module
    monkeypatch.setattr(parent, last, importlib.import_module(f"experiments.{name}"))
    for loaded in (f"experiments.{name}", f"experiments.{name}.__main__"):
        monkeypatch.delitem(sys.modules, loaded, raising=False)
    runpy.run_module(f"experiments.{name}", run_name="__main__")
    assert f"python -m experiments.{name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (InputError("x=1: no."), "error: x=1: no."),
        (PermissionError("no rights"), "error: cannot read or write (no rights). Nothing is lost"),
        (FileExistsError(17, "there", "a"), "error: a: a file is where a folder should be. Name"),
        (NotADirectoryError(20, "none", "a/b"), "error: a/b: a file is where a folder should be."),
        (KeyboardInterrupt(), "130"),
    ],
)
def test_a_command_ends_with_one_line(
    problem: BaseException, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def main(words: Sequence[str]) -> None:
        assert words == ["x=1"]
        raise problem

    monkeypatch.setattr(sys, "argv", ["name", "x=1"])
    with pytest.raises(SystemExit) as stop:
        run_command(main, "about")
    assert str(stop.value.code).startswith(status)


def test_words_are_sorted() -> None:
    words = ["table3", "runs=a,b", "method.steps=2"]
    assert split_words(words, ["table3"], ["runs"]) == (
        ["table3"],
        {"runs": "a,b"},
        ["method.steps=2"],
    )
    with pytest.raises(InputError, match="Did you mean table3"):
        split_words(["tabel3"], ["table3"], [])
    with pytest.raises(InputError, match="runs= is given twice"):
        split_words(["runs=a", "runs=b"], [], ["runs"])
    with pytest.raises(InputError, match=r"method\.steps= is given twice"):
        split_words(["method.steps=2", "method.steps=3"], [], ["runs"])
    for empty in ("runs=", "runs= "):
        with pytest.raises(InputError, match="runs= has no value"):
            split_words([empty], [], ["runs"])
