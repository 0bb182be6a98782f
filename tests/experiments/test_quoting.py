"""What is printed to go on can be pasted into a shell, whatever the folders are called (R10)."""

from __future__ import annotations

import random
import shlex
import subprocess
from pathlib import Path

import pytest
from forked import command
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from experiments.reproduce import reproduce
from experiments.runs.asked import places
from experiments.runs.config import compose_config, compose_unchecked, validate
from experiments.runs.overrides import check_overrides
from experiments.runs.quoting import quoted, setting
from experiments.train import RunInterruptedError, train
from torchbdi import InputError

NAMES = [
    "plain-1.2_3", "my runs", " blank ", "a,b", "a=b", "über", "日本", "it's", 'say "x"', "$HOME",
    "a[b]", "a(b)", "a{b}", "${oc.env:HOME}", "a${b", "\\${x}", "\\\\${x}'", "back\\slash", "end\\",
    "a\\'b", "two\nlines", "tab\t", "a#b", "a;b&c|d", "!x", "*?", "~", "-x", "+x", "@a:b", "%d",
    "null", "True", "nan", "inf", "12", "1e5", "1_0", "`ls`", "", "'", "\\",
]  # fmt: skip


def read_back(word: str) -> object:
    """What Hydra and OmegaConf make of an assignment."""
    parsed = OverridesParser.create().parse_override(word)
    return OmegaConf.create({"name": parsed.value()}).name


def test_any_text_is_read_back() -> None:
    draw = random.Random(0)
    drawn = [
        "".join(draw.choices("ab\\'\"${} ,=[]()\n#ü~:", k=draw.randrange(12))) for _ in range(500)
    ]
    for text in [*NAMES, *(f"/x/{name}/y" for name in NAMES), *drawn]:
        assert read_back(f"name={quoted(text)}") == text


def test_the_shell_leaves_it_as_it_is() -> None:
    texts = [text for text in NAMES if text]
    line = "printf '%s\\0' " + " ".join(setting("name", text) for text in texts)
    done = subprocess.run(["bash", "-c", line], capture_output=True, check=True)
    words = done.stdout.decode().split("\0")[:-1]
    assert [read_back(word) for word in words] == texts


def small(data_dir: Path, out_dir: Path) -> list[str]:
    return [
        "task=tfbind8", "task.max_rows=200", "method.steps=1", "designs=4",
        f"data_dir={quoted(str(data_dir))}", f"out_dir={quoted(str(out_dir))}",
        "trainer.progress_bar=false", "trainer.accelerator=cpu",
    ]  # fmt: skip


def test_the_printed_command_goes_on(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    out = tmp_path / """my rüns, a=b [it's] (x) "$HOME" \\ #1"""
    words = small(data_dir, out)
    check_overrides(words)
    with monkeypatch.context() as patch:
        patch.setattr("torchbdi.methods.bdi.BDI.solve", interrupted)
        with pytest.raises(RunInterruptedError) as stop:
            train(compose_config(words))
    told, _, typed = str(stop.value).partition("\n  ")
    assert told.endswith("Go on with:")
    python = "python() { printf '%s\\0' \"$@\"; }\n"
    read = subprocess.run(["bash", "-c", python + typed], capture_output=True, check=True)
    dash, module, *shown = read.stdout.decode().split("\0")[:-1]
    assert (dash, module) == ("-m", "experiments.train")
    done = command(module, *shown)
    assert done.returncode == 0, done.stderr
    (folder,) = out.iterdir()
    assert (folder / "metrics.json").is_file()
    assert places(str(out)) == [out]  # as experiments.table reads runs=
    assert places("a,b") == [Path("a"), Path("b")]


@pytest.mark.parametrize(
    "word",
    ["out_dir=über", "out_dir=a=b", "out_dir=it's", "out_dir=[a", 'resume="a', "method.lr=ü",
     "data_dir=(x)", "hydra.run.dir=ü", "resume=a;b"],
)  # fmt: skip
def test_a_word_that_cannot_be_read_is_shown_in_quotes(word: str) -> None:
    name, _, text = word.partition("=")
    for check in (check_overrides, compose_config):
        with pytest.raises(InputError) as told:
            check([word])
        message = str(told.value)
        assert message.startswith(f"{word}: the value has signs")
        assert message.endswith(setting(name, text))


@pytest.mark.parametrize(
    ("out_dir", "words"),
    [("", "name a folder"), (" ", "name a folder"), ("a${b}", r"\$\{ means something else"),
     ("a${b", r"\$\{ means something else")],
)  # fmt: skip
def test_folders_that_cannot_be(
    out_dir: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=words):
        reproduce([], ["tfbind8"], ["bdi"], [0], out_dir=out_dir)
    with pytest.raises(InputError, match=f"{words}|configuration"):
        train(compose_unchecked([f"out_dir={quoted(out_dir)}"]))
    assert not list(tmp_path.iterdir())


def test_what_refers_to_nothing_names_no_place_that_is_none() -> None:
    with pytest.raises(InputError, match=r"^configuration: Interpolation key 'x' not found$"):
        validate(compose_unchecked(["out_dir=${x}"]))


def test_paths_that_hydra_reads_as_numbers() -> None:
    """A folder called by a date was made under another name."""
    for name in ("out_dir", "data_dir"):
        for path, read in (("2026_11_28", "20261128"), ("1e3", "1000.0"), ("true", "True")):
            with pytest.raises(InputError, match=f"reads {read} here") as told:
                check_overrides(["task=tfbind8", f"{name}={path}"])
            (shown,) = shlex.split(str(told.value).partition("in quotes: ")[2])
            assert compose_config(["task=tfbind8", shown])[name] == path
        for path in ("2026-11-28", "2026", "nan"):  # these were taken as they are
            assert compose_config(["task=tfbind8", f"{name}={path}"])[name] == path
    with pytest.raises(InputError, match="out_dir=: name a folder"):
        compose_config(["task=tfbind8", "out_dir="])
