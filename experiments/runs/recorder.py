"""What a method may use while it works in a run's folder: its log, bars, and earlier solves."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor
from tqdm import tqdm

from torchbdi import InputError
from torchbdi.events import EventFile
from torchbdi.inputs import as_float64, check_finite
from torchbdi.kernels.files import move_aside
from torchbdi.values import item_of, told, whole

from ..data.arrays import write_sealed_npy
from .as_begun import has_work
from .coefficients import CachedRun
from .history import History

TRAJECTORY = "trajectory"


@dataclass
class Recorder(CachedRun):
    """A run that writes what it is told to a folder.

    Attributes:
        path: the folder of the whole run; ``folder`` is the method's own in it.
        trajectory_every: steps between designs that are kept; 0 keeps none.
        designs: how many the run proposes, and with every step keeps; None for any number.
        width: features of a design, D; None for any number.
        bars: whether progress bars are shown.
        start: ``time.perf_counter()`` when the run began.
    """

    path: Path = Path()
    trajectory_every: int = 0
    designs: int | None = None
    width: int | None = None
    bars: bool = True
    start: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.folder = self.path / "state"
        log = self.path / "log.jsonl"
        self.history = History(log)
        damage = self.history.damage
        if self.folder.exists() and not self.folder.is_dir():
            damage = f"{self.folder} is damaged: it is no folder."
        if damage is not None:
            print(f"warning: {damage} The run begins anew.", file=sys.stderr, flush=True)
            for place in (log, self.folder):
                if place.exists():
                    move_aside(place)
            self.history = History(log)
        self.folder.mkdir(exist_ok=True)
        self.start -= self.history.seconds
        self._board: EventFile | None = None
        self._last = time.perf_counter()
        self._step: int | None = None  # the last one that this process was told of

    @property
    def seconds(self) -> float:
        """How long the run has taken, without the time in which it lay interrupted."""
        return time.perf_counter() - self.start

    @property
    def begun(self) -> bool:
        """Whether there is anything that a killed run would go on from."""
        return bool(self.history.rows) or (self.folder is not None and has_work(self.folder))

    def log(self, step: int, **values: float) -> None:
        """See :meth:`Run.log`.

        Raises:
            InputError: the step is no whole number from 1, or a value is no number.
        """
        step = whole("Run.log", "step", step, 1)
        own = {name: _number(name, value) for name, value in values.items()}
        more = step == self._step
        row = {**self.history.rows[step], **own} if more else own
        sync = step % self.checkpoint_every == 0  # before the state of this step is
        self.history.add(step, self.seconds, row, sync)
        now = time.perf_counter()
        board = self.board(purge=step)
        if not more:
            own = {**own, "seconds/step": now - self._last}
        for name, value in own.items():
            board.scalar(name, value, step)
        self._last, self._step = now, step

    def keep(self, step: int, x: Tensor) -> None:
        """See :meth:`Run.keep`.

        Raises:
            InputError: the step is no whole number from 0, or the designs are not (n, D), or not
                finite where they are kept.
        """
        step = whole("Run.keep", "step", step, 0)
        x = as_float64("Run.keep: x", x).detach()
        n, d = self.designs, self.width
        if x.ndim != 2 or len(x) != (n or len(x)) or x.shape[1] != (d or x.shape[1]):
            raise InputError(
                f"Run.keep: x must be (n, D) with n = {n or 'any'}, the designs that the run "
                f"proposes, and D = {d or 'any'}, got {tuple(x.shape)}. Keep all, in the Result's "
                "order."
            )
        if self.trajectory_every and step % self.trajectory_every == 0:
            check_finite(f"Run.keep: step {step}: x", x, "Designs that are kept are scored later.")
            folder = self.path / TRAJECTORY
            folder.mkdir(exist_ok=True)
            write_sealed_npy(folder / f"step-{step:06d}.npy", x.cpu().numpy())

    def progress(self, total: int, what: str, done: int = 0) -> AbstractContextManager[Any]:
        """See :meth:`Run.progress`."""
        if self._step is None:  # what came before, a solve above all, is no part of the first step
            self._last = time.perf_counter()
        return tqdm(
            total=total,
            desc=what,
            initial=done,
            disable=not self.bars,
            mininterval=0.1 if sys.stderr.isatty() else 10.0,
        )

    def board(self, purge: int | None = None) -> EventFile:
        """The TensorBoard file of this process.

        Args:
            purge: the step that is written next; what an earlier process wrote of it and of later
                ones is forgotten.
        """
        if self._board is None:
            self._board = EventFile(self.path, purge)
        return self._board

    def close(self) -> None:
        """Closes what is open."""
        self.history.close()
        if self._board is not None:
            self._board.close()


def _number(name: str, value: Any) -> float:
    """What is logged, as Python's number; NaN is one.

    Raises:
        InputError: it is something else.
    """
    item = item_of(value)
    if isinstance(item, bool) or not isinstance(item, int | float):
        raise InputError(f"Run.log: {name} must be a number, got {told(value)}.")
    return item
