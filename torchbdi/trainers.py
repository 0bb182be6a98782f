"""Trainers that would give back the starts: without steps, or with averages that hold none."""

from __future__ import annotations

import math
from typing import Any

import lightning
from lightning.pytorch import callbacks

from .kernels.errors import InputError

_WEIGHT_AVERAGING: Any = getattr(callbacks, "WeightAveraging", ())  # Lightning 2.5 has none


def check_left(owner: str, trainer: lightning.Trainer) -> None:
    """Refuses a Trainer that has made its steps: another fit by it would make none, and say so.

    Args:
        owner: the class that it is to fit.
        trainer: at the start of a fit.

    Raises:
        InputError: no step or epoch is left, and no checkpoint says where the fit goes on.
    """
    if getattr(trainer, "ckpt_path", None) is not None:
        return
    for name, most, done in (
        ("max_steps", trainer.max_steps, trainer.global_step),
        ("max_epochs", trainer.max_epochs, trainer.current_epoch),
    ):
        if most is not None and 0 < most <= done:
            raise InputError(
                f"{owner}: this Trainer has gone through its {name}={most} already, and counts on: "
                "x_h would stay as it is. Make a new Trainer for every fit."
            )


def check_averages(owner: str, trainer: lightning.Trainer) -> None:
    """Refuses callbacks that would give back the starts, or round the table.

    Args:
        owner: the class whose designs are averaged.
        trainer: at the start of its training.

    Raises:
        InputError: names the callback and what to ask for.
    """
    per_epoch = _whole(trainer.num_training_batches / trainer.accumulate_grad_batches)
    # That of fast_dev_run looks for errors in a few batches: nobody takes its designs.
    trial = bool(trainer.fast_dev_run)  # type: ignore[attr-defined]
    steps = math.inf if trial or trainer.max_steps == -1 else trainer.max_steps
    wanted = math.inf if trial or trainer.max_epochs in (None, -1) else trainer.max_epochs
    epochs = min(wanted, math.inf if steps == math.inf else _whole(steps / per_epoch))
    for callback in getattr(trainer, "callbacks", ()):
        if isinstance(callback, callbacks.StochasticWeightAveraging):
            _check_by_epochs(owner, callback, epochs, wanted)
        elif isinstance(callback, _WEIGHT_AVERAGING):
            _check_by_steps(owner, callback, min(steps, epochs * per_epoch), epochs)


def _whole(count: float) -> float:
    """The next whole number from 1; inf, as for a loader without a length, as it is."""
    return count if count == math.inf else max(1, math.ceil(count))


def _check_by_epochs(owner: str, callback: Any, epochs: float, wanted: float) -> None:
    """It averages what stands at the beginning of each epoch, and gives that back after the last.

    Args:
        owner: as above.
        callback: a StochasticWeightAveraging.
        epochs: that the trainer goes through.
        wanted: that it was asked for, which the callback waits for.
    """
    first = callback.swa_start  # counted from 0; the starts stand at the beginning of epoch 0
    if epochs < wanted < math.inf:
        told = f"max_steps ends this Trainer before its {wanted} epochs: there would be no average"
    elif epochs <= max(first, 1):
        told = f"this Trainer has {epochs}: x_h would be the starts in the end"
    else:
        return
    raise InputError(
        f"{owner}: StochasticWeightAveraging averages the designs at the beginning of each epoch "
        f"from epoch {first + 1} on, and {told}. Ask for several epochs and no max_steps, as "
        "max_epochs=10 with limit_train_batches=20 for 20 steps each, or take "
        "WeightAveraging(use_buffers=False), which averages after every step."
    )


def _check_by_steps(owner: str, callback: Any, steps: float, epochs: float) -> None:
    """It averages when its own ``should_update`` says so; a table's rows are buffers.

    Args:
        owner: as above.
        callback: a WeightAveraging.
        steps: that the trainer makes.
        epochs: that it goes through.
    """
    name = type(callback).__name__
    if getattr(callback, "_use_buffers", False):
        raise InputError(
            f"{owner}: {name} averages buffers, too, and these hold the table, whose last digits "
            f"it would change. Pass {name}(use_buffers=False): only x_h learns."
        )
    if steps == math.inf or any(callback.should_update(step_idx=i) for i in range(int(steps))):
        return
    if epochs == math.inf or any(callback.should_update(epoch_idx=i) for i in range(int(epochs))):
        return
    raise InputError(
        f"{owner}: {name} takes none of the {steps} steps of this Trainer into its average: x_h "
        "would be the starts in the end. Let it begin earlier, or ask for more steps."
    )
