"""Where task data lives, how files get there, and what is made there where none can be had.

What a table means, and its true function, belong to ``tasks`` and ``oracles``.
"""

from __future__ import annotations

import os
from pathlib import Path

from torchbdi import MissingDataError


def data_folder(data_dir: str | None) -> Path:
    """The data folder: ``data_dir=``, else TORCHBDI_DATA, else the user's cache.

    Raises:
        MissingDataError: a folder was named and does not exist.
    """
    named = data_dir or os.environ.get("TORCHBDI_DATA")
    if named:
        folder = Path(named).expanduser().resolve()
        if not folder.is_dir():
            source = "data_dir" if data_dir else "TORCHBDI_DATA"
            raise MissingDataError(
                f"{source} is {folder}, which is not a folder. Create it or name another."
            )
        return folder
    folder = cache_folder() / "data"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def cache_folder() -> Path:
    """The user's cache folder for torchbdi (XDG_CACHE_HOME is heeded)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "torchbdi"


def refuse_offline(what: str) -> None:
    """The offline switch: with TORCHBDI_OFFLINE set, nothing is fetched.

    Raises:
        MissingDataError: it is set.
    """
    if os.environ.get("TORCHBDI_OFFLINE", "0") not in ("", "0"):
        raise MissingDataError(
            f"TORCHBDI_OFFLINE is set, so {what} is not fetched. Unset it, or put the files there "
            "yourself (docs/tasks.md says where they come from)."
        )
