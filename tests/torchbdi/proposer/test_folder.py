"""The folder of a run: there when it is whole, never shared, and what fails under it is said."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import proposer_processes as processes
import pytest
from forked import PATIENCE, child, finished
from proposer_folders import Place, contents, said, words

import torchbdi
from torchbdi.__main__ import main
from torchbdi.proposer import pipeline
from torchbdi.proposer.folder import RunFolder


def test_a_full_disk_loses_nothing(data: Path, tmp_path: Path, whole: dict[str, bytes]) -> None:
    out = tmp_path / "out"
    for room in (0, 100, 2500, 4000, 6000, 20_000):
        log = tmp_path / f"log{room}"
        assert finished(processes.with_full_disk, words(data, out), str(log), room) == 1
        assert not out.exists()
        said = log.read_text()
        assert "cannot be written" in said, said
    log = tmp_path / "log"
    assert finished(processes.command, words(data, out), str(log)) == 0, log.read_text()
    assert contents(out) == whole


def test_a_folder_that_cannot_be_written(data: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    log = tmp_path / "log"
    assert finished(processes.without_rights, words(data, closed / "out"), str(log)) == 1
    assert "cannot be written (Permission denied)" in log.read_text()
    assert not list(closed.iterdir())
    assert finished(processes.command, words(data, data / "out"), str(log)) == 1
    assert "Not a directory" in log.read_text()


def test_two_runs_into_one_folder(data: Path, tmp_path: Path, whole: dict[str, bytes]) -> None:
    out = tmp_path / "out"
    logs = [tmp_path / "log0", tmp_path / "log1"]
    both = [child(processes.command, words(data, out), str(log)) for log in logs]
    for process in both:
        process.join(PATIENCE)
    assert sorted(process.exitcode for process in both) == [0, 1], [p.read_text() for p in logs]
    loser = logs[[process.exitcode for process in both].index(1)].read_text()
    assert "another run is writing" in loser or "is there already" in loser
    assert contents(out) == whole


def test_a_folder_that_is_in_use_or_taken(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, work = tmp_path / "out", tmp_path / "out.part"
    work.mkdir()
    holder = os.open(work, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    assert "another run is writing" in said(capsys, words(data, out))
    os.close(holder)
    (work / "config.json").write_text("{}")
    message = said(capsys, words(data, out))
    assert "other data or settings, or another version of torchbdi" in message
    out.mkdir()
    (out / "mine.txt").touch()
    message = said(capsys, words(data, out))
    assert "is there already" in message and "remove" not in message
    assert (out / "mine.txt").exists()
    (out / "config.json").touch()
    assert "is there already" in (message := said(capsys, words(data, out)))
    assert "or remove it" in message  # of an earlier run
    message = said(capsys, words(data, data))
    assert "is there already" in message and "remove" not in message


def test_somebody_else_makes_the_folder_meanwhile(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with (
        pytest.raises(torchbdi.InputError, match="made by somebody else meanwhile"),
        RunFolder(out, {}) as folder,
    ):
        out.mkdir()
        (out / "theirs").touch()
        folder.finish([])
    assert (tmp_path / "out.part" / "config.json").exists()


def test_a_run_that_finds_the_folder_moved_away(tmp_path: Path) -> None:
    """The other run finished between our look at the folder and our lock."""
    work = tmp_path / "out.part"
    with pytest.MonkeyPatch.context() as patch:

        def flock(lock: int, how: int) -> None:
            work.rename(tmp_path / "out")

        patch.setattr("torchbdi.kernels.atomic.fcntl.flock", flock)
        with pytest.raises(torchbdi.InputError, match="another run is writing"):
            RunFolder(tmp_path / "out", {}).__enter__()


@pytest.mark.parametrize(
    ("moment", "how"),
    [
        ("solving", "vanishes"), ("searching", "vanishes"), ("reporting", "vanishes"),
        ("searching", "is a file"), ("searching", "turns read-only"),
        ("reporting", "turns read-only"),
    ],
)  # fmt: skip
def test_a_folder_that_goes_away_under_a_run(
    moment: str, how: str, whole: dict[str, bytes], tmp_path: Path
) -> None:
    place = Place(tmp_path)
    assert place.run(processes.whose_folder_goes, moment, how) == 1, place.said()
    lines = [line for line in place.said().splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, place.said()
    assert str(place.work) in lines[0]
    assert "Traceback" not in place.said()
    assert not place.out.exists()
    if how == "turns read-only":
        assert "Permission denied" in lines[0]
        assert "goes on from here" in lines[0]
        place.work.chmod(0o755)
        assert place.run() == 0, place.said()
        assert contents(place.out) == whole
    else:
        assert "vanished" in lines[0]
        assert place.work.exists() == (how == "is a file")


def test_more_proposals_than_memory_are_refused_before_any_work(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(words(data, out, "-n", "10000000")) == 1
    error = capsys.readouterr().err
    assert "a batch of 10000000 proposals needs" in error and "(-n 1000)" in error
    assert not list(tmp_path.glob("out*"))


def test_an_allocation_that_fails_is_told_and_leaves_nothing_in_the_way(
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    quick: None,
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: you tried to allocate 85592000000 bytes.")

    monkeypatch.setattr(pipeline, "search", fail)
    out = tmp_path / "out"
    assert main(words(data, out)) == 1
    error = capsys.readouterr().err
    assert "propose: an array of 85.6 GB does not fit into memory. Ask for fewer" in error
    assert not list(tmp_path.glob("out*"))
