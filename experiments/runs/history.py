"""The numbers that a method logs, on disk at once, so that a killed run still has them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torchbdi.kernels.files import write_text


class History:
    """Numbers of every step, a line of JSON each; a step's line takes the place of later ones.

    Args:
        path: the file. What a killed process left there is read; a torn last line is dropped.

    Attributes:
        rows: the numbers by step, ascending.
        seconds: how long the run had taken when the last of them was written.
    """

    def __init__(self, path: Path):
        self.path = path
        self.rows: dict[int, dict[str, float]] = {}
        self.seconds = 0.0
        if path.is_file():
            kept = []
            for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
                try:
                    step, seconds, values = json.loads(line)
                except ValueError:
                    break  # torn: the process was killed while it wrote
                self._take(step, values)
                self.seconds = seconds
                kept.append(line)
            write_text(path, "".join(kept))
        self._file: Any = None

    def add(self, step: int, seconds: float, values: Mapping[str, float], sync: bool) -> None:
        """Writes the numbers of a step.

        Args:
            step: counted from 1.
            seconds: how long the run has taken so far.
            values: the numbers.
            sync: whether they must be on the disk when this returns.
        """
        self._take(step, dict(values))
        self.seconds = seconds
        if self._file is None:
            self._file = self.path.open("a", encoding="utf-8")
        self._file.write(json.dumps([step, seconds, values]) + "\n")
        self._file.flush()
        if sync:
            os.fsync(self._file.fileno())

    def columns(self) -> list[str]:
        """The names of all numbers, in the order in which they came."""
        return list(dict.fromkeys(name for values in self.rows.values() for name in values))

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def remove(self) -> None:
        """Removes the file; the numbers stand elsewhere by now."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _take(self, step: int, values: dict[str, float]) -> None:
        while self.rows and next(reversed(self.rows)) >= step:
            self.rows.popitem()
        self.rows[step] = values
