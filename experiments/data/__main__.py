"""The data of the tasks: ``python -m experiments.data COMMAND [NAME ...]``.

    list               what is there, from where, and what is missing
    download NAME ...  fetches what is missing or damaged
    get NAME ... --from PLACE   the same from another place (``from=PLACE`` too)
    check ant          compares the Ant's table with the coefficients that the BDI authors publish
    verify [NAME ...]  compares what is there with its SHA-256
    build NAME ...     makes a table from files that are there (a run does it by itself)

``data_dir=FOLDER`` names another data folder. TORCHBDI_OFFLINE=1 forbids every download.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from torchbdi import InputError, MissingDataError

from ..runs.words import run_command, split_words
from ..tasks.base import Source
from ..tasks.registry import spec_of, task_names
from . import data_folder
from .authors import check_ant
from .built import BUILDS, ensure_built
from .download import download
from .obtain import obtain, place_of
from .places import PLACES, Place
from .present import fault, missing, require
from .present import known_checksums as known_of
from .sources import DATA_SETS, DataSet

COMMANDS = ("list", "download", "get", "check", "verify", "build")


def main(words: Sequence[str], places: Mapping[str, tuple[Place, ...]] = PLACES) -> None:
    """The command line.

    Args:
        words: what was typed.
        places: of every data set, in order of preference.

    Raises:
        InputError: a word is wrong.
        MissingDataError: files could not be had, or are damaged.
    """
    if not words or words[0] not in COMMANDS:
        raise InputError(f"give one of {', '.join(COMMANDS)}.\n{__doc__}")
    command, sets = words[0], data_sets()
    names = list(sets)
    chosen, values, rest = split_words(_joined(words[1:]), names, ("data_dir", "from"))
    if rest or ("from" in values and command != "get"):
        word = rest[0] if rest else "from"
        raise InputError(f"{word}: not known here. Valid: data_dir=FOLDER, and --from after get.")
    if not chosen and command in ("download", "get", "check", "build"):
        raise InputError(f"{command} what? Valid: {', '.join(names)}.")
    folder = data_folder(values.get("data_dir"))
    if command == "list":
        print(listing(folder, places))
    elif command == "verify":
        verify(folder, chosen)
    actions = {"build": build, "check": check}
    for name in chosen:
        if command == "download":
            get(folder, name, places)
        elif command == "get":
            get_from(folder, name, place_of(name, values.get("from"), places))
        elif command in actions:
            actions[command](folder, name)


def data_sets() -> dict[str, DataSet]:
    """Those of the table of data sets, and those that tasks bring with them."""
    own = (source.data_set for source in _sources())
    return DATA_SETS | {item.name: item for item in own if item is not None}


def _sources() -> Iterator[Source]:
    for name in task_names():
        yield from spec_of(name).sources


def listing(folder: Path, places: Mapping[str, tuple[Place, ...]] = PLACES) -> str:
    """All data sets as a markdown table."""
    lines = [
        f"data folder: {folder}",
        "",
        "| data set | files | what | from | places | licence |",
        "|---|---|---|---|---|---|",
    ]
    for name, item in data_sets().items():
        absent = missing(folder, item)
        state = f"{len(item.files) - len(absent)} of {len(item.files)}"
        if absent:
            state += f"; {item.optional or f'get them: download {name}'}"
        own = ", ".join(place.name for place in places.get(name, ())) or "none"
        told = (name, state, item.what, item.origin, own, item.licence)
        lines.append(f"| {' | '.join(told)} |")
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


def get(folder: Path, name: str, places: Mapping[str, tuple[Place, ...]] = PLACES) -> None:
    """Fetches a data set from its first place and builds what is built from it.

    Raises:
        InputError: it is published nowhere.
        MissingDataError: it could not be had.
    """
    wanted = data_sets()[name]
    if wanted.url is not None and any(place.names for place in places.get(name, ())[:1]):
        # The place has other names for the files.
        get_from(folder, name, place_of(name, None, places))
    elif wanted.url is not None:
        download(wanted, folder)
        require(folder, wanted)  # also by checksums that the task's own file has
    else:
        own = (s for s in _sources() if s.data_set is not None and s.data_set.name == name)
        source = next((s for s in own if s.fetch is not None), None)
        if source is None:
            raise InputError(f"{name} cannot be fetched: {wanted.origin}.")
        source.ensure(folder)
    if name in BUILDS:
        ensure_built(folder, name)


def get_from(folder: Path, name: str, place: Place) -> None:
    """Takes a data set from a place; the Ant's table is then checked by what its authors publish.

    Raises:
        MissingDataError: it could not be had, or is not what it should be.
    """
    written = obtain(data_sets()[name], folder, place)
    if name == "ant" and written:
        check(folder, name)


def check(folder: Path, name: str) -> None:
    """Compares a table with the coefficients that the BDI authors publish.

    Raises:
        InputError: there are none for it.
        MissingDataError: it is another table.
    """
    if name != "ant":
        raise InputError(f"{name}: there is nothing to check it by. Valid: ant.")
    error = check_ant(folder)
    print(f"ant: the authors' coefficients give its scores to {error:.1e} standard deviations")


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


def _joined(words: Sequence[str]) -> list[str]:
    """``--from PLACE`` and ``--from=PLACE`` as ``from=PLACE``."""
    out: list[str] = []
    given = iter(words)
    for word in given:
        if word == "--from":
            word = f"--from={next(given, '')}"
        out.append(word.removeprefix("--") if word.startswith("--from=") else word)
    return out


if __name__ == "__main__":
    run_command(main, __doc__)
