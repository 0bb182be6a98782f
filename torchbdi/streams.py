"""What a command prints: it costs no work where it cannot be printed.

A reader that has gone (``| head``), a full disk under ``> file`` and letters that a terminal does
not have are no reason to end an hour's work, nor to end it in a traceback.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import Any, TextIO


def printable() -> None:
    """Makes standard output and standard error take any text, for as long as the process lives.

    Letters that the encoding does not have are written as escapes. A stream that cannot be written
    any more is thrown away; that of a disk that fails is said on the other one, once. Streams that
    somebody has put in the place of the process's own are left alone.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None or stream is not getattr(sys, f"__{name}__"):
            continue
        if not isinstance(stream, io.TextIOWrapper) or isinstance(_raw(stream), _Output):
            continue
        with contextlib.suppress(OSError):
            stream.flush()
        setattr(sys, name, _tolerant(stream, name))
        setattr(sys, f"__{name}__", getattr(sys, name))


def _raw(stream: io.TextIOWrapper) -> Any:
    """What a stream writes bytes to; without a buffer under ``python -u``."""
    return getattr(stream.buffer, "raw", stream.buffer)


def _tolerant(stream: io.TextIOWrapper, name: str) -> TextIO:
    """Another stream to the same place, that waits for as much text before it writes."""
    raw: Any = _Output(stream.fileno(), name)
    return io.TextIOWrapper(
        raw if _raw(stream) is stream.buffer else io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


class _Output(io.FileIO):
    """A stream that becomes the null device when it cannot be written.

    Args:
        descriptor: of the open stream; it stays open.
        called: its name in ``sys``.
    """

    def __init__(self, descriptor: int, called: str):
        super().__init__(descriptor, "wb", closefd=False)
        self._called = called

    def write(self, data: Any, /) -> int:
        """Writes bytes, or throws them away; how many."""
        try:
            return super().write(data)
        except OSError as error:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self.fileno())
            os.close(null)
            if not isinstance(error, BrokenPipeError) and self._called == "stdout":
                print(f"warning: cannot print ({error.strerror}).", file=sys.stderr)
            return len(data)
