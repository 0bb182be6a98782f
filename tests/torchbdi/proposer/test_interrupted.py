"""Runs that are killed, interrupted or fail: the same command goes on from there."""

from __future__ import annotations

import random
import signal
from pathlib import Path
from typing import Any

import proposer_processes as processes
import pytest
from forked import child, finished
from proposer_folders import contents, said, words
from proposer_quick import be_quick

from torchbdi.__main__ import main


# From here on: interruptions.
def test_killed_before_every_write_it_goes_on(
    data: Path, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    """kill -9 just before the first, second, third, first, ... file of a process is in place."""
    out, log = tmp_path / "out", str(tmp_path / "log")
    for attempt in range(40):
        code = finished(
            processes.killed_before_write, words(data, out), log, 1 + attempt % 3 + attempt // 3
        )
        if code == 0:
            break
        assert code == -signal.SIGKILL, Path(log).read_text()
        assert not out.exists()
    assert code == 0, Path(log).read_text()
    assert attempt >= 5
    assert contents(out) == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.csv", "log", "out"]


def test_killed_at_random_moments_it_goes_on(
    data: Path, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    out, log = tmp_path / "out", str(tmp_path / "log")
    moments = random.Random(0)
    for _ in range(6):
        process = child(processes.command, words(data, out), log)
        process.join(moments.uniform(0, 1.5))
        process.kill()
        process.join()
        assert process.exitcode in (0, -signal.SIGKILL), Path(log).read_text()
        if process.exitcode == 0:
            break
        assert not out.exists()
    if not out.exists():
        assert finished(processes.command, words(data, out), log) == 0, Path(log).read_text()
    assert contents(out) == whole


def test_steps_done_are_not_done_again(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torchbdi.proposer.pipeline as pipeline

    class StopError(Exception):
        pass

    def stop(*_: Any) -> None:
        raise StopError

    be_quick(monkeypatch.setattr)
    with monkeypatch.context() as patch:
        patch.setattr("torchbdi.proposer.outputs.proposals_csv", stop)
        with pytest.raises(StopError):
            main(words(data, tmp_path / "out"))
    monkeypatch.setattr(pipeline, "solve", stop)
    monkeypatch.setattr(pipeline, "choose", stop)
    assert main(words(data, tmp_path / "out")) == 0


def test_ctrl_c_says_how_to_go_on(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("torchbdi.proposer.pipeline.search", interrupt)
    assert main(words(data, tmp_path / "out")) == 130
    assert "The same command goes on" in capsys.readouterr().err
    assert (tmp_path / "out.part").is_dir()


def test_a_run_that_failed_is_not_in_the_way(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    be_quick(monkeypatch.setattr)
    data.write_text("x,y\n" + "".join(f"{i},{(i - 9) ** 2}\n" for i in range(20)))
    argv = ["propose", str(data), "--score", "y", "-n", "2", "-o", str(tmp_path / "out")]
    assert "the table is complete" in said(capsys, [*argv, "--bounds", "x=3:3"])
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]
    assert main([*argv, "--bounds", "x=0:25"]) == 0
