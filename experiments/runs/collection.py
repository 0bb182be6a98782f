"""Lines of runs gathered in one CSV file, such as docs/results/runs.csv: added to, never lost."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from torchbdi import InputError
from torchbdi.kernels.files import adding_to, write_csv

from .lines import identity_in
from .older import converted, is_older
from .results import WRONG, Run, read_runs
from .whole import read_lines


def check_collection(path: Path) -> None:
    """Makes sure that lines can be added to a file, before the hours of work that make them.

    Raises:
        InputError: it is a folder, or holds what is none of a run.
        OSError: its folder cannot be made, or not be written to.
    """
    if path.is_dir():
        raise InputError(f"collect={path}: this is a folder. Name a file: {path / 'runs.csv'}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        read_runs([path])
        add_runs(path, [])
    else:
        half = path.with_name(f".{path.name}.part")
        half.write_bytes(b" ")
        half.unlink(missing_ok=True)  # another process may begin with the same file


def add_runs(path: Path, runs: Sequence[Run]) -> int:
    """Puts runs' lines into a CSV file, as a whole; ``read_runs`` reads it.

    A line of one of these runs is replaced. All others of the file stay as they are: those of
    other runs, of a task or method whose file is not there now, and damaged ones. Of several
    processes that add to one file each waits for the others.

    Returns:
        How many others there are.

    Raises:
        InputError: the file holds what cannot be written again as it is.
    """
    with adding_to(path):
        return _add(path, runs)


def _add(path: Path, runs: Sequence[Run]) -> int:
    """:func:`add_runs`, by the one process whose turn it is."""
    new = {run.identity.text: run.line for run in runs}
    lines: dict[object, Mapping[str, str]] = {}
    for number, line in enumerate(_kept(path)):
        text = _identity_text(line)
        lines[number if text not in new else text] = line
    others = sum(isinstance(key, int) for key in lines)
    header = list(dict.fromkeys(column for line in (lines | new).values() for column in line))
    rows = [[line.get(column, "") for column in header] for line in (lines | new).values()]
    write_csv(path, header, rows)
    return others


def _kept(path: Path) -> list[dict[str, str]]:
    """The lines of a file to which others are added."""
    try:
        lines = read_lines(path)
        for line in lines:
            if not all(isinstance(cell, str) for cell in (*line, *line.values())):
                raise ValueError("a line has more or fewer cells than there are columns")
            "".join([*line, *line.values()]).encode()
    except (csv.Error, ValueError) as error:
        raise InputError(f"{path}: cannot be added to ({error}). Mend it, or move it.") from error
    return lines


def _identity_text(line: Mapping[str, str]) -> str | None:
    """Of which run a line is, as far as that can be read."""
    try:
        return identity_in(converted(line) if is_older(line) else line).text
    except WRONG:
        return None
