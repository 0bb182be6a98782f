"""Processes for tests that kill or type commands: copies of one that has imported what they need.

A process of its own takes as long to import torch, Lightning and Hydra as most tests take.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import resource
import runpy
import signal
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Seconds after which a process is taken to hang, on a slow machine with other work too.
PATIENCE = 900
ROOT = Path(__file__).parents[1]
FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(
    [
        "torchbdi.proposer.cli", "torchbdi.bdi", "matplotlib.figure", "experiments.train",
        "experiments.tasks.tfbind8", "experiments.data.download", "experiments.reproduce",
        "tests.warm",
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


@dataclass
class Command:
    """``python -m MODULE WORDS`` in a process that has been started.

    Attributes:
        process: the process.
        folder: where its output is.
    """

    process: Any
    folder: tempfile.TemporaryDirectory[str]

    def end(self) -> subprocess.CompletedProcess[str]:
        """Waits for the end: exit status and output, as subprocess.run gives them."""
        self.process.join(PATIENCE)
        assert self.process.exitcode is not None, "still running"
        out, err = ((Path(self.folder.name) / name).read_text() for name in ("out", "err"))
        self.folder.cleanup()
        return subprocess.CompletedProcess([], self.process.exitcode, out, err)


def begin(module: str, *words: str, first: Callable[[], None] | None = None) -> Command:
    """Starts ``python -m MODULE WORDS`` in the checkout, with the environment of this process.

    Args:
        module: its name.
        words: what stands behind it.
        first: what is done before, such as a patch; something that can be pickled.
    """
    folder = tempfile.TemporaryDirectory()
    return Command(child(_typed, module, words, first, folder.name, dict(os.environ)), folder)


def command(
    module: str, *words: str, first: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    """The output of :func:`begin`'s process at its end."""
    return begin(module, *words, first=first).end()


def _typed(
    module: str, words: tuple[str, ...], first: Callable[[], None] | None, folder: str,
    environment: dict[str, str],
) -> None:  # fmt: skip
    for number, name in ((1, "out"), (2, "err")):
        with (Path(folder) / name).open("w") as file:
            os.dup2(file.fileno(), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    sys.argv = [module, *words]
    warnings.filterwarnings("ignore", "'.*' found in sys.modules", RuntimeWarning)
    if first is not None:
        first()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


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
