"""What every method that learns X_h by Adam shares: its checks, steps, logs and checkpoints."""

from __future__ import annotations

import inspect
import time
import types
import warnings
from collections.abc import Callable
from typing import Any, ClassVar, Self

import lightning
import numpy as np
import torch
from torch import Tensor, nn

from .adam import adam
from .arguments import checked_arguments
from .identity import check_run, class_of_runs, shown_anyhow, table_hash
from .inputs import check_plain, ordinary_mode
from .kernels.errors import InputError, TorchBDIError
from .kernels.untraced import untraced
from .objective import data_weights, total_loss
from .revision import REVISION
from .settled import Settled
from .steps import Steps
from .trainers import check_averages, check_left
from .unchanged import Unchanged


class DesignModule(lightning.LightningModule):
    """A LightningModule that learns designs X_h from a table (X_l, y_l).

    A subclass calls :meth:`keep_settings` and writes :meth:`evaluate`; it may add to
    :meth:`identity`. The arguments are those that all methods share (see :class:`torchbdi.BDI`).

    Attributes:
        EPOCH_STEPS: steps of an epoch where the trainer has no ``max_steps``; the paper's T.
        x_h: the designs, an nn.Parameter of the shape given.

    Raises:
        InputError: a shape, dtype or value is wrong.
    """

    EPOCH_STEPS: ClassVar[int] = 200
    x_l: Tensor
    y_l: Tensor
    squared_weights: Tensor
    x_h_start: Tensor

    def __init__(
        self,
        x_l: Tensor,
        y_l: Tensor,
        x_h: Tensor,
        *,
        target: float,
        alpha: float,
        forward_weight: float,
        backward_weight: float,
        lr: float | Tensor,
        bounds: Tensor | None = None,
    ):
        super().__init__()
        with ordinary_mode():  # what is made here is learnt, or saved for a gradient
            x_l, y_l, x_h, self._kept = checked_arguments(
                type(self).__name__,
                x_l,
                y_l,
                x_h,
                target=target,
                alpha=alpha,
                forward_weight=forward_weight,
                backward_weight=backward_weight,
                lr=lr,
                bounds=bounds,
            )
            self.x_h = nn.Parameter(x_h.clone())
            self.register_buffer("x_h_start", x_h.clone())
            # Not in the checkpoint: it holds a hash of the data, not the data.
            self.register_buffer("x_l", x_l, persistent=False)
            self.register_buffer("y_l", y_l, persistent=False)
            weights = data_weights(y_l, self._kept["alpha"])
            self.register_buffer("squared_weights", weights, persistent=False)
            self._unchanged = Unchanged(x_l=x_l, y_l=y_l)
        self._settled = Settled()
        self._step_start, self._backwards = 0.0, 0
        self._data_hash: str | None = None

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Takes a copy, or a pickle; one from before settings were kept as these are, too."""
        super().__setstate__(state)
        if not isinstance(vars(self).get("_settled"), Settled):
            self._settled = Settled()

    def keep_settings(self, ignore: list[str], **checked: Any) -> None:
        """Makes the arguments of the calling constructor ``hparams``, as checkpoints hold them.

        Args:
            ignore: arguments that are data or modules.
            checked: the values of a subclass's own arguments behind the door.
        """
        ignore = ["x_l", "y_l", "x_h", *ignore]
        self.save_hyperparameters(ignore=ignore, frame=_caller(), logger=False)
        known = {**self._kept, **checked}
        if known["bounds"] is None:  # as in a checkpoint from before there were bounds
            known.pop("bounds")
            self.hparams.pop("bounds", None)
        self.hparams.update(known)
        for key, value in self.hparams.items():  # numpy's numbers cannot be read again safely
            if isinstance(value, np.generic):
                self.hparams[key] = value.item()

    def designs(self) -> Tensor:
        """X_h, checked: torch allows a parameter to be exchanged for anything.

        Raises:
            InputError: X_h is not float64, has another D, or is inside a transform of torch.func;
                or the table was changed.
        """
        name = type(self).__name__
        check_plain("x_h", self.x_h)
        self._unchanged.check(name, x_l=self.x_l, y_l=self.y_l)
        if self.x_h.dtype != torch.float64:
            raise InputError(
                f"{name} works in float64, but x_h is {self.x_h.dtype}. Leave its dtype alone, and "
                'ask a Trainer for precision="64-true" or none.'
            )
        if self.x_h.ndim < 2 or self.x_h.shape[-1] != self.x_l.shape[-1]:
            raise InputError(
                f"{name}: x_h is {tuple(self.x_h.shape)} now, and x_l has D = "
                f"{self.x_l.shape[-1]}. Designs may be exchanged for others of the same features."
            )
        return self.x_h

    @untraced
    def loss(self) -> dict[str, Tensor]:
        """The losses of every group at the present X_h.

        Returns:
            total = (forward_weight * forward + backward_weight * backward) / 2 (Eq. 14), forward
            and backward, both unweighted and 0 where their weight is 0; each (B,), or a scalar
            where x_h is (M, D).
        """
        return self.evaluate()[0]

    def evaluate(self) -> tuple[dict[str, Tensor], Tensor | None]:
        """What :meth:`loss` returns, and what the forward mapping predicts for X_h.

        Returns:
            The losses; and predictions (..., M), or None where the forward mapping is left out.
        """
        raise NotImplementedError

    def identity(self) -> dict[str, str]:
        """What a run is; a checkpoint with another identity is refused."""
        return {
            "data": self.data_hash(),
            **{name: shown_anyhow(name, value) for name, value in self.hparams.items()},
        }

    def combine(self, forward: Tensor, backward: Tensor) -> dict[str, Tensor]:
        """Both losses and total = (forward_weight * forward + backward_weight * backward) / 2."""
        h = self.hparams
        total = total_loss(forward, backward, h["forward_weight"], h["backward_weight"])
        return {"total": total, "forward": forward, "backward": backward}

    @untraced
    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """One step of Adam on all groups; logs means over groups."""
        losses, prediction = self.evaluate()
        total = losses["total"]
        if not torch.isfinite(total).all():
            bad = (~torch.isfinite(total)).nonzero().flatten().tolist()
            raise TorchBDIError(
                f"{type(self).__name__}: the loss is not finite at step {self.global_step} in "
                f"groups {bad[:8]}. Lower lr, or look at the starts x_h of those groups."
            )
        for name, value in losses.items():
            self.log(f"loss/{name}", value.mean(), prog_bar=True)
        if prediction is not None:
            self.log("prediction/mean", prediction.mean())
            self.log("prediction/max", prediction.max())
        moved = torch.linalg.vector_norm(self.x_h.detach() - self.x_h_start, dim=-1)
        self.log("distance/x_h", moved.mean())
        return total.sum()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam on X_h, which keeps it within the bounds."""
        return adam(self.x_h, self.hparams["lr"], self.hparams.get("bounds"))

    def train_dataloader(self) -> Steps:
        """As many empty batches as the trainer has steps.

        An epoch of :attr:`EPOCH_STEPS` where it has no ``max_steps``: its ``max_epochs``, which
        Lightning sets to 1,000 by itself, then says how often they are gone through.
        """
        most = int(self.trainer.max_steps)
        return Steps(most if most > 0 else self.EPOCH_STEPS)

    def on_fit_start(self) -> None:
        """Refuses a trainer that has no steps left.

        Raises:
            InputError: says what to do.
        """
        check_left(type(self).__name__, self.trainer)

    def on_train_start(self) -> None:
        """Forgets the batches of a fit that was stopped in the middle of a step.

        Raises:
            InputError: a callback would give back the starts, or change the table; or what
                searches for a rate has put one in the place of the features' rates.
        """
        self._backwards = 0
        name = type(self).__name__
        check_averages(name, self.trainer)
        if isinstance(self._kept["lr"], Tensor) and not isinstance(self.hparams["lr"], Tensor):
            found = self.hparams["lr"]
            raise InputError(
                f"{name}: lr was one rate for each feature, and is {found} now: what "
                "searches for a rate varies a factor of them. Look for one with lr_find(..., "
                f"update_attr=False), and make a new {name} with lr times that factor."
            )

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Starts the clock of the step."""
        self._step_start = time.perf_counter()

    def on_after_backward(self) -> None:
        """Counts the batches that make one step."""
        self._backwards += 1

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Logs the L2 norm of the gradient of X_h, a mean over the batches that it is made of.

        Every batch is the whole problem. A Trainer that accumulates divides each by the number that
        it waits for, and does not get as many where an epoch ends before.
        """
        assert self.x_h.grad is not None
        wanted = self.trainer.accumulate_grad_batches
        if self.automatic_optimization and 0 < self._backwards < wanted:
            self.x_h.grad.mul_(wanted / self._backwards)
        self._backwards = 0
        self.log("grad_norm/x_h", torch.linalg.vector_norm(self.x_h.grad))

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Logs the seconds the step took."""
        self.log("seconds/step", time.perf_counter() - self._step_start)

    def data_hash(self) -> str:
        """SHA-256 of (x_l, y_l), 64 hexadecimal digits; the data does not change."""
        if self._data_hash is None:
            self._data_hash = table_hash(self.x_l, self.y_l)
        return self._data_hash

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Moves to a device; dtypes stay, whatever ``.float()`` or a Trainer's precision asks for.

        A rounded design, score or coefficient would be another problem's.
        """

        def move(x: Tensor) -> Tensor:
            moved = fn(x)
            return moved if moved.dtype == x.dtype else x.to(moved.device)

        return super()._apply(move, recurse)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds what this run is, so that a checkpoint of another run is refused."""
        try:
            identity: dict[str, str] | None = self.identity()
        except InputError as error:
            warnings.warn(f"{error} No run can go on from this checkpoint.", stacklevel=2)
            identity = None
        own = {"class": class_of_runs(type(self)), "revision": REVISION}
        checkpoint["torchbdi"] = {"identity": identity, **own}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuses a checkpoint of another run, or of a torchbdi that gives other numbers.

        Raises:
            InputError: names what differs.
        """
        name, saved = type(self).__name__, checkpoint.get("torchbdi", {})
        # One from before these were kept does not say of which ones it is.
        of, revision = saved.get("class", name), saved.get("revision", REVISION)
        if of not in (name, class_of_runs(type(self))):
            raise InputError(f"the checkpoint is one of {of}, not of {name}. Start a new run.")
        check_run(name, saved.get("identity"), self.identity())
        if revision != REVISION:
            raise InputError(
                f"the checkpoint is of revision {revision} of torchbdi, and this is "
                f"{REVISION}, which gives other numbers. Start a new run."
            )
        shape = checkpoint["state_dict"]["x_h"].shape
        if shape != self.x_h.shape:
            raise InputError(
                f"the checkpoint belongs to another run: its x_h is {tuple(shape)}, that of this "
                f"{name} {tuple(self.x_h.shape)}. Resume with as many designs."
            )


def _caller() -> types.FrameType:
    """The frame of the constructor that called :meth:`DesignModule.keep_settings`."""
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    assert frame.f_back.f_back is not None
    return frame.f_back.f_back
