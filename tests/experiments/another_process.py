"""Another process that makes the same table at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from forked import PATIENCE

from torchbdi.kernels.files import locked


def made_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    check: str,
    folder: Path,
    want: Callable[[], object],
    make: Callable[[], object],
) -> None:
    """Wants a table that is not there yet, while somebody else holds its folder and makes it.

    Args:
        monkeypatch: pytest's.
        module: which makes the table.
        check: its function that says whether the table is there.
        folder: of the table.
        want: asks the module for the table.
        make: what the other process does.
    """
    looked, real = threading.Event(), getattr(module, check)

    def look(*args: object) -> object:
        found = real(*args)
        looked.set()
        return found

    monkeypatch.setattr(module, check, look)
    folder.mkdir(parents=True, exist_ok=True)
    thread = threading.Thread(target=want)
    with locked(folder, RuntimeError("taken")):
        thread.start()
        assert looked.wait(PATIENCE)
        make()
    thread.join(PATIENCE)
    assert not thread.is_alive()
