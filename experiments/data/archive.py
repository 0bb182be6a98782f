"""Taking files out of a zip archive that may be anything."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from torchbdi.kernels.files import write_atomic

from .sources import LARGEST, expected_size

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CHUNK = 2**18
_MAX_DIRECTORY = 2**20
# The end of an archive: a comment of at most 2^16 bytes and records before it.
_TAIL = 2**16 + 100


class ArchiveError(Exception):
    """An archive is damaged, or has not what it should have."""


def extract(archive: Path, name: str, target: Path, path: str, largest: int = 2 * LARGEST) -> None:
    """Takes one member out; the target appears whole, or not at all.

    Args:
        archive: a zip file.
        name: of the member, without its folders.
        target: the file to be written; its folder must exist.
        path: under which its size is known (:func:`.sources.expected_size`).
        largest: most bytes that it may have where its size is not known.

    Raises:
        ArchiveError: there is no such member, or it is encrypted, damaged or larger than it may be.
        OSError: the target cannot be written.
    """
    write_atomic(target, lambda file: _copy(archive, name, file, path, largest))


def read_member(archive: Path, member: str, limit: int) -> bytes:
    """The content of one member.

    Args:
        archive: a zip file.
        member: its whole name.
        limit: how many bytes it may have.

    Raises:
        ArchiveError: as :func:`extract`.
    """
    with _opened(archive) as zipped:
        info = _checked(zipped.getinfo(member), None, limit)
        with zipped.open(info) as content:
            return content.read()


def _copy(archive: Path, name: str, file: BinaryIO, path: str, largest: int) -> None:
    with _opened(archive) as zipped:
        found = [i for i in zipped.infolist() if PurePosixPath(i.filename).name == name]
        if len(found) != 1:
            raise ArchiveError(f"it has {len(found)} files called {name}")
        size = expected_size(path)
        info = _checked(found[0], size, largest if size is None else size)
        with zipped.open(info) as content:
            # No more than file_size bytes come out, whatever the member holds.
            while chunk := content.read(_CHUNK):
                file.write(chunk)


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    """An archive whose list of contents is small; whatever is wrong in it is an ArchiveError."""
    if _directory_bytes(archive) > _MAX_DIRECTORY:
        raise ArchiveError(f"its list of contents has more than {_MAX_DIRECTORY:,} bytes")
    damage = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, RuntimeError)
    try:
        with zipfile.ZipFile(archive) as zipped:
            yield zipped
    except (*damage, NotImplementedError) as error:
        raise ArchiveError(f"{error}"[:200]) from error


def _directory_bytes(archive: Path) -> int:
    """How long an archive's list of contents is by its own account, which zipfile reads whole."""
    with archive.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or end + 22 > len(tail):
        raise ArchiveError("it has no end, so it is no zip archive")
    (size,) = struct.unpack_from("<I", tail, end + 12)
    if tail[end - 20 : end - 16] == b"PK\x06\x07" and end >= 76:  # of more than 4 GB
        size = max(size, struct.unpack_from("<Q", tail, end - 76 + 40)[0])
    return int(size)


def _checked(info: zipfile.ZipInfo, size: int | None, limit: int) -> zipfile.ZipInfo:
    """Looks at what the archive says of a member before anything of it is unpacked."""
    name = PurePosixPath(info.filename).name[:80]
    if info.flag_bits & 0x1:
        raise ArchiveError(f"{name} in it is encrypted")
    if info.compress_type not in _METHODS:
        raise ArchiveError(f"{name} in it is packed in a way that is not read")
    if info.file_size > limit or (size is not None and info.file_size != size):
        wanted = f"at most {limit:,}" if size is None else f"{size:,}"
        raise ArchiveError(f"{name} in it has {info.file_size:,} bytes; {wanted} are wanted")
    return info
