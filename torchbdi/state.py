"""States of training on disk: Lightning's checkpoints, with a checksum and the one before."""

from __future__ import annotations

import errno
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lightning.fabric.plugins.io.checkpoint_io import CheckpointIO

from .kernels.errors import DamagedStateError
from .kernels.files import last_good_state, remove_state, write_state
from .kernels.tensors import from_bytes, to_bytes


class StateIO(CheckpointIO):
    """Writes and reads a Trainer's checkpoints as states (``Trainer(plugins=[StateIO()])``).

    A checkpoint of which a bit has changed is found when it is read, and the one before it is gone
    on from. The file can still be read by ``torch.load``. Nothing is ever unpickled from it.

    Args:
        say: is told what is damaged, and what is gone on from instead.
    """

    def __init__(self, say: Callable[[str], object] = warnings.warn) -> None:
        self.say = say
        self._written: set[Path] = set()

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        """Replaces the checkpoint; the one that was there is kept beside it.

        Raises:
            OSError: the disk is full, or the folder is read-only, or has vanished since the last
                one.
            TypeError: there are storage options, which a file has not.
        """
        if storage_options is not None:
            raise TypeError("StateIO writes plain files: it takes no storage_options.")
        folder = Path(path).parent
        if folder in self._written and not folder.is_dir():  # to make it again would hide it
            raise FileNotFoundError(errno.ENOENT, "the folder has vanished", str(folder))
        folder.mkdir(parents=True, exist_ok=True)
        self._written.add(folder)
        write_state(Path(path), to_bytes(checkpoint))

    def load_checkpoint(
        self, path: str | Path, map_location: Any = "cpu", weights_only: bool | None = None
    ) -> dict[str, Any]:
        """The newest checkpoint that is whole.

        Args:
            path: the file.
            map_location: see ``torch.load``.
            weights_only: has no effect: objects are never unpickled.

        Raises:
            DamagedStateError: neither it nor the one before it is. Ask :func:`newest_checkpoint`
                first and begin anew where it knows of none.
        """
        found = newest_checkpoint(Path(path), self.say, map_location)
        if found is None:
            raise DamagedStateError(f"there is no whole checkpoint at {path}. Begin anew.")
        return found

    def remove_checkpoint(self, path: str | Path) -> None:
        """Removes the checkpoint and the one before it."""
        remove_state(Path(path))


def newest_checkpoint(
    path: Path, say: Callable[[str], object] = warnings.warn, map_location: Any = "cpu"
) -> dict[str, Any] | None:
    """What :class:`StateIO` wrote last, as far as it is whole.

    Args:
        path: the file.
        say: is told what is damaged, and what is gone on from instead.
        map_location: see ``torch.load``.

    Returns:
        The checkpoint, or None where there is none, or none that is whole.
    """

    def parse(content: bytes) -> dict[str, Any]:
        checkpoint = from_bytes(content, map_location)
        if not isinstance(checkpoint, dict):
            raise TypeError(f"it holds a {type(checkpoint).__name__}, not a checkpoint")
        return checkpoint

    return last_good_state(path, parse, say)
