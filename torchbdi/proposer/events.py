"""TensorBoard events of a run."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

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
        from torch.utils.tensorboard import SummaryWriter  # takes a second to import

        self.writer = SummaryWriter(str(folder))
        for name in ("rmse", "r2", "rank_correlation"):
            self.writer.add_scalar(f"leave_one_out/{name}", getattr(quality, name), 0)
        self.writer.add_text("remarks", "\n\n".join(problem.remarks), 0)

    def round(self, number: int, start: Tensor) -> Observer:
        """What watches a round. Steps done again after an interruption are written again.

        Args:
            number: of the round.
            start: where its designs begin, (n, D).
        """

        def observe(done: int, losses: dict[str, Tensor], x_h: Tensor) -> None:
            step = number * STEPS + done
            for name, loss in losses.items():
                self.writer.add_scalar(f"loss/{name}", loss.detach().mean(), step)
            moved = torch.linalg.vector_norm(x_h - start, dim=1)
            self.writer.add_scalar("distance/x_h", moved.mean(), step)

        return observe

    def close(self) -> None:
        """Writes what is left."""
        self.writer.close()
