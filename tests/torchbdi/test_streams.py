"""Output that cannot be printed costs neither work nor a traceback (R20)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from proposer_folders import write_table

ROOT = Path(__file__).parents[2]
SAY = "from torchbdi.streams import printable; import sys; printable(); printable(); "


def gone() -> int:
    """A pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def python(*words: str, stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE,
           **environment: str) -> subprocess.CompletedProcess[bytes]:  # fmt: skip
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, check=False, stdout=stdout, stderr=stderr,
        env={**os.environ, **environment},
    )  # fmt: skip


@pytest.mark.parametrize("unbuffered", [[], ["-u"]])
def test_a_reader_that_has_gone(unbuffered: list[str]) -> None:
    work = f"{SAY} [print(i) for i in range(10**5)]; print('done', file=sys.stderr)"
    done = python(*unbuffered, "-c", work, stdout=gone())
    assert (done.returncode, done.stderr) == (0, b"done\n")
    said = f"{SAY} [print(i, file=sys.stderr) for i in range(10**4)]; print('done')"
    done = python(*unbuffered, "-c", said, stderr=gone())
    assert (done.returncode, done.stdout) == (0, b"done\n")


@pytest.mark.parametrize("unbuffered", [[], ["-u"]])
def test_a_disk_that_is_full_is_said_once(unbuffered: list[str]) -> None:
    work = f"{SAY} [print(i) for i in range(10**5)]; print('done', file=sys.stderr)"
    with Path("/dev/full").open("wb") as full:
        done = python(*unbuffered, "-c", work, stdout=full.fileno())
        assert done.returncode == 0
        assert done.stderr.count(b"warning: cannot print (No space left on device).\n") == 1
        assert done.stderr.endswith(b"done\n")
        said = f"{SAY} print('lost', file=sys.stderr); print('done')"
        done = python(*unbuffered, "-c", said, stderr=full.fileno())
        assert (done.returncode, done.stdout) == (0, b"done\n")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "cp437"])
def test_letters_that_a_terminal_does_not_have(encoding: str) -> None:
    text = "temp °C, 日本, \udcff"
    done = python("-c", f"{SAY} print({text!r}); print({text!r}, file=sys.stderr)",
                  PYTHONIOENCODING=encoding)  # fmt: skip
    expected = text.encode(encoding, "backslashreplace") + b"\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, expected, expected)


def test_closed_streams_and_streams_of_others_are_left_alone() -> None:
    for closed in ("stdout", "stderr"):
        done = python("-c", f"import sys; sys.{closed} = sys.__{closed}__ = None; {SAY} print(1)")
        assert (done.returncode, done.stderr) == (0, b"")
    other = f"import io, sys; sys.stdout = mine = io.StringIO(); {SAY} assert sys.stdout is mine"
    assert python("-c", other).returncode == 0


@pytest.mark.parametrize("module", ["torchbdi", "experiments.table", "experiments.train"])
def test_every_command_takes_part(module: str) -> None:
    done = python("-m", module, "--help", stdout=gone())
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_run_that_nobody_reads_is_done_all_the_same(tmp_path: Path) -> None:
    """In a terminal without the degree sign, from a file whose name is no text, and | head -0."""
    data = Path(os.fsdecode(os.fsencode(tmp_path) + b"/t\xff.csv"))
    text = write_table(tmp_path / "data.csv", n=40).read_text()
    data.write_text(text.replace("temp", "temp °C"))
    out = tmp_path / "out"
    done = python(
        "-m", "torchbdi", "propose", str(data), "--score", "tc", "--ignore", "lot", "-n", "2",
        "--acquisition", "mean", "-o", str(out), stdout=gone(), PYTHONIOENCODING="ascii",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    assert "temp °C" in (out / "proposals.csv").read_text()
    assert "t\\udcff.csv" in (out / "report.html").read_text()
