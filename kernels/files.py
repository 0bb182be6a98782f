"""Files that are written whole or not at all, and states that know when they are damaged.

A *state* is a file that a run goes on from. Behind its content stands the content's SHA-256, so
that a changed bit is found when it is read; readers that stop at the end of the content (those of
torch and numpy) take such a file as it is. The state before the newest is kept beside it.
"""

from __future__ import annotations

import csv
import fcntl
import hashlib
import io
import json
import os
import re
import shutil
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from .errors import DamagedStateError

T = TypeVar("T")

# Of what another's error says of a content.
MESSAGE_LENGTH = 200

_TRAILER = re.compile(rb"\n# state of torchbdi, SHA-256 of all before this line: ([0-9a-f]{64})\n")
_TRAILER_BYTES = 120


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
    with _blaming(path):
        try:
            _write(temporary, write)
            temporary.replace(path)
            sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes text as UTF-8, atomically."""
    write_atomic(path, lambda file: file.write(text.encode()))


def write_json(path: Path, data: Any) -> None:
    """Writes indented JSON, atomically."""
    write_text(path, json.dumps(data, indent=2, sort_keys=False) + "\n")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Writes a CSV with a header line, atomically; floats keep all their digits."""

    def write(file: BinaryIO) -> None:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
        text.detach()

    write_atomic(path, write)


def read_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        FileNotFoundError: there is no such file.
        DamagedStateError: it cannot be read, or is not JSON; names the file and the place.
    """
    try:
        return json.loads(_read(path).decode())
    except (ValueError, RecursionError) as error:
        raise DamagedStateError(
            f"{path} is damaged: it is not JSON ({str(error)[:MESSAGE_LENGTH]})."
        ) from error


def write_state(path: Path, content: bytes) -> None:
    """Replaces a state; the one that was there becomes ``<name>.before`` if it is whole.

    At every moment ``path`` is the old state or the new one. Where there is no ``path``, there is
    no state: one before it is of something that was given up, and goes.

    Args:
        path: the file; its folder must exist.
        content: what it is to hold; its SHA-256 is put behind it.

    Raises:
        OSError: the disk is full or the folder is read-only; the states that were there are kept.
    """
    line = f"\n# state of torchbdi, SHA-256 of all before this line: {_digest(content)}\n"
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")

    def write(file: BinaryIO) -> None:
        file.write(content)
        file.write(line.encode())

    with _blaming(path):
        try:
            _write(temporary, write)
            if _is_whole(path):
                _keep(path)
            elif not path.exists():
                state_before(path).unlink(missing_ok=True)
            temporary.replace(path)
            sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def read_state(path: Path) -> bytes:
    """The content of a state.

    Raises:
        FileNotFoundError: there is no such file.
        DamagedStateError: the file is not what :func:`write_state` wrote; says what is wrong.
    """
    whole = _read(path)
    found = _TRAILER.fullmatch(whole[-_TRAILER_BYTES:])
    if found is None:
        raise DamagedStateError(
            f"{path} is damaged: it does not end with a checksum ({len(whole)} bytes). It was cut "
            "short, changed, or written by torchbdi 0.1.0 or by something else."
        )
    content = whole[:-_TRAILER_BYTES]
    if _digest(content).encode() != found[1]:
        raise DamagedStateError(
            f"{path} is damaged: its SHA-256 is not the one that was written into it "
            f"({len(whole)} bytes)."
        )
    return content


def last_good_state(
    path: Path, parse: Callable[[bytes], T], say: Callable[[str], object] = warnings.warn
) -> T | None:
    """The newest state that is whole: that of ``path``, or else the one before it.

    Args:
        path: the file.
        parse: makes something of the content; whatever it raises counts as damage.
        say: is told what is damaged, and what is gone on from instead.

    Returns:
        What ``parse`` made, or None where there is no state to go on from.
    """
    damage = []
    for candidate in (path, state_before(path)):
        try:
            found = parse(read_state(candidate))
        except FileNotFoundError:
            if candidate == path:
                return None
        except DamagedStateError as error:
            damage.append(str(error))
        except Exception as error:  # a content that was written whole, but by another program
            why = f"{type(error).__name__}: {error}"[:MESSAGE_LENGTH]
            damage.append(f"{candidate} is of no use ({why}).")
        else:
            if damage:
                say(" ".join([*damage, f"Going on from {candidate}, the state before it."]))
            return found
    if damage:
        say(" ".join([*damage, "There is no other state of it, so this begins anew."]))
    return None


def state_before(path: Path) -> Path:
    """Where the state before the newest is kept."""
    return path.with_name(f"{path.name}.before")


def remove_state(path: Path) -> None:
    """Removes a state and the one before it, if they are there."""
    for file in (path, state_before(path)):
        file.unlink(missing_ok=True)


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
            moved = not folder.exists() or not os.path.samestat(os.fstat(lock), folder.stat())
        except BlockingIOError as error:
            raise taken from error
        if moved:
            raise taken
        yield
    finally:
        os.close(lock)


def sha256(path: Path) -> str:
    """SHA-256 of a file, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def disk_of(path: Path) -> str:
    """The disk that a path is on, for a message: where it is mounted and what is free on it."""
    place = path.absolute()
    while not place.exists() or not (place.is_mount() or place == place.parent):
        place = place.parent
    try:
        free = f"{shutil.disk_usage(place).free / 1e6:,.1f} MB free"
    except OSError as error:
        free = f"{error.strerror}"
    return f"the disk mounted at {place} ({free})"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DamagedStateError(f"{path} cannot be read ({error.strerror}).") from error


def _write(path: Path, write: Callable[[BinaryIO], object]) -> None:
    with path.open("wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Flushes a folder to the disk: the names in it, after a file was moved there.

    Raises:
        OSError: the folder is gone, or its disk fails.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _blaming(path: Path) -> Iterator[None]:
    """Errors of the system name ``path``, not the temporary file."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def _keep(path: Path) -> None:
    """Gives a state its second name, so that it stays when the first is taken from it."""
    before = state_before(path)
    second = before.with_name(f".{before.name}.{os.getpid()}.part")
    second.unlink(missing_ok=True)
    try:
        second.hardlink_to(path)
    except OSError:  # a file system without hard links
        shutil.copyfile(path, second)
    second.replace(before)


def _is_whole(path: Path) -> bool:
    try:
        read_state(path)
    except (FileNotFoundError, DamagedStateError):
        return False
    return True


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
