"""Takes a data set from one of its places, whatever form it has there."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from torchbdi import InputError, MissingDataError
from torchbdi.kernels.errors import MissingDependencyError
from torchbdi.kernels.files import write_atomic

from . import refuse_offline
from .arrays import write_npy
from .download import LIMITS, fetch, fetching_into
from .limits import Limits
from .places import PLACES, Place
from .present import fault, known_checksums
from .sources import DATA_SETS, DataSet, expected_size


def place_of(
    name: str, place: str | None, places: Mapping[str, tuple[Place, ...]] = PLACES
) -> Place:
    """A place of a data set by its name; the first where none is named.

    Args:
        name: of the data set.
        place: the word for it, see :class:`Place`.
        places: of every data set, in order of preference.

    Raises:
        InputError: there is no such place; the error lists those that there are.
    """
    own = places.get(name, ())
    for found in own:
        if place in (None, found.name):
            return found
    valid = ", ".join(found.name for found in own)
    raise InputError(f"{name} has no place {place!r}. " + (f"Valid: {valid}." if valid else ""))


def obtain(
    data_set: DataSet | str, folder: Path, place: Place, limits: Limits = LIMITS
) -> list[str]:
    """Fetches from a place what is missing or damaged.

    Args:
        data_set: or its name.
        folder: the data folder.
        place: where it is taken from.
        limits: how long a server is waited for, and how much is taken from it; of the one file of
            a place, as much as the place says.

    Returns:
        The paths that were written.

    Raises:
        MissingDataError: no network, a dead link, a wrong file, a full disk, or another process
            that fetches into the folder; what was wrong is thrown away, what was right stays, and
            so do the first bytes of one whose transfer broke off.
        MissingDependencyError: a Parquet file, and no pyarrow.
    """
    wanted_set = DATA_SETS[data_set] if isinstance(data_set, str) else data_set
    known = known_checksums(wanted_set)
    wanted = [
        path
        for path in place.files or wanted_set.files
        if not (folder / path).is_file() or fault(folder, path, known.get(path)) is not None
    ]
    if not wanted:
        print(f"{wanted_set.name}: all that {place.name} has is in {folder} already")
        return []
    refuse_offline(wanted_set.name)
    with fetching_into(folder):
        if place.form == "files":
            _files(place, folder, wanted, known, limits)
        else:
            file = folder / f".{wanted_set.name}-{place.name}{Path(place.url).suffix}"
            _one_file(place, file, wanted, known, limits)
    print(f"{wanted_set.name}: {len(wanted)} files taken from {place.name} into {folder}")
    return wanted


def _files(
    place: Place, folder: Path, wanted: Iterable[str], known: dict[str, str], limits: Limits
) -> None:
    for path in wanted:
        url = f"{place.url}/{place.names.get(path, path)}"
        fetch(url, folder / path, known.get(path), size=expected_size(path), limits=limits)
        _check(folder, path, known, url)


def _one_file(
    place: Place, file: Path, wanted: list[str], known: dict[str, str], limits: Limits
) -> None:
    """Fetches the one file of a place, takes out what is wanted, and deletes it."""
    folder = file.parent
    instead = f"try another place, or put {', '.join(wanted)} into {folder} yourself"
    limits = replace(limits, largest=place.largest)
    # Where its own digest is not known, its form has checksums, and what it holds is checked.
    if not file.is_file():  # it is there where a process was killed after fetching it
        fetch(place.url, file, place.sha256, resume=True, limits=limits, instead=instead)
    try:
        _READERS[place.form](file, place, folder, wanted)
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError) as error:
        raise MissingDataError(
            f"{place.url}: it is not what it should be ({error}). It was thrown away: {instead}."
        ) from error
    finally:
        file.unlink(missing_ok=True)
    for path in wanted:
        _check(folder, path, known, place.url)


def _from_zip(file: Path, place: Place, folder: Path, wanted: list[str]) -> None:
    with zipfile.ZipFile(file) as zipped:
        for path in wanted:
            end = place.names.get(path, path)
            infos = [i for i in zipped.infolist() if f"/{i.filename}".endswith(f"/{end}")]
            infos = infos or [
                i for i in zipped.infolist() if Path(i.filename).name == Path(end).name
            ]
            if len(infos) != 1:
                raise ValueError(f"{len(infos)} members are called {end}")
            if infos[0].file_size > place.largest:
                raise ValueError(f"{end} has {infos[0].file_size:,} bytes")
            _write(folder / path, zipped.read(infos[0]))


def _from_npz(file: Path, _: Place, folder: Path, wanted: list[str]) -> None:
    """Designs are the one array of two dimensions, scores the one with a number a row."""
    with np.load(file, allow_pickle=False) as archive:
        arrays = [archive[name] for name in archive.files]
    tables = [a for a in arrays if a.ndim == 2 and a.shape[1] > 1]
    if len(tables) != 1:
        raise ValueError(f"{len(tables)} of its arrays are tables of designs")
    scores = [a for a in arrays if a.size == len(tables[0]) and a is not tables[0]]
    if len(scores) != 1:
        raise ValueError(f"{len(scores)} of its arrays have a score for each design")
    _write_shards(folder, wanted, tables[0], scores[0])


def _from_parquet(file: Path, place: Place, folder: Path, wanted: list[str]) -> None:
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise MissingDependencyError(
            f"{place.url} is a Parquet file; reading it needs pyarrow. Install it with:\n"
            "  pip install pyarrow\nor name another place with --from."
        ) from error
    designs, scores, order = place.columns
    table = parquet.read_table(file, columns=[designs, scores, order])
    rows = np.argsort(table[order].to_numpy(), kind="stable")
    x = np.array(table[designs].to_pylist(), dtype=np.float32)
    _write_shards(folder, wanted, x[rows], table[scores].to_numpy()[rows])


def _write_shards(folder: Path, wanted: list[str], x: np.ndarray, y: np.ndarray) -> None:
    """Writes the first shards of designs and scores, as design-bench stores them: float32."""
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("it holds what is no finite number")
    for path in wanted:
        array = x if "-x-" in path else y.reshape(-1, 1)
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        write_npy(folder / path, np.ascontiguousarray(array, dtype=np.float32))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, lambda file: file.write(content))


def _check(folder: Path, path: str, known: dict[str, str], url: str) -> None:
    problem = fault(folder, path, known.get(path))
    if problem is not None:
        (folder / path).unlink()
        raise MissingDataError(
            f"{url}: {path} is not the file that is wanted: {problem}. It was thrown away. Try "
            f"another place, or put it into {folder} yourself."
        )


_READERS: dict[str, Callable[[Path, Place, Path, list[str]], None]] = {
    "zip": _from_zip,
    "npz": _from_npz,
    "parquet": _from_parquet,
}
