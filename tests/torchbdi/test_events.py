"""TensorBoard reads the event files of a run in the order in which they were made."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from torchbdi.events import EventFile


@pytest.mark.parametrize("clock", [1_700_000_000.0, 1_600_000_000.0])
def test_a_resume_of_the_same_second_is_read_last(
    clock: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a process with a smaller number, and after a clock was set back."""
    monkeypatch.setattr("torchbdi.events.time.time", lambda: 1_700_000_000.5)
    monkeypatch.setattr(os, "getpid", lambda: 900)
    first = EventFile(tmp_path)
    for step in range(1, 28):
        first.scalar("loss", float(step), step)
    first.close()
    monkeypatch.setattr("torchbdi.events.time.time", lambda: clock)
    monkeypatch.setattr(os, "getpid", lambda: 17)
    second = EventFile(tmp_path, purge=21)
    for step in range(21, 41):
        second.scalar("loss", float(step), step)
    second.close()
    assert sorted([first.path, second.path]) == [first.path, second.path]
    events = EventAccumulator(str(tmp_path), size_guidance={"scalars": 0})
    events.Reload()
    assert [p.step for p in events.Scalars("loss")] == list(range(1, 41))


def test_a_killed_process_has_written_all_that_it_was_told(tmp_path: Path) -> None:
    """What is lost stays lost: the run goes on after the last step that it has a state of."""
    killed = """
import os, signal, sys
from pathlib import Path
from torchbdi.events import EventFile
file = EventFile(Path(sys.argv[1]))
for step in range(1, 6):
    file.scalar("loss", float(step), step)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", killed, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    last = EventFile(tmp_path, purge=6)
    last.scalar("loss", 6.0, 6)
    last.close()
    events = EventAccumulator(str(tmp_path), size_guidance={"scalars": 0})
    events.Reload()
    assert [p.step for p in events.Scalars("loss")] == [1, 2, 3, 4, 5, 6]
