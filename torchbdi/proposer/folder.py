"""The folder of a run: it appears when it is whole, and an interrupted run goes on."""

from __future__ import annotations

import errno
import json
import shutil
import warnings
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from ..kernels.atomic import sync_folder
from ..kernels.errors import InputError, TorchBDIError
from ..kernels.files import (
    disk_of,
    last_good_state,
    locked,
    write_state,
    write_text,
)
from .reading.ways import TYPED, Ways

CONFIG = "config.json"
# What the work in a folder is of: a state, so that damage is not taken for another run.
IDENTITY = "identity"


class RunFolder:
    """Work goes on in ``<out>.part``, which becomes ``<out>`` in one move when all is done.

    The same command finds the work of a run that was stopped, by whatever means, and goes on; a
    run that failed with an error of ours leaves none. A lock, which the system takes back when a
    process ends, keeps a second run out.

    Args:
        out: the folder that is to appear; it must not exist, or be empty.
        config: what the run is; the work of another run is not touched.
        say: is told of damaged files, and what is done instead.
        ways: how options are typed.

    Attributes:
        work: the folder with the work so far.
        resumed: whether there was work of this run.

    Raises:
        InputError: the folder is taken, in use, or cannot be made.
    """

    def __init__(
        self,
        out: Path,
        config: Mapping[str, Any],
        say: Callable[[str], object] = warnings.warn,
        ways: Ways = TYPED,
    ):
        self.out, self.say, self._option = out.resolve(), say, ways.name("o")
        self.work = self.out.with_name(self.out.name + ".part")
        self.text = json.dumps(config, indent=2) + "\n"
        self.resumed = False
        self._whole = False
        self._lock = ExitStack()

    def __enter__(self) -> RunFolder:
        try:
            self._check_free()
            self.work.mkdir(parents=True, exist_ok=True)
            taken = InputError(
                f"another run is writing {self.out}. Wait for it, or choose another {self._option}."
            )
            # The folder itself is locked, not a file in it: the lock moves with it at the end.
            self._lock.enter_context(locked(self.work, taken))
            self._check_free()
            self._check_config()
        except OSError as error:
            self._lock.close()
            raise InputError(
                f"{self.out}: cannot be written ({error.strerror}). Choose another folder "
                f"({self._option})."
            ) from error
        except InputError:
            self._lock.close()
            raise
        return self

    def _check_free(self) -> None:
        if self.out.exists() and (not self.out.is_dir() or any(self.out.iterdir())):
            # A table, or a folder of other things, is nothing to remove.
            remove = ", or remove it" if (self.out / CONFIG).is_file() else ""
            raise InputError(
                f"{self.out} is there already. Choose another folder ({self._option}){remove}."
            )

    def _check_config(self) -> None:
        identity, config = self.work / IDENTITY, self.work / CONFIG
        if identity.exists():
            found = last_good_state(identity, bytes.decode, self.say)
            if found is None:  # whose work it is cannot be told
                self._empty()
        else:
            found = config.read_bytes().decode(errors="replace") if config.exists() else None
        if found not in (None, self.text):
            raise InputError(
                f"{self.work} holds the work of an interrupted run with other data or settings, or "
                f"another version of torchbdi (see {CONFIG} in it). Run that command again with "
                f"that version, remove the folder, or choose another {self._option}."
            )
        self.resumed = found is not None
        write_text(config, self.text)
        if not identity.exists():
            write_state(identity, self.text.encode())

    def _empty(self) -> None:
        for path in self.work.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def finish(self, scratch: list[str]) -> None:
        """Removes scratch files, by patterns, and moves the folder to where it belongs.

        Raises:
            InputError: another run was faster.
            OSError: the folder is gone, or cannot be moved.
        """
        for pattern in [*scratch, f"{IDENTITY}*", ".*.part"]:
            for path in self.work.glob(pattern):
                path.unlink()
        try:
            self.work.rename(self.out)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise
            self._whole = True
            raise InputError(
                f"{self.out} was made by somebody else meanwhile ({error.strerror}); the results "
                f"are whole, in {self.work}."
            ) from error
        self._whole = True
        sync_folder(self.out.parent)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        there = self.work.is_dir()
        if isinstance(error, TorchBDIError) and not self._whole:
            # It would fail again, and be in the way of a mended command.
            shutil.rmtree(self.work, ignore_errors=True)
        self._lock.close()
        if not isinstance(error, OSError) or isinstance(error, TorchBDIError):
            return
        if self._whole:
            raise TorchBDIError(
                f"{self.out}: everything is there, but its disk fails ({error.strerror}), so it "
                "may not be there after a power cut."
            ) from error
        if not there:
            raise TorchBDIError(
                f"{self.work}: the folder vanished while the run was at work in it "
                f"({error.strerror}). The same command begins anew."
            ) from error
        raise TorchBDIError(
            f"{error.filename or self.work}: cannot be written ({error.strerror}); it is on "
            f"{disk_of(self.work)}. Nothing is lost: once there is room, the same command goes on "
            "from here."
        ) from error
