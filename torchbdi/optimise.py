"""What every method that learns X_h by Adam shares: its checks, steps, logs and checkpoints."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator
from typing import Any

import lightning
import torch
from torch import Tensor, nn

from .kernel import check_designs
from .kernels.errors import InputError, TorchBDIError
from .ridge import check_table


class Steps:
    """A loader of ``total`` empty batches, so that T steps are one epoch. It keeps its place."""

    def __init__(self, total: int):
        self.total, self.done = total, 0

    def __len__(self) -> int:
        return self.total

    def __iter__(self) -> Iterator[int]:
        for step in range(self.done, self.total):
            self.done = step + 1
            yield step
        self.done = 0

    def state_dict(self) -> dict[str, int]:
        """Where the loader stands."""
        return {"done": self.done}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Goes back to where a loader stood."""
        self.done = state["done"]


class DesignModule(lightning.LightningModule):
    """A LightningModule that learns designs X_h from a table (X_l, y_l).

    A subclass calls ``save_hyperparameters`` and writes :meth:`evaluate`; it may add to
    :meth:`identity`. The arguments are those that all methods share (see :class:`torchbdi.BDI`).

    Attributes:
        x_h: the designs, an nn.Parameter of the shape given.

    Raises:
        InputError: a shape, dtype or value is wrong.
    """

    x_l: Tensor
    y_l: Tensor
    weights: Tensor
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
        lr: float,
    ):
        super().__init__()
        name = type(self).__name__
        for key, value in (("target", target), ("alpha", alpha)):
            if not math.isfinite(value):
                raise InputError(f"{name}: {key} must be finite, got {value!r}.")
        for key, value in (
            ("forward_weight", forward_weight),
            ("backward_weight", backward_weight),
            ("lr", lr),
        ):
            if not (math.isfinite(value) and value >= 0):
                raise InputError(f"{name}: {key} must be finite and >= 0, got {value!r}.")
        if forward_weight == 0 and backward_weight == 0:
            raise InputError(
                f"{name}: forward_weight and backward_weight are both 0: nothing to learn."
            )
        x_l, y_l = check_table(x_l, y_l)
        if y_l.ndim != 1:
            raise InputError(
                f"{name}: y_l must have shape (N,), got {tuple(y_l.shape)}. Use y_l.squeeze(-1)."
            )
        x_h = torch.as_tensor(x_h).double().to(x_l.device)
        check_designs("x_h", x_h)
        if x_h.ndim not in (2, 3) or x_h.shape[-1] != x_l.shape[-1] or x_h.numel() == 0:
            raise InputError(
                f"{name}: x_h must have shape (B, M, D) or (M, D) with D = {x_l.shape[-1]} as "
                f"x_l, got {tuple(x_h.shape)}."
            )
        self.x_h = nn.Parameter(x_h.detach().clone())
        self.register_buffer("x_h_start", x_h.detach().clone())
        # Not in the checkpoint: it holds a hash of the data, not the data.
        self.register_buffer("x_l", x_l, persistent=False)
        self.register_buffer("y_l", y_l, persistent=False)
        self.register_buffer("weights", torch.softmax(alpha * y_l, 0), persistent=False)
        self._step_start = 0.0
        self._data_hash: str | None = None

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
            **{name: repr(value) for name, value in self.hparams.items()},
        }

    def combine(self, forward: Tensor, backward: Tensor) -> dict[str, Tensor]:
        """Both losses and total = (forward_weight * forward + backward_weight * backward) / 2."""
        h = self.hparams
        total = (h["forward_weight"] * forward + h["backward_weight"] * backward) / 2
        return {"total": total, "forward": forward, "backward": backward}

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
        """Adam on X_h."""
        return torch.optim.Adam([self.x_h], lr=self.hparams["lr"])

    def train_dataloader(self) -> Steps:
        """As many empty batches as the trainer has steps.

        An epoch of 200, the paper's T, where it has no ``max_steps``: its ``max_epochs``, which
        Lightning sets to 1,000 by itself, then says how often they are gone through.
        """
        return Steps(self.trainer.max_steps if self.trainer.max_steps > 0 else 200)

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Starts the clock of the step."""
        self._step_start = time.perf_counter()

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Logs the L2 norm of the gradient of X_h."""
        assert self.x_h.grad is not None
        self.log("grad_norm/x_h", torch.linalg.vector_norm(self.x_h.grad))

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Logs the seconds the step took."""
        self.log("seconds/step", time.perf_counter() - self._step_start)

    def data_hash(self) -> str:
        """SHA-256 of (x_l, y_l), 64 hexadecimal digits; the data does not change."""
        if self._data_hash is None:
            self._data_hash = self._hash_data()
        return self._data_hash

    def _hash_data(self) -> str:
        digest = hashlib.sha256()
        for tensor in (self.x_l, self.y_l):
            digest.update(str(tuple(tensor.shape)).encode())
            digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds what this run is, so that a checkpoint of another run is refused."""
        checkpoint["torchbdi"] = {"identity": self.identity()}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuses a checkpoint of another run.

        Raises:
            InputError: names what differs.
        """
        saved = checkpoint.get("torchbdi", {}).get("identity", {})
        here = self.identity()
        different = sorted(k for k in here if saved.get(k) != here[k])
        if different:
            raise InputError(
                f"the checkpoint belongs to another run: {', '.join(different)} differ(s). Resume "
                "with the same data and settings, or start a new run."
            )
