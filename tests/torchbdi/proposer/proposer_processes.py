"""What the tests of runs of propose do in processes of their own."""

from __future__ import annotations

import contextlib
import io
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from forked import like_everybody_else
from proposer_quick import be_quick


def command(argv: Sequence[str], log: str) -> None:
    """``torchbdi propose``, with fewer steps, and its output in a file."""
    be_quick()
    with (
        Path(log).open("a") as file,
        contextlib.redirect_stdout(file),
        contextlib.redirect_stderr(file),
    ):
        sys.exit(main(argv))


def with_threads(threads: int, out: str) -> None:
    """propose() of 600 rows with some threads; its figures, row by row, go to a file."""
    import numpy as np
    import torch

    import torchbdi

    be_quick()
    torch.set_num_threads(threads)
    x = np.random.default_rng(0).uniform(-1, 1, (600, 3))
    p = torchbdi.propose(x, -((x - 0.3) ** 2).sum(1), n=8, progress=False)
    q = p.quality
    np.savez(out, loo=q.predicted, quality=[q.rmse, q.r2], predicted=p.predicted, error=p.error)


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
    be_quick()
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


def killed_at_the_report(argv: Sequence[str], log: str) -> None:
    """The command, killed by SIGKILL when all is done but the proposals are not written."""
    from torchbdi.proposer import outputs

    outputs.proposals_csv = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
    command(argv, log)


def whose_folder_goes(argv: Sequence[str], log: str, moment: str, how: str) -> None:
    """The command, whose folder of work fails under it at some moment."""
    from torchbdi.proposer import outputs, pipeline

    like_everybody_else()
    work = Path(argv[argv.index("-o") + 1] + ".part")

    def before(module: Any, name: str) -> None:
        original = getattr(module, name)

        def going(*args: Any, **options: Any) -> Any:
            if work.is_dir() and os.access(work, os.W_OK):
                if how == "turns read-only":
                    work.chmod(0o555)
                else:
                    shutil.rmtree(work)
                    if how == "is a file":
                        work.touch()
            return original(*args, **options)

        setattr(module, name, going)

    if moment == "solving":
        before(pipeline, "solve")
    elif moment == "searching":
        before(pipeline, "search")
    else:
        before(outputs, "html_report")
    command(argv, log)
