"""TensorBoard's event files, written by the thread that has something to write.

torch's SummaryWriter writes in a thread of its own. Where the disk fails, that thread prints a
traceback, and whoever logs learns of it later or never; and it makes a folder again that is gone.
"""

from __future__ import annotations

import itertools
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_COUNTER = itertools.count()
_NAME = "events.out.tfevents"


def _seconds(folder: Path) -> list[int]:
    """The seconds in the names of a folder's event files."""
    found = [
        path.name.removeprefix(f"{_NAME}.").split(".")[0] for path in folder.glob(f"{_NAME}.*")
    ]
    return [int(second) for second in found if second.isdecimal()]


class EventFile:
    """One event file.

    Args:
        folder: where it is made; it must exist.
        purge: the step that is written next. TensorBoard forgets what earlier files of the folder
            say of it and of later ones.

    Raises:
        OSError: the folder is gone, or cannot be written. So do all methods.
    """

    def __init__(self, folder: Path, purge: int | None = None):
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.summary.writer.record_writer import RecordWriter

        self._event = Event
        # TensorBoard reads files in the order of their names: one of the same second, of another
        # process, or from before a clock was set back, comes first.
        second = max(int(time.time()), *(at + 1 for at in _seconds(folder)), 0)
        stamp = f"{second:010d}.{socket.gethostname()}.{os.getpid()}.{next(_COUNTER)}"
        self.path = folder / f"{_NAME}.{stamp}"
        self._file = self.path.open("xb")
        self._records = RecordWriter(self._file)
        self._failed = False
        self._write(file_version="brain.Event:2")
        if purge is not None:
            self._write(step=purge, session_log=SessionLog(status=SessionLog.START))

    def scalar(self, name: str, value: Any, step: int) -> None:
        """Writes a number."""
        from torch.utils.tensorboard.summary import scalar  # takes a second to import

        self._write(step=step, summary=scalar(name, value))

    def text(self, name: str, text: str, step: int) -> None:
        """Writes a text, which TensorBoard takes for markdown."""
        from torch.utils.tensorboard.summary import text as summary

        self._write(step=step, summary=summary(name, text))

    def hparams(self, settings: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
        """Writes the settings of a run beside its results."""
        from torch.utils.tensorboard.summary import hparams, scalar

        plain = {
            name: value if isinstance(value, bool | int | float | str) else str(value)
            for name, value in settings.items()
        }
        for part in hparams(plain, dict(metrics)):
            self._write(summary=part)
        for name, value in metrics.items():
            self._write(step=0, summary=scalar(name, value))

    def close(self) -> None:
        """Writes what is left; after an error, nothing."""
        if self._failed:
            return
        try:
            self._file.close()
        except OSError as error:
            raise self._named(error) from error

    def _write(self, **content: Any) -> None:
        try:
            self._records.write(self._event(wall_time=time.time(), **content).SerializeToString())
            self._file.flush()  # a killed run goes on after its last step: this one would be lost
        except OSError as error:
            raise self._named(error) from error

    def _named(self, error: OSError) -> OSError:
        self._failed = True
        return OSError(error.errno, error.strerror, str(self.path))
