"""neural-tangents in an environment of its own, driven round by round.

The environment is made once, in the user's cache, from rivals.txt. Its interpreter runs
_rival_script.py, which reads a line of JSON, does what it says and answers with a line of JSON.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from torchbdi import MissingDataError, TorchBDIError

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "rivals.txt"


def environment() -> Path:
    """The interpreter of the rivals' environment; makes the environment where it is missing.

    Raises:
        MissingDataError: pip could not install the pinned packages.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "torchbdi"
    stamp = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = cache / f"rivals-{stamp}"
    python = folder / "bin" / "python"
    if (folder / "ready").exists():
        return python
    print(f"installing {REQUIREMENTS.name} into {folder} (2.5 GB, minutes)", flush=True)
    cache.mkdir(parents=True, exist_ok=True)
    install = [python, "-m", "pip", "install", "-q", "-r", REQUIREMENTS]
    for command in ([sys.executable, "-m", "venv", "--clear", folder], install):
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
        if done.returncode:
            raise MissingDataError(
                f"the rivals' environment could not be made: {' '.join(map(str, command))} said "
                f"{done.stderr.strip()[-500:]}. Try again with a network, or pass --no-rivals."
            )
    (folder / "ready").touch()
    return python


class Rival:
    """A running process of the rivals' interpreter.

    Args:
        process: reads and writes lines of JSON.
        folder: where arrays are exchanged.
        errors: what it says on stderr.
    """

    def __init__(self, process: subprocess.Popen[str], folder: Path, errors: Path):
        self.process, self.folder, self.errors = process, folder, errors

    def prepare(self, subject: str, arrays: Mapping[str, np.ndarray], **settings: Any) -> None:
        """Hands over arrays and compiles what :meth:`run` will time."""
        np.savez(self.folder / "arrays.npz", **arrays)  # type: ignore[arg-type]
        self._ask({"prepare": subject, "arrays": str(self.folder / "arrays.npz"), **settings})

    def run(self) -> float:
        """Does the prepared work once; returns its seconds."""
        return self._ask({"run": True})["seconds"]

    def result(self) -> np.ndarray:
        """What the prepared work computed (its first entries)."""
        return np.array(self._ask({"result": True})["values"])

    def peak_bytes(self) -> int:
        """Highest memory of the process so far."""
        return self._ask({"peak": True})["bytes"]

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None and self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(message) + "\n")
            self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise TorchBDIError(
                f"the rival's process ended: {self.errors.read_text().strip()[-800:]}"
            )
        return json.loads(line)


@contextlib.contextmanager
def rival() -> Iterator[Rival]:
    """Starts the rivals' process and ends it."""
    python = environment()
    with tempfile.TemporaryDirectory() as name:
        errors = Path(name) / "stderr"
        with errors.open("w") as stderr:
            process = subprocess.Popen(
                [str(python), str(HERE / "_rival_script.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        try:
            yield Rival(process, Path(name), errors)
        finally:
            process.kill()
            process.wait()
