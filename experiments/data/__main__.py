"""The data of the tasks: ``python -m experiments.data COMMAND [NAME ...]``.

    list               what is there, from where, and what is missing
    download NAME ...  fetches what is missing or damaged
    verify [NAME ...]  compares what is there with its SHA-256
    build NAME ...     makes a table from files that are there (a run does it by itself)

``data_dir=FOLDER`` names another data folder. TORCHBDI_OFFLINE=1 forbids every download.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from torchbdi import InputError, MissingDataError

from ..runs.words import run_command, split_words
from ..tasks.base import Source
from ..tasks.registry import spec_of, task_names
from . import data_folder
from .built import BUILDS, ensure_built
from .download import download
from .present import fault, missing, require
from .present import known_checksums as known_of
from .sources import DATA_SETS, DataSet

COMMANDS = ("list", "download", "verify", "build")


def main(words: Sequence[str]) -> None:
    """The command line.

    Raises:
        InputError: a word is wrong.
        MissingDataError: files could not be had, or are damaged.
    """
    if not words or words[0] not in COMMANDS:
        raise InputError(f"give one of {', '.join(COMMANDS)}.\n{__doc__}")
    command, sets = words[0], data_sets()
    names = list(sets)
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


def data_sets() -> dict[str, DataSet]:
    """Those of the table of data sets, and those that tasks bring with them."""
    own = (source.data_set for source in _sources())
    return DATA_SETS | {item.name: item for item in own if item is not None}


def _sources() -> Iterator[Source]:
    for name in task_names():
        yield from spec_of(name).sources


def listing(folder: Path) -> str:
    """All data sets as a markdown table."""
    lines = [
        f"data folder: {folder}",
        "",
        "| data set | files | what | from | licence |",
        "|---|---|---|---|---|",
    ]
    for name, item in data_sets().items():
        absent = missing(folder, item)
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
    sets = data_sets()
    for name in names or sets:
        files, absent, known = sets[name].files, missing(folder, sets[name]), known_of(sets[name])
        there = [path for path in files if path not in absent]
        found = {path: fault(folder, path, known.get(path)) for path in there}
        faults = [f"{folder / path}: {text}" for path, text in found.items() if text is not None]
        print(
            f"{name}: {len(there)} of {len(files)} files are there, {len(faults)} damaged; a "
            f"SHA-256 is known of {sum(path in known for path in there)}"
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
    wanted = data_sets()[name]
    if wanted.url is not None:
        download(wanted, folder)
        require(folder, wanted)  # also by checksums that the task's own file has
    else:
        (source,) = (s for s in _sources() if s.data_set is not None and s.data_set.name == name)
        source.ensure(folder)
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
