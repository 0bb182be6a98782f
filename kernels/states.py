"""States: files that a run goes on from, which know when they are damaged.

Behind the content of a state stands its SHA-256, so that a changed bit is found when it is read;
readers that stop at the end of the content (those of torch and numpy) take such a file as it is.
The state before the newest is kept beside it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeVar

from .atomic import blaming, move_aside, read_whole, sync_folder, write_flushed
from .errors import DamagedStateError

T = TypeVar("T")

# Of what another's error says of a content.
MESSAGE_LENGTH = 200

SEAL = b"# state of torchbdi, SHA-256 of all before this line: "
_TRAILER = re.compile(rb"\n" + re.escape(SEAL) + rb"([0-9a-f]{64})\n")
_TRAILER_BYTES = 120


def write_state(path: Path, content: bytes) -> None:
    """Replaces a state; the one that was there becomes ``<name>.before`` if it is whole.

    At every moment ``path`` is the old state or the new one. Where there is no ``path``, there is
    no state: one before it is of something that was given up, and goes. A folder of that name is
    moved aside: :func:`last_good_state` has said that it is no state.

    Args:
        path: the file; its folder must exist.
        content: what it is to hold; its SHA-256 is put behind it.

    Raises:
        OSError: the disk is full or the folder is read-only; the states that were there are kept.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")

    def write(file: BinaryIO) -> None:
        file.write(sealed(content))

    with blaming(path):
        try:
            write_flushed(temporary, write)
            for name in (path, state_before(path)):
                if name.is_dir():
                    move_aside(name)
            if _is_whole(path):
                _keep(path)
            elif not path.exists():
                state_before(path).unlink(missing_ok=True)
            temporary.replace(path)
            sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def sealed(content: bytes) -> bytes:
    """A content with its SHA-256 behind it, as :func:`read_state` takes it."""
    return content + b"\n" + SEAL + _digest(content).encode() + b"\n"


def read_state(path: Path) -> bytes:
    """The content of a state.

    Raises:
        FileNotFoundError: there is no such file.
        DamagedStateError: the file is not what :func:`write_state` wrote; says what is wrong.
    """
    return unsealed(read_whole(path), path)


def unsealed(whole: bytes, path: Path) -> bytes:
    """What :func:`sealed` was given; raises as :func:`read_state`, and names ``path``."""
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
        if file.is_dir():
            move_aside(file)
        file.unlink(missing_ok=True)


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
