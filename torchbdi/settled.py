"""What may not change any more, since something was made by it."""

from __future__ import annotations

from typing import Any

from .kernels.errors import InputError


class Settled:
    """Settings by their names, each as it was when it was first looked at."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def check(self, owner: str, **now: Any) -> None:
        """Takes settings that it does not know yet, and compares the others.

        Args:
            owner: the class whose settings these are.
            **now: what they are.

        Raises:
            InputError: names what was changed.
        """
        for name, value in now.items():
            if self._known.setdefault(name, value) != value:
                remedy = f"Make a new {owner}."
                if name == "kernel":
                    remedy += " Only x_h learns: an optimiser of your own takes [model.x_h]."
                raise InputError(
                    f"{owner}: {name} was {self._known[name]} when what depends on it was worked "
                    f"out, and is {value} now. {remedy}"
                )
