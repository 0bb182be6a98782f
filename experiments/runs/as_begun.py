"""What a run was begun with, kept beside it: damage of its files is told from a change by hand.

``config.yaml`` and ``identity.json`` are files that people read, and may change. When a run begins,
both are copied into a state, which has a checksum. A file that cannot be read, or that differs from
its copy in one bit, is damaged, and the copy counts; one that differs in more was changed by hand,
and counts as it is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from torchbdi import InputError
from torchbdi.kernels.files import (
    last_good_state,
    move_aside,
    state_before,
    write_state,
    write_text,
)

STATE = Path("state", "begun.state")

T = TypeVar("T")


def keep_copy(folder: Path, names: tuple[str, ...]) -> None:
    """Copies files of a run that begins into its state.

    Raises:
        OSError: the folder cannot be written.
    """
    (folder / STATE).parent.mkdir(exist_ok=True)
    texts = {name: (folder / name).read_bytes().decode() for name in names}
    write_state(folder / STATE, (json.dumps(texts, indent=2) + "\n").encode())
    state_before(folder / STATE).unlink(missing_ok=True)  # it is of half a beginning


def has_work(state: Path) -> bool:
    """Whether a run's folder of states holds anything but the copies: what a run goes on from."""
    files = state.iterdir() if state.is_dir() else ()
    return any(p.name != STATE.name and not p.name.endswith(".part") for p in files)


class AsBegun:
    """The files of a run, as it was begun.

    A folder that has no copy, of an earlier version or a damaged one, is read as it is.

    Args:
        folder: of the run.

    Attributes:
        damaged: what is wrong with which file, where its copy counts instead.
        unreadable: those of them that cannot be read at all.
        changed: the files that were changed by hand.
        has_copy: whether there is a copy of every file that was asked for.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.damaged: dict[str, str] = {}
        self.unreadable: set[str] = set()
        self.changed: set[str] = set()
        self.has_copy = True
        self._copies: dict[str, str] | None = None
        self._damage = ""
        self._said: set[str] = set()

    @property
    def copies(self) -> dict[str, str]:
        """The texts by name; none where there is no good copy."""
        if self._copies is None:
            self._copies = last_good_state(self.folder / STATE, _parse, self._note) or {}
        return self._copies

    def read(self, name: str, parse: Callable[[Path, bytes], T]) -> T:
        """What a file held when the run began, or what somebody has changed it into.

        Args:
            name: of the file.
            parse: is given the path, for its messages, and a content.

        Raises:
            InputError: the file is damaged and there is no copy of it.
            OSError: it cannot be read and there is no copy of it.
        """
        path, copy = self.folder / name, self.copies.get(name)
        if copy is None:
            self.has_copy = False
            return parse(path, path.read_bytes())
        whole = copy.encode()
        try:
            content = path.read_bytes()
            found = parse(path, content)
        except (InputError, OSError) as error:
            told = f"{path} is lost." if isinstance(error, FileNotFoundError) else str(error)
            self.damaged[name] = told
            self.unreadable.add(name)
            return parse(path, whole)
        if content == whole:
            return found
        if _differ_in_one_bit(content, whole):
            self.damaged[name] = f"{path} is damaged: one bit is not as it was written."
            return parse(path, whole)
        self.changed.add(name)
        return found

    def mend(self) -> None:
        """Puts the copies in the place of what is damaged, and says so; another file is kept.

        Raises:
            OSError: the folder cannot be written.
        """
        for name in list(self.damaged):
            path, told = self.folder / name, self.damaged.pop(name)
            kept = move_aside(path) if name in self.unreadable and path.exists() else None
            write_text(path, self.copies[name])
            aside = f" What was there is now {kept.name}." if kept else ""
            self._say(f"{told} Going on with what it was when the run began, by {STATE}.{aside}")
        for name in sorted(self.changed):
            path = self.folder / name
            self._say(f"{path} was changed by hand since the run began, and counts as it is now.")
        if self._damage:
            self._say(self._damage)

    def _say(self, text: str) -> None:
        if text not in self._said:
            print(f"warning: {text}", file=sys.stderr, flush=True)
        self._said.add(text)

    def _note(self, text: str) -> None:
        self._damage = text.replace("so this begins anew", "so the files are taken as they are")


def _parse(content: bytes) -> dict[str, str]:
    texts = json.loads(content)
    if not isinstance(texts, dict) or not all(isinstance(t, str) for t in texts.values()):
        raise TypeError("it holds no texts")
    return texts


def _differ_in_one_bit(one: bytes, two: bytes) -> bool:
    if len(one) != len(two):
        return False
    return sum((a ^ b).bit_count() for a, b in zip(one, two, strict=True)) == 1
