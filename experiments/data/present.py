"""Which files of a data set are there, and whether they are what they should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from torchbdi import MissingDataError
from torchbdi.kernels.files import sha256

from .sources import DATA_SETS, checksums


def fault(folder: Path, path: str) -> str | None:
    """What is wrong with a file that is there.

    Args:
        folder: the data folder.
        path: the file, below it.

    Returns:
        None for a file with the right SHA-256. Where none is known, a file passes that is not
        empty and, for an array, is whole.
    """
    file, expected = folder / path, checksums().get(path)
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


def missing(folder: Path, name: str) -> list[str]:
    """Paths of a data set's files that are not there."""
    return [path for path in DATA_SETS[name].files if not (folder / path).is_file()]


def require(folder: Path, name: str) -> None:
    """Makes sure that a data set is there and undamaged.

    Raises:
        MissingDataError: says which files are missing or damaged, and what to do.
    """
    absent = missing(folder, name)
    if absent:
        origin, url = DATA_SETS[name].origin, DATA_SETS[name].url
        raise MissingDataError(
            f"the data of {name} is not in {folder}: {len(absent)} of "
            f"{len(DATA_SETS[name].files)} files are missing ({_few(absent)}). Get it with:\n"
            f"  python -m experiments.data download {name}\n"
            f"or put the files there yourself. They come from: {origin}{f', {url}' if url else ''}"
        )
    for path in DATA_SETS[name].files:
        problem = fault(folder, path)
        if problem is not None:
            raise MissingDataError(
                f"{folder / path} is damaged: {problem}. Delete it, then:\n"
                f"  python -m experiments.data download {name}"
            )


def _few(paths: list[str]) -> str:
    return ", ".join(paths[:3]) + (", ..." if len(paths) > 3 else "")
