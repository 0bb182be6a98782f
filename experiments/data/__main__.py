"""The data of the tasks: ``python -m experiments.data COMMAND [NAME ...]``.

    list               what is there, from where, and what is missing
    download NAME ...  fetches what is missing or damaged
    verify [NAME ...]  compares what is there with its SHA-256
    build NAME ...     makes a table from files that are there (a run does it by itself)

``data_dir=FOLDER`` names another data folder. TORCHBDI_OFFLINE=1 forbids every download.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torchbdi import InputError, MissingDataError

from ..runs.words import run_command, split_words
from . import data_folder, ensure_tfbind8
from .built import BUILDS, ensure_built
from .download import download
from .present import fault, missing
from .sources import DATA_SETS, checksums

COMMANDS = ("list", "download", "verify", "build")


def main(words: Sequence[str]) -> None:
    """The command line.

    Raises:
        InputError: a word is wrong.
        MissingDataError: files could not be had, or are damaged.
    """
    if not words or words[0] not in COMMANDS:
        raise InputError(f"give one of {', '.join(COMMANDS)}.\n{__doc__}")
    command, names = words[0], list(DATA_SETS)
    chosen, values, rest = split_words(words[1:], names, ("data_dir",))
    if rest:
        raise InputError(f"{rest[0]}: not known here. Valid: data_dir=FOLDER.")
    if not chosen and command in ("download", "build"):
        raise InputError(f"{command} what? Valid: {', '.join(names)}.")
    folder = data_folder(values.get("data_dir"))
    if command == "list":
        print(listing(folder))
    elif command == "verify":
        verify(folder, chosen)
    for name in chosen if command in ("download", "build") else ():
        (get if command == "download" else build)(folder, name)


def listing(folder: Path) -> str:
    """All data sets as a markdown table."""
    lines = [
        f"data folder: {folder}",
        "",
        "| data set | files | what | from | licence |",
        "|---|---|---|---|---|",
    ]
    for name, item in DATA_SETS.items():
        absent = missing(folder, name)
        state = f"{len(item.files) - len(absent)} of {len(item.files)}"
        if absent:
            state += f"; {item.optional or f'get them: download {name}'}"
        lines.append(f"| {name} | {state} | {item.what} | {item.origin} | {item.licence} |")
    return "\n".join(lines)


def verify(folder: Path, names: Sequence[str]) -> None:
    """Checks the named data sets, or all that are there.

    Raises:
        MissingDataError: a file is damaged, or one that was asked for is missing.
    """
    wrong = []
    for name in names or DATA_SETS:
        files, absent = DATA_SETS[name].files, missing(folder, name)
        there = [path for path in files if path not in absent]
        known = sum(path in checksums() for path in there)
        faults = [f"{folder / p}: {text}" for p in there if (text := fault(folder, p)) is not None]
        print(
            f"{name}: {len(there)} of {len(files)} files are there, {len(faults)} damaged; a "
            f"SHA-256 is known of {known}"
        )
        wrong += faults
        if names and absent:
            wrong += [f"{folder / path}: missing" for path in absent]
    if wrong:
        listed = "\n".join(wrong)
        raise MissingDataError(
            f"{len(wrong)} files are not as they should be:\n{listed}\n"
            "Fetch them with: python -m experiments.data download NAME"
        )


def get(folder: Path, name: str) -> None:
    """Fetches a data set and builds what is built from it."""
    if DATA_SETS[name].url is None:
        ensure_tfbind8(folder)
    else:
        download(DATA_SETS[name], folder)
    if name in BUILDS:
        ensure_built(folder, name)


def build(folder: Path, name: str) -> None:
    """Makes a table from files that are there.

    Raises:
        InputError: the data set is not made from others.
    """
    if name not in BUILDS:
        raise InputError(
            f"{name} is not built. Valid: {', '.join(BUILDS)}. Get it with: "
            f"python -m experiments.data download {name}"
        )
    print(f"{name}: the table is in {ensure_built(folder, name)}")


if __name__ == "__main__":
    run_command(main, __doc__)
