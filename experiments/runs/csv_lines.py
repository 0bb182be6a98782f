"""CSV files that a command wrote and reads again, which somebody may have damaged meanwhile."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from torchbdi import InputError


@contextmanager
def checked_lines(path: Path, told: Callable[[Exception], str]) -> Iterator[list[dict[str, str]]]:
    """The lines of a file, as a context in which they are checked.

    Args:
        path: the file.
        told: the message, with its way out, for what reading or checking it has raised.

    Raises:
        InputError: it is no CSV file, or a ValueError, KeyError or TypeError was raised inside.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        yield lines
    except (csv.Error, ValueError, KeyError, TypeError) as error:
        raise InputError(told(error)) from error
