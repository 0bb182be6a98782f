"""The state from which a search goes on after it was killed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..kernels.files import last_good_state, write_state
from ..kernels.tensors import from_bytes, to_bytes

NAME = "search.pt"


class SearchState:
    """A dictionary of tensors and numbers in a folder; nothing where there is no folder.

    Args:
        folder: where it is kept, or None.
        problem: what is searched, in words; a state of another problem is not gone on from.
    """

    def __init__(self, folder: Path | None, problem: str):
        self._folder, self.path = folder, None if folder is None else folder / NAME
        self.problem = problem

    def of(self, way: str) -> SearchState:
        """That of the same problem, searched in another way."""
        return SearchState(self._folder, f"{self.problem}, {way}")

    def load(self) -> dict[str, Any]:
        """The last state, empty where there is none of this problem."""
        if self.path is None:
            return {}
        found = last_good_state(self.path, _parse)
        return found if found is not None and found["problem"] == self.problem else {}

    def save(self, **state: Any) -> None:
        """Takes the place of the last state as a whole."""
        if self.path is not None:
            write_state(self.path, to_bytes({"problem": self.problem, **state}))


def _parse(content: bytes) -> dict[str, Any]:
    state: dict[str, Any] = from_bytes(content)
    if not isinstance(state, dict) or "problem" not in state:
        raise ValueError("it is not the state of a search")
    return state
