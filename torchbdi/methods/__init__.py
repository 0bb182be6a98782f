"""Methods that propose designs, one file each: ``torchbdi.methods.BDI().solve(data, 128)``.

A file here holds one frozen dataclass, which is the method's whole configuration, and perhaps
presets of it; what several methods share stands in a module whose name begins with an underscore.
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    if not name[:1].isupper():  # only classes are looked for: imports ask for modules here first
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .registry import find_class

    return find_class(name)


def __dir__() -> list[str]:
    from .registry import class_names

    return class_names()
