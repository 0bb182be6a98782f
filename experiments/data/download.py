"""Fetching data sets: verified, atomic, and going on where an interrupted download stopped."""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pooch
import requests

from torchbdi import MissingDataError
from torchbdi.kernels.files import locked

from . import refuse_offline
from .archive import ArchiveError, extract
from .limits import Limits
from .present import fault
from .sources import DataSet, checksums, expected_size
from .transfer import RefusedError, Transfer

LIMITS = Limits()


def download(data_set: DataSet, folder: Path, limits: Limits = LIMITS) -> None:
    """Fetches the files of a data set that are missing or damaged.

    Args:
        data_set: with a ``url``.
        folder: the data folder.
        limits: how long a server is waited for, and how much is taken from it.

    Raises:
        MissingDataError: no network, a dead link, a wrong file, a server that sends too much or
            too slowly, a full disk, or another process that fetches into the folder; the message
            says what to do. Files that were fetched before it stay, and so do the first bytes of
            one whose transfer broke off; what was refused leaves nothing.
    """
    with fetching_into(folder), _no_empty_folders(data_set, folder):
        _download(data_set, folder, limits)


@contextlib.contextmanager
def fetching_into(folder: Path) -> Iterator[None]:
    """Keeps other processes from fetching into a folder meanwhile, which is made if need be.

    Raises:
        MissingDataError: another process does, or the folder cannot be written.
    """
    taken = MissingDataError(f"another process is fetching into {folder}. Wait for it to end.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder, taken):
            yield
    except MissingDataError:  # is an OSError too
        raise
    except OSError as error:
        raise MissingDataError(
            f"cannot write to {folder} ({error}). Make room or name another folder with "
            "data_dir= or TORCHBDI_DATA."
        ) from error


def _download(data_set: DataSet, folder: Path, limits: Limits) -> None:
    wanted = [path for path in data_set.files if _wanted(folder, path)]
    if not wanted:
        print(f"{data_set.name}: all {len(data_set.files)} files are in {folder} already")
        return
    refuse_offline(data_set.name)
    if data_set.archive:
        _from_archive(data_set, wanted, folder, limits)
    else:
        for path in wanted:
            url = f"{data_set.url}/{path}"
            size = expected_size(path)
            fetch(url, folder / path, checksums().get(path), size=size, limits=limits)
            _check(folder, path, url)
    print(f"{data_set.name}: {len(wanted)} files fetched into {folder}")


@contextlib.contextmanager
def _no_empty_folders(data_set: DataSet, folder: Path) -> Iterator[None]:
    """Takes away the folders that a failed download has made for nothing."""
    made = {(folder / path).parent for path in data_set.files}
    made = {parent for parent in made if not parent.exists()}
    try:
        yield
    except BaseException:
        for parent in made:
            with contextlib.suppress(OSError):  # something is in it, or it was never made
                parent.rmdir()
        raise


def fetch(
    url: str,
    target: Path,
    digest: str | None,
    resume: bool | None = None,
    size: int | None = None,
    limits: Limits = LIMITS,
    instead: str | None = None,
) -> None:
    """Fetches one file with pooch; it appears whole and verified, or not at all.

    Args:
        url: where it is.
        target: where it goes.
        digest: its SHA-256, None where none is known.
        resume: go on with what an interrupted fetch has left; by default only where the result
            is checked against a digest.
        size: its bytes; None: not known, and at most ``limits.largest``.
        limits: as :func:`download`.
        instead: what a person can do where it cannot be had; None: get it elsewhere.

    Raises:
        MissingDataError: as :func:`download`.
    """
    instead = instead or f"get {target.name} elsewhere and put it into {target.parent}"
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    resume = digest is not None if resume is None else resume
    if not resume:
        partial.unlink(missing_ok=True)
    # pooch writes in a folder of its own: what it leaves there when it is killed is found again.
    scratch = target.with_name(f".{target.name}.unchecked")
    shutil.rmtree(scratch, ignore_errors=True)
    pooch.get_logger().setLevel(logging.WARNING)
    try:
        pooch.retrieve(
            url,
            known_hash=f"sha256:{digest}" if digest else None,
            fname=target.name,
            path=scratch,
            downloader=Transfer(partial, size, limits),
        )
        (scratch / target.name).replace(target)
    except requests.HTTPError as error:
        raise MissingDataError(
            f"the server answered {error}. The link may be dead: {instead}."
        ) from error
    except requests.RequestException as error:
        kept = partial.stat().st_size if resume and partial.is_file() else 0
        raise MissingDataError(
            f"{url}: the download broke off ({error}). Check the network and give the same command "
            f"again{f': it goes on after {kept:,} bytes' if kept else ''}."
        ) from error
    except RefusedError as error:
        raise MissingDataError(
            f"{url}: this is not the file that is wanted ({error}). Nothing of it was kept: "
            f"{instead}."
        ) from error
    except ValueError as error:
        partial.unlink(missing_ok=True)
        raise MissingDataError(
            f"{url}: this is not the file that is wanted ({error}). It was thrown away. Try again; "
            f"if that does not help, {instead}."
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        with contextlib.suppress(OSError):
            if not resume or (partial.is_file() and not partial.stat().st_size):
                partial.unlink(missing_ok=True)
    partial.unlink(missing_ok=True)


def _from_archive(data_set: DataSet, wanted: list[str], folder: Path, limits: Limits) -> None:
    """Fetches a zip archive, takes out the wanted files by their names, and deletes it."""
    assert data_set.url is not None
    archive = folder / f".{data_set.name}.zip"
    # The archive's own digest is not known; what is taken out of it is checked.
    if not archive.is_file():  # it is there where a process was killed after fetching it
        fetch(data_set.url, archive, None, resume=True, limits=limits)
    try:
        for path in wanted:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            extract(archive, Path(path).name, folder / path, path, limits.largest)
            _check(folder, path, data_set.url)
    except ArchiveError as error:
        raise MissingDataError(
            f"{data_set.url}: the archive is not what it should be ({error}). It was thrown away. "
            f"Try again, or put {', '.join(wanted)} into {folder} yourself."
        ) from error
    finally:
        archive.unlink(missing_ok=True)


def _wanted(folder: Path, path: str) -> bool:
    file = folder / path
    if not file.is_file():
        return True
    problem = fault(folder, path)
    if problem is not None:
        print(f"{path} is damaged ({problem}): fetching it anew")
    return problem is not None


def _check(folder: Path, path: str, url: str) -> None:
    problem = fault(folder, path)
    if problem is not None:
        (folder / path).unlink()
        raise MissingDataError(
            f"{url}: {path} is not the file that is wanted: {problem}. It was thrown away. Get it "
            f"elsewhere and put it into {folder}."
        )
