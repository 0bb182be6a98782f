"""The numbers that a method logs, on disk at once, so that a killed run still has them."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torchbdi.kernels.files import write_text


class History:
    """Numbers of every step, a line of JSON each; a step's line takes the place of later ones.

    A line ends with the checksum (CRC-32) of what stands before it.

    Args:
        path: the file. What a killed process left there is read; a torn last line is dropped.

    Attributes:
        rows: the numbers by step, ascending.
        seconds: how long the run had taken when the last of them was written.
        damage: what is wrong with the file, other than a torn last line; None where it is whole.
    """

    def __init__(self, path: Path):
        self.path = path
        self.rows: dict[int, dict[str, float]] = {}
        self.seconds = 0.0
        self.damage: str | None = None
        if path.exists():
            self._read(path)
        self._file: Any = None

    def _read(self, path: Path) -> None:
        """Reads the lines up to the first that is torn or damaged, and forgets the rest."""
        try:
            lines = path.read_bytes().splitlines(keepends=True)
        except IsADirectoryError:
            self.damage = f"{path} is damaged: it is a folder."
            return
        for i, line in enumerate(lines):
            try:
                step, seconds, values = _checked(line)
            except ValueError as error:
                if line.endswith(b"\n") or i + 1 < len(lines):  # else it was killed in a write
                    self.damage = f"{path} is damaged in line {i + 1}: {error}."
                    return
                lines = lines[:i]
                break
            self._take(step, values)
            self.seconds = seconds
        write_text(path, b"".join(lines).decode())

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
        self._file.write(_line(step, seconds, values))
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


def _line(step: int, seconds: float, values: Mapping[str, float]) -> str:
    told = [step, seconds, dict(values)]
    return json.dumps([*told, zlib.crc32(json.dumps(told).encode())]) + "\n"


def _checked(line: bytes) -> tuple[int, float, dict[str, float]]:
    """What a line holds.

    Raises:
        ValueError: it is not as it was written.
    """
    head, _, tail = line.rpartition(b", ")  # the bytes themselves: 1e-5 and 1E-5 are one number
    if tail != b"%d]\n" % zlib.crc32(head + b"]"):
        raise ValueError("its checksum is not the one that was written into it")
    step, seconds, values = json.loads(head + b"]")
    return step, seconds, values
