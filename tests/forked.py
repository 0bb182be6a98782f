"""Processes for tests that kill: quick copies of one that has imported what they need."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: Seconds after which a process is taken to hang, on a slow machine with other work too.
PATIENCE = 900
FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(
    [
        "torchbdi.proposer.cli", "torchbdi.bdi", "matplotlib.figure", "experiments.train",
        "experiments.tasks.tfbind8", "experiments.data.download",
    ]
)  # fmt: skip


def child(target: Callable[..., None], *args: Any) -> Any:
    """A process that has been started."""
    process = FORK.Process(target=target, args=args)
    process.start()
    return process


def finished(target: Callable[..., None], *args: Any) -> int:
    """The exit status of a process that was left to its end."""
    process = child(target, *args)
    process.join(PATIENCE)
    assert process.exitcode is not None, "still running"
    return int(process.exitcode)


def logged(job: Callable[[], Any], log: str) -> None:
    """Runs a job as the shell would: its output goes to a file, and it ends the process."""
    status: Any = 0
    with (
        Path(log).open("a") as file,
        contextlib.redirect_stdout(file),
        contextlib.redirect_stderr(file),
    ):
        try:
            job()
        except SystemExit as end:
            status = end.code
            if isinstance(status, str):
                print(status)
                status = 1
        except BaseException:
            traceback.print_exc()
            status = 70
    sys.exit(status)


def like_everybody_else() -> None:
    """Root may write where nobody may; from now on this process may not (capabilities(7)).

    It stays root, because the interpreter may lie where only root can read.
    """
    if os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3, this thread
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice
    assert libc.capget(header, sets) == 0
    for i in range(3):
        sets[i] &= ~0b1110  # DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER
    assert libc.capset(header, sets) == 0, os.strerror(ctypes.get_errno())


def with_little_room(size: int, deadly: bool) -> None:
    """From now on no file grows beyond some bytes.

    Args:
        size: in bytes.
        deadly: the write that goes beyond it kills the process, and leaves half a file; otherwise
            it fails, as it does on a full disk.
    """
    if deadly:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
