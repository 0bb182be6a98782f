"""What the tests of interrupted runs do in processes of their own."""

from __future__ import annotations

import contextlib
import io
import os
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from forked import like_everybody_else

STEPS = 40


def command(argv: Sequence[str], log: str) -> None:
    """``torchbdi propose``, with fewer steps, and its output in a file."""
    _be_quick()
    with (
        Path(log).open("a") as file,
        contextlib.redirect_stdout(file),
        contextlib.redirect_stderr(file),
    ):
        sys.exit(main(argv))


def killed_before_write(argv: Sequence[str], log: str, number: int) -> None:
    """The command, killed by SIGKILL just before its n-th file is moved into place."""
    left = [number]

    def counted(original: Callable[..., Any]) -> Callable[..., Any]:
        def move(path: Path, target: Path) -> Any:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return original(path, target)

        return move

    Path.replace = counted(Path.replace)  # type: ignore[method-assign]
    Path.rename = counted(Path.rename)  # type: ignore[method-assign]
    command(argv, log)


def with_full_disk(argv: Sequence[str], log: str, room: int) -> None:
    """The command, where no file can grow beyond some bytes: the system refuses the write."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    said = io.StringIO()
    _be_quick()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, limit[1]))
        status = main(argv)
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    Path(log).write_text(said.getvalue())
    sys.exit(status)


def without_rights(argv: Sequence[str], log: str) -> None:
    """The command without root's right to write everywhere."""
    like_everybody_else()
    command(argv, log)


def main(argv: Sequence[str]) -> int:
    from torchbdi.__main__ import main

    return main(argv)


def _be_quick() -> None:
    from torchbdi.proposer import optimise

    optimise.STEPS = STEPS
