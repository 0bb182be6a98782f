"""The loop of a pool's worker process; imports nothing heavy, so that workers start quickly."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any

#: What a worker says once it can take work.
READY = "ready"
#: What it says in the middle of an item to move the progress bar on.
TICK = "tick"

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)


@contextmanager
def light_children() -> Iterator[None]:
    """Let the processes that are started inside be single-threaded and start without ``__main__``.

    BLAS reads its variables when it is loaded, which in a spawned process is before any of our code
    runs; so they are set in the parent for the moment of the start. A spawned process also imports
    the program that started it, in our case torch and all, which takes seconds and which nothing
    here needs; it does so only if it finds where ``__main__`` came from.
    """
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    program = sys.modules["__main__"]
    os.environ.update(dict.fromkeys(_THREAD_VARIABLES, "1"))
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = program
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def serve(pipe: Connection, function: Callable[..., Any], ticking: bool) -> None:
    """Answer ``(index, arguments)`` with ``(index, result, error)`` until the pipe closes.

    An exception travels as text, because not every exception can be pickled.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    options = {"tick": lambda: pipe.send(TICK)} if ticking else {}
    # EOFError and OSError: the parent is gone or has closed the pipe, so there is nothing to do.
    with suppress(EOFError, OSError):
        pipe.send(READY)
        while True:
            index, arguments = pipe.recv()
            try:
                pipe.send((index, function(*arguments, **options), None))
            except Exception:
                pipe.send((index, None, traceback.format_exc()))
