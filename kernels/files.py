"""Files that are written whole or not at all, by one process at a time, and checked when read.

This is the door to :mod:`.atomic` and :mod:`.states`, and holds the formats: text, JSON, CSV.
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
import math
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from .atomic import adding_to, in_turn, locked, move_aside, read_whole, write_atomic
from .errors import DamagedStateError
from .states import (
    MESSAGE_LENGTH,
    SEAL,
    last_good_state,
    read_state,
    remove_state,
    sealed,
    state_before,
    unsealed,
    write_state,
)

__all__ = [
    "SEAL",
    "adding_to",
    "disk_of",
    "in_turn",
    "last_good_state",
    "locked",
    "move_aside",
    "read_json",
    "read_state",
    "remove_state",
    "sealed",
    "sha256",
    "state_before",
    "unsealed",
    "write_atomic",
    "write_csv",
    "write_json",
    "write_rows",
    "write_state",
    "write_text",
]


def write_text(path: Path, text: str) -> None:
    """Writes text as UTF-8, atomically."""
    write_atomic(path, lambda file: file.write(text.encode()))


def write_json(path: Path, data: Any) -> None:
    """Writes indented JSON, atomically; NaN, for which it has no word, is null, infinity "inf"."""
    write_text(path, json.dumps(_in_json(data), indent=2, allow_nan=False) + "\n")


def _in_json(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _in_json(value) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [_in_json(value) for value in data]
    if isinstance(data, float) and not math.isfinite(data):
        return None if math.isnan(data) else str(data)
    return data


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Writes a CSV with a header line, atomically; floats keep all their digits."""

    def write(file: BinaryIO) -> None:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        write_rows(text, itertools.chain([header], rows))
        text.detach()

    write_atomic(path, write)


def write_rows(file: TextIO, rows: Iterable[Sequence[Any]], separator: str = ",") -> None:
    """Writes lines of a CSV, so that every text is read back as it is.

    csv quotes of what ends a line only what it writes itself, but takes a carriage return for one.
    """
    plain, quoted = (
        csv.writer(file, delimiter=separator, lineterminator="\n", quoting=quoting)
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL)
    )
    for row in rows:
        torn = any(isinstance(cell, str) and "\r" in cell for cell in row)
        (quoted if torn else plain).writerow(row)


def read_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        FileNotFoundError: there is no such file.
        DamagedStateError: it cannot be read, or is not JSON; names the file and the place.
    """
    try:
        return json.loads(read_whole(path).decode())
    except (ValueError, RecursionError) as error:
        raise DamagedStateError(
            f"{path} is damaged: it is not JSON ({str(error)[:MESSAGE_LENGTH]})."
        ) from error


def sha256(path: Path) -> str:
    """SHA-256 of a file, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def disk_of(path: Path) -> str:
    """The disk that a path is on, for a message: where it is mounted and what is free on it."""
    place = path.absolute()
    while not place.exists() or not (place.is_mount() or place == place.parent):
        place = place.parent
    try:
        free = f"{shutil.disk_usage(place).free / 1e6:,.1f} MB free"
    except OSError as error:
        free = f"{error.strerror}"
    return f"the disk mounted at {place} ({free})"
