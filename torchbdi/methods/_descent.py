"""Runs a module that learns designs by Lightning's Trainer: logs, states, Ctrl-C."""

from __future__ import annotations

import logging
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import lightning
import torch
from lightning.pytorch.utilities.exceptions import SIGTERMException
from torch import Tensor

from ..kernels.errors import InputError, TorchBDIError
from ..module import DesignModule
from ..shared import Together, draws_forgotten, warnings_handled
from ..state import StateIO, newest_checkpoint
from ._designs import in_order
from .base import Progress, Run

_OWN_CLOCK = "seconds/step"  # two runs of one seed differ in it, so it is no part of their log
_LOGGER = logging.getLogger("lightning.pytorch")


def descend(
    module: DesignModule, steps: int, run: Run, revision: int
) -> tuple[Tensor, Tensor | None, dict[str, float | str]]:
    """Trains a module for a number of steps, from its state where the run has one.

    Args:
        module: learns ``x_h``; it is moved to the run's device.
        steps: how many in all.
        run: is told of every step, and keeps the state in ``last.ckpt`` of its folder.
        revision: of the method.

    Returns:
        The designs (n, D) and what the forward mapping predicts of them (n,), None where it is left
        out, both in the order of their starts, on the CPU; and facts, the loss of the last step and
        what it is the loss of.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM, after the step and once the state is written; where
            the trainer hears SIGTERM between two steps, after that of the state before.
        InputError: the state is that of another run, or of another revision.
        TorchBDIError: the loss is not finite.
    """
    path = None if run.folder is None else run.folder / "last.ckpt"
    found = None if path is None else newest_checkpoint(path)
    done = 0 if found is None else int(found["global_step"])
    cuda = run.device.type == "cuda"
    fork = [run.device] if cuda else []
    with (
        run.progress(steps, "steps", done) as bar,
        _quiet(),
        _caught_signals() as caught,
        draws_forgotten(fork),
    ):
        reporter = _Reporter(run, path, bar, caught, done, revision)
        trainer = lightning.Trainer(
            accelerator=run.device.type,
            devices=[run.device.index or 0] if cuda else 1,
            max_steps=steps,
            max_epochs=-1,
            min_epochs=0,
            log_every_n_steps=1,
            logger=False,
            callbacks=[reporter],
            plugins=[StateIO(say=lambda text: None)],  # newest_checkpoint has said it above
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=False,
        )
        with suppress(SIGTERMException):  # what the trainer, which hears the signal too, ends by
            trainer.fit(module, ckpt_path=None if found is None else path, weights_only=True)
    if caught:
        last = trainer.global_step if path is None else reporter.saved
        raise KeyboardInterrupt(f"after step {last} of {steps}")
    if trainer.global_step != steps:
        raise TorchBDIError(f"the trainer ran {trainer.global_step} steps instead of {steps}.")
    with torch.no_grad():
        _, predicted = module.evaluate()
    told = None if predicted is None else in_order(predicted).cpu()
    # Not that of the letters and levels to which the designs are rounded.
    loss: dict[str, float | str] = {"loss_total": reporter.last["loss/total"]}
    return in_order(module.x_h).cpu(), told, {**loss, "loss_of": "designs as they learn"}


class _Reporter(lightning.Callback):
    """Tells a run of every step, writes the state, and stops the trainer after a signal.

    The log and the designs of a step are with the run before its state is written, so that a
    state is never ahead of them.
    """

    def __init__(
        self,
        run: Run,
        path: Path | None,
        bar: Progress,
        caught: list[int],
        saved: int,
        revision: int,
    ) -> None:
        self.run, self.path, self.bar, self.caught, self.saved = run, path, bar, caught, saved
        self.revision = revision
        self.last: dict[str, float] = {}

    def on_train_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Keeps the starts."""
        if trainer.global_step == 0:
            self.run.keep(0, in_order(_designs(module)))

    def on_train_batch_end(
        self, trainer: lightning.Trainer, module: lightning.LightningModule, *_: Any
    ) -> None:
        """Tells what was logged and where the designs are; saves when it is time."""
        step, logged = trainer.global_step, trainer.callback_metrics
        self.last = {name: float(v) for name, v in logged.items() if name != _OWN_CLOCK}
        self.run.log(step, **self.last)
        self.run.keep(step, in_order(_designs(module)))
        self.bar.update()
        if self.path is not None and (self.caught or step % self.run.checkpoint_every == 0):
            trainer.save_checkpoint(self.path)
            self.saved = step
        if self.caught:
            trainer.should_stop = True

    def state_dict(self) -> dict[str, Any]:
        """The last log, which a run that is resumed after its last step has nowhere else."""
        return {"last": self.last, "revision": self.revision}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes the last log of a state.

        Raises:
            InputError: the state is of another revision of the method.
        """
        before = state.get("revision", self.revision)  # older states do not say
        if before != self.revision:
            raise InputError(
                f"{self.path} is the state of revision {before} of the method, and this is "
                f"{self.revision}, which gives other numbers. Take another folder, or remove it."
            )
        self.last = dict(state["last"])


def _designs(module: lightning.LightningModule) -> Tensor:
    x_h = module.x_h
    assert isinstance(x_h, Tensor)
    return x_h


@contextmanager
def _caught_signals() -> Iterator[list[int]]:
    """The signals to stop that have come, where this is the main thread; they do nothing else."""
    caught: list[int] = []
    before: dict[int, Any] = {}

    def catch(number: int, frame: FrameType | None) -> None:
        caught.append(number)

    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is None:  # a host that Python is part of, such as R, has it
                continue  # and it could not be given back
            try:
                before[number] = signal.signal(number, catch)
            except ValueError:  # another thread: nobody presses Ctrl-C here
                break
        yield caught
    finally:
        for taken, handler in before.items():
            signal.signal(taken, handler)


def _keep_level() -> Callable[[], object]:
    before = _LOGGER.level
    return lambda: _LOGGER.setLevel(before)


_LEVEL = Together(_keep_level)


def _only_errors() -> None:
    _LOGGER.setLevel(logging.ERROR)


def _ignore() -> None:
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    warnings.filterwarnings("ignore", message=".*LeafSpec.* is deprecated")
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="torch")


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what Lightning says of processors and loaders."""
    with _LEVEL(_only_errors), warnings_handled(_ignore):
        yield
