"""What the command line of the tables, or of the figures, asks for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from torchbdi import InputError

from .results import Run, left_out, read_runs
from .words import split_words


def asked_for(
    words: Sequence[str], names: Collection[str]
) -> tuple[list[str], list[Run], Path | None]:
    """Reads ``[NAME ...] [runs=FOLDER,...] [out=FOLDER]``.

    Args:
        words: of the command line.
        names: of all tables or figures.

    Returns:
        The names that are asked for, the runs under ``runs=`` (the folder runs by itself), and the
        folder to write to, None where none is named.

    Raises:
        InputError: a word is wrong, or there are no such runs.
    """
    chosen, values, rest = split_words(words, names, ("runs", "out"))
    if rest:
        raise InputError(f"{rest[0]}: not known here. Valid: runs=FOLDER,... and out=FOLDER.")
    runs = read_runs(places(values.get("runs", "runs")), left_out)
    return chosen, runs, Path(values["out"]) if "out" in values else None


def places(text: str) -> list[Path]:
    """The folders and files that ``runs=`` names: one, which may have commas in it, or several."""
    whole = Path(text)
    return [whole] if whole.exists() else [Path(name) for name in text.split(",")]
