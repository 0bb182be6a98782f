"""BDI as a LightningModule whose one parameter is X_h."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator
from typing import Any

import lightning
import torch
from torch import Tensor, nn

from .kernel import Kernel, check_designs
from .kernels.errors import InputError, TorchBDIError
from .ntk import NTK
from .objective import backward_loss, forward_loss
from .ridge import RidgeFit, check_options, check_table, fit_ridge, ridge_to_add


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


class BDI(lightning.LightningModule):
    """Bidirectional learning for offline infinite-width model-based optimisation.

    Two kernel ridge regressions predict each other: the data's model should give the designs X_h
    the target score (forward, Eq. 12), and the model of the designs with that score should give
    the data their scores (backward, Eq. 11). Only X_h learns, by Adam (Eq. 14).

    Fit it with ``lightning.Trainer(max_steps=200).fit(model)``, or call :meth:`loss` in a loop of
    your own. Everything is float64.

    Args:
        x_l: designs of the data, (N, D), standardised.
        y_l: scores of the data, (N,), standardised.
        x_h: starts, (B, M, D) for B independent groups of M designs, or (M, D) for one group.
        kernel: a torchbdi kernel; None means NTK(depth=6).
        target: y_h, the score the designs are to reach, in standardised units.
        alpha: w_l = sqrt(softmax(alpha y_l)); 1e-3 (continuous) or 0 (discrete) in the paper.
        ridge: beta.
        ridge_scale: "trace" (ridge * trace(K)/N, the authors' code) or "absolute" (the paper).
        forward_weight: weight of the forward loss; 0 leaves it, and the large solve, out.
        backward_weight: weight of the backward loss; 0 leaves it out.
        lr: Adam's learning rate; 1e-3 (continuous) or 1e-1 (discrete) in the paper.
        coefficients: (K_ll + ridge I)^-1 y_l, (N,), or the RidgeFit that holds it; None fits at
            the first forward loss.

    Attributes:
        x_h: the designs, an nn.Parameter of the shape given.

    Raises:
        InputError: a shape, dtype or value is wrong.
    """

    x_l: Tensor
    y_l: Tensor
    weights: Tensor
    x_h_start: Tensor
    coefficients: Tensor | None

    def __init__(
        self,
        x_l: Tensor,
        y_l: Tensor,
        x_h: Tensor,
        *,
        kernel: Kernel | None = None,
        target: float = 10.0,
        alpha: float = 0.0,
        ridge: float = 1e-6,
        ridge_scale: str = "trace",
        forward_weight: float = 1.0,
        backward_weight: float = 1.0,
        lr: float = 1e-3,
        coefficients: Tensor | RidgeFit | None = None,
    ):
        super().__init__()
        check_options(ridge, ridge_scale)
        for name, value in (("target", target), ("alpha", alpha)):
            if not math.isfinite(value):
                raise InputError(f"BDI: {name} must be finite, got {value!r}.")
        for name, value in (
            ("forward_weight", forward_weight),
            ("backward_weight", backward_weight),
            ("lr", lr),
        ):
            if not (math.isfinite(value) and value >= 0):
                raise InputError(f"BDI: {name} must be finite and >= 0, got {value!r}.")
        if forward_weight == 0 and backward_weight == 0:
            raise InputError(
                "BDI: forward_weight and backward_weight are both 0: nothing to learn."
            )
        if kernel is not None and not isinstance(kernel, Kernel):
            raise InputError(f"BDI: kernel must be a torchbdi kernel, got {type(kernel).__name__}.")
        x_l, y_l = check_table(x_l, y_l)
        if y_l.ndim != 1:
            raise InputError(
                f"BDI: y_l must have shape (N,), got {tuple(y_l.shape)}. Use y_l.squeeze(-1)."
            )
        x_h = torch.as_tensor(x_h).double().to(x_l.device)
        check_designs("x_h", x_h)
        if x_h.ndim not in (2, 3) or x_h.shape[-1] != x_l.shape[-1] or x_h.numel() == 0:
            raise InputError(
                f"BDI: x_h must have shape (B, M, D) or (M, D) with D = {x_l.shape[-1]} as x_l, "
                f"got {tuple(x_h.shape)}."
            )
        self.kernel = NTK() if kernel is None else kernel
        self.save_hyperparameters(ignore=["x_l", "y_l", "x_h", "kernel", "coefficients"])
        self.x_h = nn.Parameter(x_h.detach().clone())
        self.register_buffer("x_h_start", x_h.detach().clone())
        # Not in the checkpoint: it holds a hash of the data, not the data.
        self.register_buffer("x_l", x_l, persistent=False)
        self.register_buffer("y_l", y_l, persistent=False)
        self.register_buffer("weights", torch.softmax(alpha * y_l, 0), persistent=False)
        if isinstance(coefficients, RidgeFit):
            coefficients = coefficients.coefficients
        if coefficients is not None:
            coefficients = torch.as_tensor(coefficients).to(y_l).detach()
            if coefficients.shape != y_l.shape or not torch.isfinite(coefficients).all():
                raise InputError(
                    f"BDI: coefficients must be finite with the shape of y_l {tuple(y_l.shape)}, "
                    f"got {tuple(coefficients.shape)}."
                )
        self.register_buffer("coefficients", coefficients, persistent=False)
        self._step_start = 0.0

    def loss(self) -> dict[str, Tensor]:
        """The losses of every group at the present X_h.

        Returns:
            total = (forward_weight * forward + backward_weight * backward) / 2 (Eq. 14), forward
            (Eq. 12) and backward (Eq. 11), both unweighted and 0 where their weight is 0; each
            (B,), or a scalar where x_h is (M, D).
        """
        return self._evaluate()[0]

    def _evaluate(self) -> tuple[dict[str, Tensor], Tensor | None]:
        h = self.hparams
        m, n, d = self.x_h.shape[-2], *self.x_l.shape
        batch = self.x_h.shape[:-2]
        k_hl = self.kernel.gram(self.x_h.reshape(-1, d), self.x_l)
        y_h = torch.full_like(self.x_h[..., 0], h["target"])
        forward = backward = self.x_h.new_zeros(batch)
        prediction = None
        if h["forward_weight"]:
            prediction = (k_hl @ self._fitted()).reshape(*batch, m)
            forward = forward_loss(prediction, y_h)
        if h["backward_weight"]:
            k_hh = self.kernel.gram(self.x_h, None)
            ridge = ridge_to_add(self.kernel.diagonal(self.x_h), h["ridge"], h["ridge_scale"])
            k_hl = k_hl.reshape(*batch, m, n)
            backward = backward_loss(k_hl, k_hh, self.y_l, y_h, self.weights, ridge)
        total = (h["forward_weight"] * forward + h["backward_weight"] * backward) / 2
        return {"total": total, "forward": forward, "backward": backward}, prediction

    def _fitted(self) -> Tensor:
        if self.coefficients is None:
            h = self.hparams
            fit = fit_ridge(self.kernel, self.x_l, self.y_l, h["ridge"], h["ridge_scale"])
            self.coefficients = fit.coefficients
        return self.coefficients

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """One step of Adam on all groups; logs means over groups."""
        losses, prediction = self._evaluate()
        total = losses["total"]
        if not torch.isfinite(total).all():
            bad = (~torch.isfinite(total)).nonzero().flatten().tolist()
            raise TorchBDIError(
                f"BDI: the loss is not finite at step {self.global_step} in groups {bad[:8]}. "
                "Lower lr, or look at the starts x_h of those groups."
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
        """As many empty batches as the trainer has steps (200, the paper's T, if it names none)."""
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
        """SHA-256 of (x_l, y_l), 64 hexadecimal digits."""
        digest = hashlib.sha256()
        for tensor in (self.x_l, self.y_l):
            digest.update(str(tuple(tensor.shape)).encode())
            digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()

    def _identity(self) -> dict[str, str]:
        return {
            "data": self.data_hash(),
            "kernel": repr(self.kernel),
            **{name: repr(value) for name, value in self.hparams.items()},
        }

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds what this run is, so that a checkpoint of another run is refused."""
        coefficients = None if self.coefficients is None else self.coefficients.cpu()
        checkpoint["torchbdi"] = {"identity": self._identity(), "coefficients": coefficients}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuses a checkpoint of another run.

        Raises:
            InputError: names what differs.
        """
        saved = checkpoint.get("torchbdi", {}).get("identity", {})
        here = self._identity()
        different = sorted(k for k in here if saved.get(k) != here[k])
        if different:
            raise InputError(
                f"the checkpoint belongs to another run: {', '.join(different)} differ(s). Resume "
                "with the same data and settings, or start a new run."
            )
        coefficients = checkpoint["torchbdi"]["coefficients"]
        if self.coefficients is None and coefficients is not None:
            self.coefficients = coefficients.to(self.x_l)
