"""How a way out is typed: as an option of the command line, or as an argument in Python."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

# Options that have another name in Python.
_PYTHON = {
    "category": "categories", "number": "numbers", "take": "takes", "rule": "rules",
    "step": "steps", "sum": "sums", "o": "out",
}  # fmt: skip


@dataclass(frozen=True)
class Ways:
    """Writes choices as the person would give them.

    Attributes:
        typed: whether they are typed in a shell; otherwise they are arguments in Python.
    """

    typed: bool

    def name(self, option: str) -> str:
        """What an option is called, without a value: ``--ignore``, or ``ignore=``."""
        if self.typed:
            return f"-{option}" if len(option) == 1 else f"--{option}"
        return f"{_PYTHON.get(option, option).replace('-', '_')}="

    def __call__(self, option: str, value: str | None = None) -> str:
        """One choice: ``--ignore notes``, or ``ignore=['notes']``.

        Args:
            option: its name on the command line, without dashes.
            value: a column, or ``name=value``; None for a choice that has none.
        """
        name = self.name(option)
        if self.typed:
            if value is None:
                return name
            # What begins with a dash would be read as an option of its own.
            sign = "=" if value.startswith("-") else " "
            return f"{name}{sign}{shlex.quote(value)}"
        if value is None:
            return f"{name}True"
        if option in ("decimal", "score-scale", "n"):
            return f"{name}{value}" if option == "n" else f"{name}{value!r}"
        key, sign, own = value.rpartition("=")
        if option == "bounds":
            low, _, high = own.partition(":")
            return f"{name}{{{key!r}: ({low or None}, {high or None})}}"
        if option == "step":
            return f"{name}{{{key!r}: {own}}}"
        if option == "take" or (option == "fix" and sign):
            return f"{name}{{{key!r}: {own!r}}}"
        return f"{name}[{value!r}]"

    def several(self, option: str, values: Iterable[str]) -> str:
        """One choice for several values: ``--ignore a --ignore b``, or ``ignore=['a', 'b']``."""
        own = [self(option, value) for value in values]
        if self.typed or not own:
            return " ".join(own)
        (name, first), *_ = parts = [text.split("=", 1) for text in own]
        return f"{name}={first[0]}{', '.join(part[1:-1] for _, part in parts)}{first[-1]}"


TYPED, IN_PYTHON = Ways(True), Ways(False)


def listed(names: list[str] | tuple[str, ...], most: int = 12) -> str:
    """Names for a message, the first of them."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(repr(name) for name in names[:most]) + more
