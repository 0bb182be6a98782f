"""Fetching data sets: verified, atomic, and going on where an interrupted download stopped."""

from __future__ import annotations

import logging
import shutil
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pooch
import requests
from tqdm import tqdm

from torchbdi import MissingDataError
from torchbdi.kernels.files import locked, write_atomic

from . import refuse_offline
from .present import fault
from .sources import DataSet, checksums

#: Seconds without a connection, and without a byte, after which a server is given up.
TIMEOUT = (10.0, 30.0)


def download(data_set: DataSet, folder: Path, timeout: tuple[float, float] = TIMEOUT) -> None:
    """Fetches the files of a data set that are missing or damaged.

    Args:
        data_set: with a ``url``.
        folder: the data folder.
        timeout: seconds without a connection, and without a byte, after which a server is given up.

    Raises:
        MissingDataError: no network, a dead link, a wrong file, a full disk, or another process
            that fetches into the folder; the message says what to do. Files that were fetched
            before it stay.
    """
    taken = MissingDataError(f"another process is fetching into {folder}. Wait for it to end.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder, taken):
            _download(data_set, folder, timeout)
    except MissingDataError:  # is an OSError too
        raise
    except OSError as error:
        raise MissingDataError(
            f"cannot write to {folder} ({error}). Make room or name another folder with "
            "data_dir= or TORCHBDI_DATA."
        ) from error


def _download(data_set: DataSet, folder: Path, timeout: tuple[float, float]) -> None:
    wanted = [path for path in data_set.files if _wanted(folder, path)]
    if not wanted:
        print(f"{data_set.name}: all {len(data_set.files)} files are in {folder} already")
        return
    refuse_offline(data_set.name)
    if data_set.archive:
        _from_archive(data_set, wanted, folder, timeout)
    else:
        for path in wanted:
            fetch(f"{data_set.url}/{path}", folder / path, checksums().get(path), timeout=timeout)
            _check(folder, path, f"{data_set.url}/{path}")
    print(f"{data_set.name}: {len(wanted)} files fetched into {folder}")


def fetch(
    url: str,
    target: Path,
    digest: str | None,
    resume: bool | None = None,
    timeout: tuple[float, float] = TIMEOUT,
) -> None:
    """Fetches one file with pooch; it appears whole and verified, or not at all.

    Args:
        url: where it is.
        target: where it goes.
        digest: its SHA-256, None where none is known.
        resume: go on with what an interrupted fetch has left; by default only where the result
            is checked against a digest.
        timeout: as :func:`download`.

    Raises:
        MissingDataError: as :func:`download`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    if not (resume if resume is not None else digest is not None):
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
            downloader=_Resuming(partial, timeout),
        )
        (scratch / target.name).replace(target)
    except requests.HTTPError as error:
        raise MissingDataError(
            f"the server answered {error}. The link may be dead: get {target.name} elsewhere and "
            f"put it into {target.parent}."
        ) from error
    except requests.RequestException as error:
        kept = partial.stat().st_size if partial.is_file() else 0
        raise MissingDataError(
            f"{url}: the download broke off ({error}). Check the network and give the same command "
            f"again{f': it goes on after {kept:,} bytes' if kept else ''}."
        ) from error
    except ValueError as error:
        partial.unlink(missing_ok=True)
        raise MissingDataError(
            f"{url}: this is not the file that is wanted ({error}). It was thrown away. Try again; "
            f"if that does not help, get {target.name} elsewhere and put it into {target.parent}."
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    partial.unlink(missing_ok=True)


class _Resuming:
    """A downloader for pooch that keeps what it has beside the target until it is complete."""

    def __init__(self, partial: Path, timeout: tuple[float, float]):
        self.partial, self.timeout = partial, timeout

    def __call__(self, url: str, output_file: str, _: Any) -> None:
        have = self.partial.stat().st_size if self.partial.is_file() else 0
        headers = {"Range": f"bytes={have}-"} if have else {}
        # Sizes are those of the files, so no compression on the way.
        headers["Accept-Encoding"] = "identity"
        with requests.get(url, headers=headers, stream=True, timeout=self.timeout) as response:
            if have and not self._continues(response, have):
                self.partial.unlink()
                self(url, output_file, _)
                return
            response.raise_for_status()
            length = response.headers.get("Content-Length")
            total = have + int(length) if length else None
            with (
                self.partial.open("ab") as file,
                tqdm(
                    total=total, initial=have, desc=Path(url).name, unit="B", unit_scale=True
                ) as bar,
            ):
                for chunk in response.iter_content(2**14):
                    file.write(chunk)
                    bar.update(len(chunk))
        if total is not None and self.partial.stat().st_size != total:
            raise requests.ConnectionError(f"it ended before byte {total:,}")
        shutil.copyfile(self.partial, output_file)

    @staticmethod
    def _continues(response: requests.Response, have: int) -> bool:
        """Whether the answer goes on exactly where the partial file ends."""
        found = response.headers.get("Content-Range", "")
        return response.status_code == 206 and found.startswith(f"bytes {have}-")


def _from_archive(
    data_set: DataSet, wanted: list[str], folder: Path, timeout: tuple[float, float]
) -> None:
    """Fetches a zip archive, takes out the wanted files by their names, and deletes it."""
    assert data_set.url is not None
    archive = folder / f".{data_set.name}.zip"
    # The archive's own digest is not known; what is taken out of it is checked.
    if not archive.is_file():  # it is there where a process was killed after fetching it
        fetch(data_set.url, archive, None, resume=True, timeout=timeout)
    try:
        with zipfile.ZipFile(archive) as zipped:
            members = {Path(name).name: name for name in zipped.namelist()}
            for path in wanted:
                content = zipped.read(members[Path(path).name])
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                write_atomic(folder / path, lambda file, content=content: file.write(content))  # type: ignore[misc]
                _check(folder, path, data_set.url)
    except (zipfile.BadZipFile, zlib.error, KeyError) as error:
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
