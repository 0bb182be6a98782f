"""The loader that makes T steps one epoch of a Trainer."""

from __future__ import annotations

from collections.abc import Iterator


class Steps:
    """A loader of ``total`` empty batches, so that T steps are one epoch.

    Every pass begins at the first step, but for the pass after :meth:`load_state_dict`, which goes
    on where the saved one stood.

    Args:
        total: steps of an epoch.
    """

    def __init__(self, total: int):
        self.total, self.done = total, 0
        self._resumed = False

    def __len__(self) -> int:
        return self.total

    def __iter__(self) -> Iterator[int]:
        # Set back here and not after the last step: a trainer that knows the length of an epoch
        # does not come back to be told that it is over.
        first = self.done if self._resumed and self.done < self.total else 0
        self._resumed = False
        for step in range(first, self.total):
            self.done = step + 1
            yield step

    def state_dict(self) -> dict[str, int]:
        """Where the loader stands."""
        return {"done": self.done}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Goes back to where a loader stood."""
        self.done, self._resumed = state["done"], True
