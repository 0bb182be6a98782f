"""Whether the results of a run are as it wrote them.

A line of results has a SHA-256 of itself in it, so a changed bit is found wherever the line stands.
``results.csv`` and ``metrics.json`` hold the same line: where one of them is damaged, the other
counts. Times and memory, in which two runs of the same numbers differ, are not in the SHA-256, but
are compared.
"""

from __future__ import annotations

import csv
import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torchbdi import InputError
from torchbdi.identity import canonical

from .identity import read_object

METRICS = "metrics.json"
HASH = "results_sha256"
VARYING = ("seconds", "peak")

Line = dict[str, str]


def results_hash(line: Mapping[str, Any]) -> str:
    """SHA-256 of a line of results, by its cells as a CSV has them; empty ones are left out."""
    left = {k: v for k, v in _cells(line).items() if v and k != HASH and not _varies(k)}
    return hashlib.sha256(canonical(left).encode()).hexdigest()


def read_lines(file: Path) -> list[Line]:
    """The lines of a CSV file of results; that of a run, by the metrics.json beside it.

    What is damaged while the line is known all the same is told on the standard error.

    Raises:
        InputError: it is damaged, or cannot be read; the file is named.
        ValueError, csv.Error: it is no CSV file.
    """
    try:
        with file.open(newline="", encoding="utf-8", errors="surrogateescape") as opened:
            lines = list(csv.DictReader(opened))
        return _as_written(file, lines)
    except OSError as error:
        raise InputError(f"{error.filename or file}: cannot be read ({error.strerror}).") from error


def check_line(line: Mapping[str, str]) -> None:
    """Compares a line with the SHA-256 in it, if it has one.

    Raises:
        ValueError: it is damaged.
    """
    "".join(filter(None, _cells(line).values())).encode()  # bytes that are no text
    if line.get(HASH) and line[HASH] != results_hash(line):
        raise ValueError(
            "its SHA-256 is not the one that was written into it: it is damaged, or was changed. "
            f"One whose {HASH} is empty is taken as it is"
        )


def _as_written(file: Path, lines: list[Line]) -> list[Line]:
    """The lines of a file; one without a metrics.json beside it is taken as it is."""
    beside = file.with_name(METRICS)
    if file.name != "results.csv" or not beside.exists():
        return lines
    metrics = read_object(beside)
    if "settings" not in metrics:
        return lines  # of 0.1.0
    theirs = _cells({**metrics, "settings": canonical(metrics["settings"])})
    own = _cells(lines[0]) if len(lines) == 1 else {}
    if own == theirs:
        return lines
    if _is_whole(own):
        if _is_whole(theirs):
            _say(f"{file} and {beside} differ in times or memory: one of them is damaged.")
        return lines
    if own.keys() == theirs.keys() and _is_whole(theirs):
        _say(f"{file} is damaged. Its line is taken from {beside}.")
        return [theirs]
    if not own:
        raise InputError(f"{file} is damaged: it has no line of results.")
    raise InputError(
        f"{file} and {beside} do not hold the same: one of them is damaged. Begin the run anew, or "
        "put copies of both back."
    )


def _is_whole(line: Line) -> bool:
    return bool(line.get(HASH)) and line[HASH] == results_hash(line)


def _varies(name: str) -> bool:
    return any(part in name for part in VARYING)


def _cells(line: Mapping[str, Any]) -> Line:
    """Text of every cell; more cells than there are columns have no name."""
    return {str(name): "" if value is None else str(value) for name, value in line.items()}


def _say(text: str) -> None:
    print(f"warning: {text}", file=sys.stderr, flush=True)
