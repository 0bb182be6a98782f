"""The one atomic write, the one lock, and what both are made of. See :mod:`.files`, the door."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from .errors import DamagedStateError


def write_atomic(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Writes a file under a temporary name and moves it into place.

    File and folder are flushed to the disk, so that after a power cut the name stands for the old
    content or for the new one, never for less.

    Args:
        path: the file; its folder must exist.
        write: is handed the open temporary file.

    Raises:
        OSError: the disk is full or the folder is read-only; ``path``, which the error names, is
            as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    with blaming(path):
        try:
            write_flushed(temporary, write)
            temporary.replace(path)
            sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def locked(folder: Path, taken: Exception) -> Iterator[None]:
    """Keeps other processes out of a folder.

    The folder itself is locked, not a file in it: so the lock moves with the folder, and the system
    takes it back however a process ends.

    Args:
        folder: must exist.
        taken: raised if another process holds the folder, or has moved it away meanwhile.
    """
    lock = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise taken from error
        if not _stands_for(folder, lock):
            raise taken
        yield
    finally:
        os.close(lock)


def _stands_for(path: Path, handle: int) -> bool:
    """Whether a path still leads to an open file or folder."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:  # it was removed, here or by another machine
        return False


@contextmanager
def in_turn(path: Path, told: str, flags: int = os.O_RDONLY) -> Iterator[None]:
    """Makes processes wait for one another where all work in a folder, or add to a file.

    The lock is that of :func:`locked`. Whoever has waited finds what the others have left. Where
    the file system has no locks nobody waits: the same work is then done twice.

    Args:
        path: must exist, unless the flags make it. Whoever has its turn may, as its last act, put
            another file in its place.
        told: printed where another process has its turn, before it is waited for.
        flags: with which the path is opened.
    """
    lock, waited = os.open(path, flags, 0o666), False
    try:
        while True:
            with suppress(OSError):
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    if not waited:
                        print(told, flush=True)
                    waited = True
                    fcntl.flock(lock, fcntl.LOCK_EX)
            if _stands_for(path, lock):
                break
            before, lock = lock, os.open(path, flags, 0o666)
            os.close(before)  # of the file that was there before
        yield
    finally:
        os.close(lock)


@contextmanager
def adding_to(path: Path) -> Iterator[None]:
    """Makes processes wait for one another where each reads a file and writes it with more in it.

    Args:
        path: the file, which is to be read inside, and written as the last act. It is made, empty,
            where it is not there.
    """
    # NFS locks no file that is open for reading alone; one that may only be read can be replaced.
    readable_only = path.exists() and not os.access(path, os.W_OK)
    flags = os.O_RDONLY if readable_only else os.O_RDWR | os.O_CREAT
    with in_turn(path, f"{path}: waiting for another process that adds to it ...", flags):
        yield


def move_aside(path: Path) -> Path | None:
    """Makes room under a name without losing what is there.

    Returns:
        Where it is now; None where it was an empty folder, which is removed.
    """
    if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
        path.rmdir()
        return None
    number = 1
    while (place := path.with_name(f"{path.name}.moved-{number}")).exists():
        number += 1
    return path.rename(place)


def read_whole(path: Path) -> bytes:
    """The content of a file.

    Raises:
        FileNotFoundError: there is no such file.
        DamagedStateError: it cannot be read; says why.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DamagedStateError(f"{path} cannot be read ({error.strerror}).") from error


def write_flushed(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Writes a file and flushes it to the disk."""
    with path.open("wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Flushes the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def blaming(path: Path) -> Iterator[None]:
    """Errors of the system name ``path``, not the temporary file."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
