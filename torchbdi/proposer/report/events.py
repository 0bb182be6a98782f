"""TensorBoard events of a run."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from ...events import EventFile
from ..model.problem import Problem
from ..model.trust import Quality


class Events:
    """Writes the model's quality, and the best prediction of every round of the search.

    Args:
        folder: where the file is made; None writes nothing.
        problem: the table.
        quality: of its model.
    """

    def __init__(self, folder: Path | None, problem: Problem, quality: Quality):
        self.file = None if folder is None else EventFile(folder)
        if self.file is None:
            return
        for name in ("rmse", "r2", "rank_correlation"):
            self.file.scalar(f"leave_one_out/{name}", getattr(quality, name), 0)
        self.file.text("remarks", "\n\n".join(problem.remarks), 0)

    def __enter__(self) -> Events:
        return self

    def round(self, number: int, best: float) -> None:
        """Writes the best prediction so far, standardised, of a round of the search."""
        if self.file is not None:
            self.file.scalar("search/best", best, number)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Writes what is left. An error that is on its way is not hidden by one of the disk."""
        if self.file is None:
            return
        try:
            self.file.close()
        except OSError:
            if error is None:
                raise
