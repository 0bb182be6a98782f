"""NTK2NN: bidirectional learning with networks of finite width (the paper's ablation)."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor, nn

from .brought import copied, held_still, try_on
from .inputs import ordinary_mode
from .kernels.errors import InputError
from .kernels.memory import require
from .kernels.untraced import untraced
from .module import DesignModule
from .network import GAINS, MLP, Parametrisation, fit_network, seeded, squared_error
from .objective import forward_loss
from .unrolled import linearise, loss_after_step, tangent_diagonal
from .values import choice, instance, number, told, whole

# What a seed is used for; each use has a generator of its own.
_THETA, _FORWARD_START, _FORWARD_ORDER, _ROWS = range(4)
_FORWARD_NET = "FiniteBDI: forward_net"
# By what theta and the weights are made, and by what the forward network is trained.
_OF_THETA = ("width", "depth", "parametrisation", "eta", "alpha", "seed", "dtype")
_OF_TRAINING = ("net_epochs", "net_batch", "net_lr")


class FiniteBDI(DesignModule):
    """Bidirectional learning with ReLU networks in place of kernel ridge regressions.

    Forward (Eq. 4 and 5): a network trained on the table should give the designs the target score.
    Backward (Eq. 6 and 9): the network
    theta*(X_h) = theta - (eta/M) d||y_h - f_theta(X_h)||^2 / d theta, one gradient step from a
    fixed random theta, should give the data their scores; the gradient goes through the step. Only
    X_h learns, by Adam.

    X_h and the losses are float64, as in :class:`torchbdi.BDI`; the networks compute in ``dtype``.
    The networks have no biases, as the infinitely wide one has none. There are no second
    derivatives of the backward loss.

    Args:
        x_l: designs of the data, (N, D), standardised.
        y_l: scores of the data, (N,), standardised.
        x_h: starts, (B, M, D) for B independent groups of M designs, or (M, D) for one group.
        width: hidden units a layer (the paper's 2048).
        depth: number of dense layers.
        parametrisation: of theta: "standard" (He initialisation) or "ntk", where for growing
            width f(X_l; theta*) - f(X_l; theta) goes to (2 eta/M) K_lh (y_h - f(X_h; theta)) with
            K = NTK(depth). The forward network is always in the standard one.
        eta: rate of the step of Eq. 9; None means 1/(2 mean k(x, x)) over the starts, k the
            tangent kernel of theta: for M = 1 the rate that brings the linearised network to the
            target, for M > 1 one that overshoots in no direction (both on average over starts).
        rows_per_step: at most this many rows of the table, drawn anew for each step, for the
            backward loss, their weights w_l^2 made to sum to 1; None means all.
        forward_net: a trained network, (..., D) to (...) or (..., 1), of which a copy is taken;
            None trains one before the first step.
        net_epochs: passes of the forward network's training over the table.
        net_batch: its rows a step.
        net_lr: its first learning rate; it falls to 0 as a cosine.
        target: y_h, the score the designs are to reach, in standardised units.
        alpha: w_l = sqrt(softmax(alpha y_l)); 1e-3 (continuous) or 0 (discrete) in the paper.
        forward_weight: weight of the forward loss; 0 leaves it out.
        backward_weight: weight of the backward loss; 0 leaves it out.
        lr: Adam's learning rate, or one for each feature, (D,); 1e-3 (continuous) or 1e-1
            (discrete) in the paper.
        bounds: lower and upper bounds of every feature, (2, D), as in :class:`torchbdi.BDI`.
        seed: of theta, of the forward network and of the rows of each step.
        dtype: of the networks.

    Attributes:
        x_h: the designs, an nn.Parameter of the shape given.
        theta: the network of Eq. 9, frozen.
        eta: the rate of the step, a scalar.
        forward_net: the network of Eq. 5, frozen.
        net_loss: its mean squared error on the table, a scalar; NaN until it is needed.
        progress: makes the bar of its training, see :func:`torchbdi.network.fit_network`.

    Raises:
        InputError: a shape, dtype or value is wrong.
        DoesNotFitError: its networks are larger than the memory that is free.
    """

    eta: Tensor
    net_loss: Tensor

    def __init__(
        self,
        x_l: Tensor,
        y_l: Tensor,
        x_h: Tensor,
        *,
        width: int = 2048,
        depth: int = 6,
        parametrisation: Parametrisation = "standard",
        eta: float | None = None,
        rows_per_step: int | None = None,
        forward_net: nn.Module | None = None,
        net_epochs: int = 50,
        net_batch: int = 256,
        net_lr: float = 1e-3,
        target: float = 10.0,
        alpha: float = 0.0,
        forward_weight: float = 1.0,
        backward_weight: float = 1.0,
        lr: float | Tensor = 1e-3,
        bounds: Tensor | None = None,
        seed: int = 0,
        dtype: torch.dtype = torch.float32,
    ):
        super().__init__(
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
        name = "FiniteBDI"
        if not isinstance(dtype, torch.dtype) or dtype not in (torch.float32, torch.float64):
            raise InputError(f"{name}: dtype must be torch.float32 or float64, got {told(dtype)}.")
        self.keep_settings(
            ["forward_net"],
            width=whole(name, "width", width, 1),
            depth=whole(name, "depth", depth, 1, 10_000),
            parametrisation=choice(name, "parametrisation", parametrisation, tuple(GAINS)),
            eta=None if eta is None else number(name, "eta", eta, above=0),
            rows_per_step=(
                None if rows_per_step is None else whole(name, "rows_per_step", rows_per_step, 1)
            ),
            net_epochs=whole(name, "net_epochs", net_epochs, 1),
            net_batch=whole(name, "net_batch", net_batch, 1),
            net_lr=number(name, "net_lr", net_lr, above=0),
            seed=whole(name, "seed", seed, 0),
        )
        if forward_net is not None:
            instance(name, "forward_net", forward_net, nn.Module, "an nn.Module")
        with ordinary_mode():
            self._make_networks(forward_net)
        self._settle()

    def _settle(self) -> None:
        """Refuses settings that were changed after something was made by them.

        Raises:
            InputError: names what was changed.
        """
        names = _OF_THETA if self.net_loss.isnan() else (*_OF_THETA, *_OF_TRAINING)
        self._settled.check("FiniteBDI", **{name: self.hparams[name] for name in names})

    def _make_networks(self, forward_net: nn.Module | None) -> None:
        h, device = self.hparams, self.x_l.device
        shape = self.x_l.shape[-1], h["width"], h["depth"]
        require(
            2 * MLP.count(*shape) * h["dtype"].itemsize,
            device,
            f"FiniteBDI: a pair of networks of width {shape[1]:,} and depth {shape[2]:,}",
            "Take a smaller width.",
        )
        theta = MLP(*shape, h["parametrisation"], seeded(h["seed"], _THETA), h["dtype"])
        self.theta = theta.requires_grad_(False).to(device)
        eta = self._eta_of_starts() if h["eta"] is None else h["eta"]
        self.register_buffer("eta", torch.tensor(eta, dtype=torch.float64, device=device))
        self._given = forward_net is not None
        if forward_net is None:
            forward_net = MLP(*shape, "standard", seeded(h["seed"], _FORWARD_START), h["dtype"])
        else:
            forward_net = copied(_FORWARD_NET, forward_net)
        self.forward_net = forward_net.to(device, h["dtype"])
        self._hold_still()
        x_h = self._designs().detach()
        for what, x in (("x_h", x_h), ("x_l", self.x_l[:3].to(x_h.dtype))):
            try_on(_FORWARD_NET, self.forward_net, what, x.requires_grad_())
        self.progress: Callable[[int, str], AbstractContextManager[Any]] | None = None
        nan = torch.tensor(math.nan, dtype=torch.float64, device=device)
        self.register_buffer("net_loss", nan)

    def _hold_still(self) -> None:
        """Has X_h alone learn, whatever train(), unfreeze() or an optimiser of all asked for."""
        held_still(self.theta, self.forward_net)
        if self._given:  # it may drop units, or count what it sees
            self.forward_net.eval()

    def _eta_of_starts(self) -> float:
        """1/(2 mean k(x, x)) over the starts, k the tangent kernel of theta."""
        inputs, slopes, _ = linearise(list(self.theta.weights), self._designs().detach())
        mean = float(tangent_diagonal(inputs, slopes, self.theta.rates).double().mean())
        if mean == 0:
            raise InputError(
                "FiniteBDI: the network has no gradient at the starts x_h, by which eta is chosen: "
                f"they are all 0, or width = {self.hparams['width']} is too small. Give eta, or a "
                "larger width."
            )
        return 0.5 / mean

    def loss(self, step: int | None = None) -> dict[str, Tensor]:
        """The losses of every group at the present X_h.

        Args:
            step: whose rows of the table are taken, where ``rows_per_step`` is set; None means
                the trainer's step, 0 outside one.

        Returns:
            As :meth:`torchbdi.BDI.loss`, with Eq. 4 as forward loss and Eq. 6, after the step of
            Eq. 9, as backward loss.
        """
        step = self.global_step if step is None else whole("FiniteBDI", "step", step, 0)
        return self._evaluate(step)[0]

    def evaluate(self) -> tuple[dict[str, Tensor], Tensor | None]:
        """See :meth:`DesignModule.evaluate`."""
        return self._evaluate(self.global_step)

    @untraced
    def _evaluate(self, step: int) -> tuple[dict[str, Tensor], Tensor | None]:
        device = self.x_l.device.type
        if torch.is_autocast_enabled(device):  # the networks compute in their own dtype
            with torch.autocast(device, enabled=False):
                return self._evaluate(step)
        self._settle()
        x_h, h = self._designs(), self.hparams
        self._hold_still()
        forward = backward = self.x_h.new_zeros(self.x_h.shape[:-2])
        prediction = None
        if h["forward_weight"]:
            self.train_forward_net()
            prediction = self.forward_net(x_h).double().reshape(self.x_h.shape[:-1])
            forward = forward_loss(prediction, torch.full_like(prediction, h["target"]))
        if h["backward_weight"]:
            backward = self._backward_loss(x_h, step).reshape(backward.shape)
        return self.combine(forward, backward), prediction

    def _backward_loss(self, x_h: Tensor, step: int) -> Tensor:
        inputs, changes = self.unrolled_step(x_h)
        return loss_after_step(list(self.theta.weights), inputs, changes, *self.rows(step))

    def unrolled_step(self, x_h: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """The step of Eq. 9: V_l* = V_l + changes_l^T inputs_l in every layer.

        Args:
            x_h: designs, (B, M, D), of the networks' dtype.

        Returns:
            Inputs (B, M, inputs of the layer) and changes (B, M, outputs of the layer), a layer
            each.
        """
        inputs, slopes, f = linearise(list(self.theta.weights), x_h)
        pull = 2 * self.eta / x_h.shape[-2] * (self.hparams["target"] - f).unsqueeze(-1)
        return inputs, [r * pull * slope for r, slope in zip(self.theta.rates, slopes, strict=True)]

    def rows(self, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """The part of the table that a step's backward loss sees; a function of (seed, step).

        Returns:
            Designs (R, D), scores (R,) and weights w_l^2 (R,), which sum to 1.
        """
        n, count = len(self.x_l), self.hparams["rows_per_step"]
        if count is None or count >= n:
            return self.x_l, self.y_l, self.squared_weights
        generator = seeded(self.hparams["seed"], _ROWS, step)
        with ordinary_mode():
            chosen = torch.randperm(n, generator=generator)[:count].to(self.x_l.device)
        weights = self.squared_weights[chosen]
        return self.x_l[chosen], self.y_l[chosen], weights / weights.sum()

    def train_forward_net(self) -> None:
        """Trains the forward network, unless that is done or it was given.

        Raises:
            InputError: it gives no finite number for a row of the table.
        """
        if not self.net_loss.isnan():
            return
        h = self.hparams
        if not self._given:
            with ordinary_mode():
                fit_network(
                    self.forward_net,
                    self.x_l,
                    self.y_l,
                    epochs=h["net_epochs"],
                    batch=h["net_batch"],
                    lr=h["net_lr"],
                    generator=seeded(h["seed"], _FORWARD_ORDER),
                    progress=self.progress,
                )
        self._hold_still()
        error = squared_error(self.forward_net, self.x_l, self.y_l, h["dtype"])
        if not torch.isfinite(error):  # NaN would stand for a network that is yet to be trained
            raise InputError(
                f"{_FORWARD_NET} gives NaN or inf for rows of x_l. Give one that was trained on "
                "this table, or lower net_lr."
            )
        self.net_loss.copy_(error)

    def on_fit_start(self) -> None:
        """Trains the forward network before the first step, after a checkpoint was loaded."""
        super().on_fit_start()
        if self.hparams["forward_weight"]:
            self.train_forward_net()

    def identity(self) -> dict[str, str]:
        """See :meth:`DesignModule.identity`."""
        return {**super().identity(), "forward_net": "given" if self._given else "trained here"}

    def _designs(self) -> Tensor:
        """X_h as the networks take it, (B, M, D)."""
        x_h = self.designs().to(self.theta.weights[0].dtype)
        return x_h if x_h.ndim == 3 else x_h.unsqueeze(0)
