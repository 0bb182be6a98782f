"""The columns of a design: numbers, and choices of one among k classes."""

from __future__ import annotations

from typing import TypeAlias

from .choice import Choice, logits, sequence
from .number import Number, nearest

__all__ = ["Choice", "Column", "Number", "logits", "nearest", "sequence"]

Column: TypeAlias = Number | Choice
