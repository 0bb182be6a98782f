"""From a table of one's own to designs worth trying: ``torchbdi propose``, ``torchbdi.propose``.

Its rooms stand in a row, and none knows a later one: ``reading`` (a file becomes a table),
``columns`` (what each column is), ``rules`` (what designs must keep), ``model`` (the regression,
and how far it can be trusted), ``search`` (new designs, and the batch), ``report`` (what a person
reads). ``understand`` leads through the first three without torch, ``pipeline`` through the others.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import propose
    from .result import Proposals

_LAZY = {"Proposals": "result", "propose": "api"}

__all__ = ["Proposals", "propose"]


def __getattr__(name: str) -> Any:
    # Both need torch; the command line reads and refuses a table before it is loaded.
    if name in _LAZY:
        value = getattr(importlib.import_module(f".{_LAZY[name]}", __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
