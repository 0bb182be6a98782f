"""What a design may be: columns, levels, classes, constraints, and standardised features.

It knows no kernel, no score and no search.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .columns import Choice, Column, Number, sequence
from .constraints import Linear
from .present import AtMost

if TYPE_CHECKING:
    from .space import Space

__all__ = ["AtMost", "Choice", "Column", "Linear", "Number", "Space", "sequence"]


def __getattr__(name: str) -> Any:
    # A space needs torch, which takes seconds to import; columns and constraints do not.
    if name == "Space":
        from .space import Space

        globals()[name] = Space
        return Space
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
