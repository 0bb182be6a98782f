"""Lightning callbacks of a run: history, checkpoint, Ctrl-C."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Any

import lightning

LOSSES = ("loss/total", "loss/forward", "loss/backward")


class History(lightning.Callback):
    """Keeps the losses of every step and the time; both travel with the checkpoint.

    Args:
        start: ``time.perf_counter()`` when the run began.

    Attributes:
        rows: (step, total, forward, backward) a step.
        start: the same, earlier by the time spent before the run was resumed.
    """

    def __init__(self, start: float) -> None:
        self.start = start
        self.rows: list[tuple[float, ...]] = []

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        """Appends the losses of the step."""
        metrics = trainer.callback_metrics
        self.rows.append((trainer.global_step, *(float(metrics[name]) for name in LOSSES)))

    def state_dict(self) -> dict[str, Any]:
        """The rows and the seconds so far."""
        seconds = time.perf_counter() - self.start
        return {"rows": [list(row) for row in self.rows], "seconds": seconds}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes the rows and the seconds of a checkpoint."""
        self.rows = [tuple(row) for row in state["rows"]]
        self.start -= state["seconds"]


class Checkpoint(lightning.Callback):
    """Writes one checkpoint every few steps, and after the step in which Ctrl-C was pressed.

    Args:
        path: the file; it is replaced as a whole.
        every: steps between checkpoints.

    Attributes:
        interrupted: whether Ctrl-C (or SIGTERM) ended the run.
    """

    def __init__(self, path: Path, every: int):
        self.path, self.every = path, every
        self.interrupted = False
        self._handlers: dict[int, Any] = {}

    def on_train_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Takes over the signals for the time of the training."""

        def interrupt(number: int, frame: FrameType | None) -> None:
            self.interrupted = True

        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self._handlers[number] = signal.signal(number, interrupt)
            except ValueError:  # not in the main thread: then nobody presses Ctrl-C here
                return

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        """Saves when it is time, and stops when asked to."""
        if self.interrupted or trainer.global_step % self.every == 0:
            temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
            try:
                trainer.save_checkpoint(temporary)
                temporary.replace(self.path)
            finally:
                temporary.unlink(missing_ok=True)
        if self.interrupted:
            trainer.should_stop = True

    def on_train_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Gives the signals back."""
        self._restore()

    def on_exception(
        self,
        trainer: lightning.Trainer,
        module: lightning.LightningModule,
        exception: BaseException,
    ) -> None:
        """Gives the signals back."""
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers.clear()
