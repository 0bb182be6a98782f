"""What the rounds of adaptive sampling work on, and the weights of their draws."""

from __future__ import annotations

import copy
import math
from typing import Any

import torch
from torch import Tensor, nn

from ..kernels.errors import TorchBDIError
from ..network import seeded
from ._ensemble import Ensemble
from ._epochs import Loss, adam, one_epoch
from ._vae import VAE
from .base import Run


class Adaptive:
    """An ensemble, the autoencoder p of the table, and q, which begins as a copy of p.

    Args:
        run: its seed.
        x: the table's inputs, (N, P + T).
        y: its scores, (N,).
        net: the ensemble.
        optimizer: of the ensemble.
        p: the autoencoder.
        lr: Adam's rate of q.
        retrains: whether the ensemble is trained further and so belongs to the state.

    Attributes:
        gamma: the last threshold of the scores.
    """

    def __init__(
        self,
        run: Run,
        x: Tensor,
        y: Tensor,
        net: Ensemble,
        optimizer: torch.optim.Optimizer,
        p: VAE,
        lr: float,
        retrains: bool,
    ) -> None:
        self.run, self.x, self.y = run, x, y
        self.net, self.optimizer, self.p, self.retrains = net, optimizer, p, retrains
        self.q = copy.deepcopy(p)
        self.q_optimizer = adam(self.q, lr)
        self.gamma = -math.inf

    def draw(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Numbers (n, P), classes (n, S) and codes (n, Z) of draws of q."""
        z = torch.randn(n, self.q.latent, generator=generator).to(self.x.device)
        return (*self.q.sample(z, generator), z)

    def train(
        self,
        net: nn.Module,
        optimizer: torch.optim.Optimizer,
        loss: Loss,
        rows: Tensor,
        batch: int,
        epochs: int,
        place: tuple[int, ...],
    ) -> float:
        """Trains q or the ensemble further; the last epoch's loss.

        Raises:
            TorchBDIError: a loss is not finite.
        """
        value = math.nan
        for epoch in range(1, epochs + 1):
            generator = seeded(self.run.seed, *place, epoch)
            value = one_epoch(net, loss, rows, batch, optimizer, generator)
            if not math.isfinite(value):
                raise TorchBDIError(
                    f"adaptive sampling: the loss of round {place[1]} is not finite. Weights as "
                    "published overflow where there are many features: as_published=False "
                    "normalises and truncates them. If it is False already, take a smaller "
                    "ensemble_lr and vae_lr."
                )
        return value

    def state(self) -> dict[str, Any]:
        """What a round leaves."""
        parts: dict[str, Any] = {"gamma": self.gamma, "q": self.q, "q_optimizer": self.q_optimizer}
        if self.retrains:
            parts |= {"net": self.net, "optimizer": self.optimizer}
        return {k: v if isinstance(v, float) else v.state_dict() for k, v in parts.items()}

    def go_on(self, state: dict[str, Any] | None) -> int:
        """Takes what :meth:`state` gave; returns how many rounds were done."""
        if state is None:
            return 0
        self.gamma = float(state["gamma"])
        for name in ("q", "q_optimizer") + ("net", "optimizer") * self.retrains:
            getattr(self, name).load_state_dict(state[name])
        return int(state["round"])


def threshold(predicted: Tensor, percentile: float, before: float, as_published: bool) -> float:
    """gamma: the percentile of the predictions (n,), and never less than before, unless published.

    Of the sorted predictions the one that is nearest to the percentile is taken.
    """
    now = float(predicted.quantile(percentile / 100, interpolation="nearest"))
    return now if as_published else max(now, before)


def log_exceeds(mean: Tensor, std: Tensor, gamma: float) -> Tensor:
    """log P(f >= gamma), (n,), f an even mixture of the members' Gaussians, (E, n) each."""
    return torch.special.log_ndtr((mean - gamma) / std).logsumexp(0) - math.log(len(mean))


def weights(log_w: Tensor, as_published: bool) -> Tensor:
    """exp(log_w), (n,): as it is where as published, else of mean 1 and then at most sqrt(n).

    The truncation is that of Ionides (2008), "Truncated importance sampling".
    """
    if as_published:
        return log_w.exp()
    n = len(log_w)
    return (log_w.softmax(0) * n).clamp(max=math.sqrt(n))
