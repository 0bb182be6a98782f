"""Rivals in environments of their own, driven round by round.

An environment is made once, in the user's cache, from NAME.txt. Its interpreter runs _NAME.py,
which reads a line of JSON, does what it says and answers with a line of JSON.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from torchbdi import MissingDependencyError, TorchBDIError

from ..data import cache_folder

HERE = Path(__file__).parent


def environment(name: str) -> Path:
    """The interpreter of a rival's environment; makes the environment where it is missing.

    Args:
        name: "neural_tangents" or "gpytorch".

    Raises:
        MissingDependencyError: pip could not install the pinned packages.
    """
    requirements = HERE / f"{name}.txt"
    stamp = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = cache_folder() / f"{name}-{stamp}"
    python = folder / "bin" / "python"
    if (folder / "ready").exists():
        return python
    print(f"installing {requirements.name} into {folder} (1 to 3 GB, minutes)", flush=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    install = [python, "-m", "pip", "install", "-q", "-r", requirements]
    for command in ([sys.executable, "-m", "venv", "--clear", folder], install):
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
        if done.returncode:
            raise MissingDependencyError(
                f"the environment of {name} could not be made: {' '.join(map(str, command))} said "
                f"{done.stderr.strip()[-500:]}. Try again with a network, or pass --no-rivals."
            )
    (folder / "ready").touch()
    return python


class Rival:
    """A running process of a rival's interpreter.

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
def rival(name: str = "neural_tangents") -> Iterator[Rival]:
    """Starts a rival's process and ends it."""
    python = environment(name)
    with tempfile.TemporaryDirectory() as folder:
        errors = Path(folder) / "stderr"
        with errors.open("w") as stderr:
            process = subprocess.Popen(
                [str(python), str(HERE / f"_{name}.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        try:
            yield Rival(process, Path(folder), errors)
        finally:
            process.kill()
            process.wait()
