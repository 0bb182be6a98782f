"""Sweeps: a job that fails is noted, the others are done, and all that failed are named at the end.

Jobs may run in processes of their own, so what failed is noted in a file.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode

from .failing import print_traceback

_FILE = "TORCHBDI_FAILED_JOBS"


def note_failure(error: Exception) -> bool:
    """Notes that the job of this process failed, where it is one of a sweep.

    Args:
        error: what went wrong; what is no error of ours is told with its traceback.

    Returns:
        Whether it is noted; False for a job that is alone.
    """
    path = os.environ.get(_FILE)
    if path is None or HydraConfig.get().mode != RunMode.MULTIRUN:
        return False
    print_traceback(error)
    words = " ".join(HydraConfig.get().overrides.task)
    told = f"{words}: {error or type(error).__name__}"
    print(f"failed: {told}", file=sys.stderr, flush=True)
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(json.dumps(told) + "\n")
    return True


@contextmanager
def failures_of_sweep() -> Iterator[Callable[[], list[str]]]:
    """While it lasts, jobs note their failures; gives what returns them, afterwards too."""
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="torchbdi-") as folder:
        path = Path(folder) / "failed"
        os.environ[_FILE] = str(path)
        try:
            yield lambda: failed
        finally:
            del os.environ[_FILE]
            if path.is_file():
                failed += map(json.loads, path.read_text(encoding="utf-8").splitlines())
