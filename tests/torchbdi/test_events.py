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


def test_a_disk_that_fails_under_the_events(tmp_path: Path) -> None:
    """The error reaches who writes, at once, names the file, and no thread prints anything."""
    code = f"""
import resource, signal, threading
from pathlib import Path
from torchbdi.events import EventFile
file = EventFile(Path({str(tmp_path)!r}))
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
try:
    for step in range(10000):
        file.scalar("loss", 1.0, step)
except OSError as error:
    assert error.filename == str(file.path), error
    print("told at", step < 1000, error.strerror)
file.close()
assert threading.active_count() == 1
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "told at True File too large\n"
    assert "Traceback" not in done.stderr


def test_events_are_read_back(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    first = EventFile(tmp_path)
    for step in range(4):
        first.scalar("loss", float(step), step)
    first.text("remark", "**bold**", 0)
    first.hparams({"lr": 0.1, "name": "a"}, {"hp/best": 0.5})
    first.close()
    second = EventFile(tmp_path, purge=2)  # a run that goes on from step 2
    second.scalar("loss", 20.0, 2)
    second.close()
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("loss")] == [(0, 0), (1, 1), (2, 20)]
    assert events.Scalars("hp/best")[0].value == 0.5
    assert "remark/text_summary" in events.Tags()["tensors"]
    with pytest.raises(FileNotFoundError):
        EventFile(tmp_path / "gone")
    assert not (tmp_path / "gone").exists()
