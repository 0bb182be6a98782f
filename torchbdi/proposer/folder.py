"""The folder of a run: it appears when it is whole, and an interrupted run goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from ..kernels.errors import InputError, TorchBDIError
from ..kernels.files import locked, write_text

CONFIG = "config.json"


class RunFolder:
    """Work goes on in ``<out>.part``, which becomes ``<out>`` in one move when all is done.

    The same command finds the work of a run that was stopped, by whatever means, and goes on; a
    run that failed with an error of ours leaves none. A lock, which the system takes back when a
    process ends, keeps a second run out.

    Args:
        out: the folder that is to appear; it must not exist, or be empty.
        config: what the run is; the work of another run is not touched.

    Attributes:
        work: the folder with the work so far.
        resumed: whether there was work of this run.

    Raises:
        InputError: the folder is taken, in use, or cannot be made.
    """

    def __init__(self, out: Path, config: Mapping[str, Any]):
        self.out = out.resolve()
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
                f"another run is writing {self.out}. Wait for it, or choose another -o."
            )
            self._lock.enter_context(locked(self.work, taken))
            self._check_free()
            self._check_config()
        except OSError as error:
            self._lock.close()
            raise InputError(
                f"{self.out}: cannot be written ({error.strerror}). Choose another folder (-o)."
            ) from error
        except InputError:
            self._lock.close()
            raise
        return self

    def _check_free(self) -> None:
        if self.out.exists() and (not self.out.is_dir() or any(self.out.iterdir())):
            raise InputError(
                f"{self.out} is there already. Choose another folder (-o), or remove it."
            )

    def _check_config(self) -> None:
        path = self.work / CONFIG
        if not path.exists():
            write_text(path, self.text)
        elif path.read_text() != self.text:
            raise InputError(
                f"{self.work} holds the work of an interrupted run with other data or settings "
                f"(see {CONFIG} in it). Run that command again, remove the folder, or choose "
                "another -o."
            )
        else:
            self.resumed = True

    def finish(self, scratch: list[str]) -> None:
        """Removes scratch files, by patterns, and moves the folder to where it belongs.

        Raises:
            InputError: another run was faster.
        """
        for pattern in [*scratch, ".*.part"]:
            for path in self.work.glob(pattern):
                path.unlink()
        self._whole = True
        try:
            self.work.rename(self.out)
        except OSError as error:
            raise InputError(
                f"{self.out} was made by somebody else meanwhile ({error.strerror}); the results "
                f"are whole, in {self.work}."
            ) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, TorchBDIError) and not self._whole:
            shutil.rmtree(self.work)  # it would fail again, and be in the way of a mended command
        self._lock.close()
        if isinstance(error, OSError) and not isinstance(error, TorchBDIError):
            raise TorchBDIError(
                f"{self.work}: cannot be written ({error.strerror}). Nothing is lost: once there "
                "is room, the same command goes on from here."
            ) from error
