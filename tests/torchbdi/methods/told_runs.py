"""A run that remembers what it is told, for the tests of methods."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from torchbdi.methods import Run


class StoppedError(Exception):
    pass


class Told(Run):
    """Remembers what it is told, and dies in the middle of a step if wanted."""

    def __init__(
        self,
        folder: Path | None = None,
        die_at: int | None = None,
        seed: int = 0,
        checkpoint_every: int = 5,
    ):
        super().__init__(seed=seed, folder=folder, checkpoint_every=checkpoint_every)
        self.die_at, self.logs, self.kept = die_at, {}, {}  # type: ignore[var-annotated]

    def log(self, step: int, **values: float) -> None:
        if step == self.die_at:
            raise StoppedError
        self.logs[step] = values

    def keep(self, step: int, x: Tensor) -> None:
        self.kept[step] = x.clone()
