"""TensorBoard events of a run."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import torch
from torch import Tensor

from ..events import EventFile
from .optimise import Observer
from .problem import Problem
from .settings import STEPS
from .trust import Quality


class Events:
    """Writes losses and movements of every step, and the model's quality, to event files.

    Args:
        folder: where the files are made.
        problem: the table.
        quality: of its model.
    """

    def __init__(self, folder: Path, problem: Problem, quality: Quality):
        self.file = EventFile(folder)
        for name in ("rmse", "r2", "rank_correlation"):
            self.file.scalar(f"leave_one_out/{name}", getattr(quality, name), 0)
        self.file.text("remarks", "\n\n".join(problem.remarks), 0)

    def __enter__(self) -> Events:
        return self

    def round(self, number: int, start: Tensor) -> Observer:
        """What watches a round. Steps done again after an interruption are written again.

        Args:
            number: of the round.
            start: where its designs begin, (n, D).
        """

        def observe(done: int, losses: dict[str, Tensor], x_h: Tensor) -> None:
            step = number * STEPS + done
            for name, loss in losses.items():
                self.file.scalar(f"loss/{name}", loss.detach().mean(), step)
            moved = torch.linalg.vector_norm(x_h - start, dim=1)
            self.file.scalar("distance/x_h", moved.mean(), step)

        return observe

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Writes what is left. An error that is on its way is not hidden by one of the disk."""
        try:
            self.file.close()
        except OSError:
            if error is None:
                raise
