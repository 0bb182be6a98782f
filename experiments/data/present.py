"""Which files of a data set are there, and whether they are what they should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from torchbdi import MissingDataError
from torchbdi.kernels.files import sha256

from .sources import DATA_SETS, DataSet, checksums


def known_checksums(data_set: DataSet) -> dict[str, str]:
    """SHA-256 by path of those files of a data set for which one is known."""
    listed = {path: checksums()[path] for path in data_set.files if path in checksums()}
    return listed | dict(data_set.sha256)


def fault(folder: Path, path: str, expected: str | None = None) -> str | None:
    """What is wrong with a file that is there.

    Args:
        folder: the data folder.
        path: the file, below it.
        expected: its SHA-256; None looks it up in the list of all.

    Returns:
        None for a file with the right SHA-256. Where none is known, a file passes that is not
        empty and, for an array, is whole.
    """
    file, expected = folder / path, expected or checksums().get(path)
    if expected is not None:
        found = sha256(file)
        return None if found == expected else f"its SHA-256 is {found} instead of {expected}"
    if not file.stat().st_size:
        return "it is empty"
    if file.suffix == ".npy":
        try:
            np.load(file, mmap_mode="r", allow_pickle=False)
        except (ValueError, EOFError, OSError) as error:
            return f"it is not a whole array ({error})"
    return None


def missing(folder: Path, data_set: DataSet | str) -> list[str]:
    """Paths of a data set's files that are not there."""
    return [path for path in _named(data_set).files if not (folder / path).is_file()]


def require(folder: Path, data_set: DataSet | str) -> None:
    """Makes sure that a data set is there and undamaged.

    Args:
        folder: the data folder.
        data_set: the data set, or the name of one in the table of them.

    Raises:
        MissingDataError: says which files are missing or damaged, and what to do.
    """
    wanted = _named(data_set)
    name, absent = wanted.name, missing(folder, wanted)
    if absent:
        away = ""
        if wanted.optional and len(absent) < len(wanted.files):
            away = f"\nOr move the others away: {wanted.optional}."
        raise MissingDataError(
            f"the data of {name} is not in {folder}: {len(absent)} of {len(wanted.files)} files "
            f"are missing ({_few(absent)}). Get it with:\n"
            f"  python -m experiments.data download {name}\n"
            f"or put the files there yourself. They come from: {wanted.origin}"
            f"{f', {wanted.url}' if wanted.url else ''}{away}"
        )
    known = known_checksums(wanted)
    for path in wanted.files:
        problem = fault(folder, path, known.get(path))
        if problem is not None:
            away = f"\nOr move the files away: {wanted.optional}." if wanted.optional else ""
            raise MissingDataError(
                f"{folder / path} is damaged: {problem}. Delete it, then:\n"
                f"  python -m experiments.data download {name}{away}"
            )


def _named(data_set: DataSet | str) -> DataSet:
    return DATA_SETS[data_set] if isinstance(data_set, str) else data_set


def _few(paths: list[str]) -> str:
    return ", ".join(paths[:3]) + (", ..." if len(paths) > 3 else "")
