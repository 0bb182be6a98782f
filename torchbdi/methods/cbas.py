"""CbAS: an autoencoder of the table is bent towards designs that an ensemble likes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from ..kernels.errors import InputError
from ..network import seeded
from ._adaptive import Adaptive, log_exceeds, threshold, weights
from ._codec import Codec
from ._epochs import Loss, train
from ._kept import Kept
from ._rows import held_out
from ._surrogate import Surrogate
from ._vae import VAE
from .base import Result, Run, setting

if TYPE_CHECKING:
    from ..data import OfflineData

_VAE, _SPLIT, _EPOCHS, _ROUNDS, _FINAL = 20, 21, 22, 23, 24  # places of draws


@dataclass(frozen=True)
class CbAS(Surrogate):
    """Conditioning by adaptive sampling (Brookes et al., ICML 2019).

    An autoencoder p is trained on the table and copied to q. In every round q is fitted to draws
    of its own with weights p(x|z)/q(x|z) P(f(x) >= gamma), gamma being a percentile of what the
    ensemble f predicts for them. The designs are draws of q. Settings are those of
    design-baselines (commit 785dbcf, ``cbas``). *Defect mended*: weights are normalised and
    truncated, gamma never falls, and the deviation of codes is an exponential.
    """

    revision: ClassVar[int] = 1
    fidelity = "defect mended"
    retrains: ClassVar[bool] = False  # whether rounds change the ensemble

    ensemble_lr: float = setting(3e-4, above=0.0)
    """Adam's rate of the ensemble's training.

    design-baselines: 3e-4.
    """
    latent: int = setting(32, at_least=1)
    """Numbers of a code.

    design-baselines: 32.
    """
    beta: float = setting(1.0, at_least=0.0)
    """Weight of the codes' divergence from N(0, I) in the autoencoder's loss.

    design-baselines: 1.
    """
    vae_epochs: int = setting(200, at_least=0)
    """Passes of p's training over the table.

    design-baselines: 200, on TF Bind 10 100.
    """
    vae_batch: int = setting(100, at_least=1)
    """Rows a step of p and q.

    design-baselines: 100.
    """
    vae_lr: float = setting(3e-4, above=0.0)
    """Adam's rate of p and q.

    design-baselines: 3e-4.
    """
    rounds: int = setting(20, at_least=0)
    """How often q is fitted to draws of its own.

    design-baselines: 20.
    """
    round_epochs: int = setting(10, at_least=1)
    """Passes over the draws in a round.

    design-baselines: 10.
    """
    draws: int = setting(1000, at_least=2)
    """Draws of q in a round, of which gamma is a percentile.

    design-baselines: 1000.
    """
    draws_learnt: int = setting(800, at_least=1)
    """Draws of a round that q is fitted to.

    design-baselines: 800, the other 200 are for validation.
    """
    percentile: float = setting(80.0, at_least=0.0, at_most=100.0)
    """Which percentile of the predictions gamma is.

    design-baselines: 80.
    """
    as_published: bool = False
    """Bring back the defects: weights as they are, a gamma that may fall, codes' softplus.

    Ours: off. design-baselines: on.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.draws_learnt > self.draws:
            raise InputError(
                f"{type(self).__name__}: draws_learnt={self.draws_learnt} is more than draws="
                f"{self.draws}. Lower it."
            )

    def solve(self, data: OfflineData, n: int, run: Run | None = None) -> Result:
        """See :meth:`Method.solve`; x is in the order of the ensemble's predictions.

        Raises:
            TorchBDIError: a loss is not finite; the weights may lead to it, as published.
        """
        own, run = self.begin(data, n, run)
        kept, codec, device = Kept(run, own, data, n), Codec(data.space), run.device
        x, y = codec.inputs_of(data.x).to(device), data.y.float().to(device)
        net, optimizer = own.trained(x, codec.tokens, y, kept)
        p = own._autoencoder(x, codec, kept)
        at = Adaptive(run, x, y, net, optimizer, p, own.vae_lr, own.retrains)
        done = at.go_on(kept.read("rounds"))
        with run.progress(own.rounds, "rounds", done) as bar:
            for i in range(done + 1, own.rounds + 1):
                told = {**own._round(at, codec, i), **own._refocus(at, i)}
                run.log(own.ensemble_epochs + own.vae_epochs + i, **told)
                kept.write("rounds", round=i, **at.state())
                bar.update()
        drawn = at.draw(n, seeded(run.seed, _FINAL))
        designs = codec.within(codec.join(*drawn[:2]))
        predicted = net.mean(codec.inputs_of(designs).to(device)).double().cpu()
        order = predicted.argsort(descending=True, stable=True)
        return Result(designs[order], predicted[order])

    def _autoencoder(self, x: Tensor, codec: Codec, kept: Kept) -> VAE:
        """p, trained on the table."""
        seed = kept.run.seed
        vae = VAE(codec.tokens, self.hidden, self.latent, seeded(seed, _VAE), self.as_published)
        vae.to(x.device)
        order = torch.randperm(len(x), generator=seeded(seed, _SPLIT))
        train(
            vae,
            self._loss(vae, x, None),
            order[held_out(len(x), self.val) :],
            epochs=self.vae_epochs,
            batch=self.vae_batch,
            lr=self.vae_lr,
            kept=kept,
            name="autoencoder",
            place=_EPOCHS,
            step=self.ensemble_epochs,
        )
        return vae

    def _loss(self, vae: VAE, x: Tensor, w: Tensor | None) -> Loss:
        """mean(w (reconstruction + beta KL)) of a batch; w None is 1."""

        def loss(rows: Tensor, generator: torch.Generator) -> Tensor:
            noise = torch.randn(len(rows), self.latent, generator=generator).to(x.device)
            own = vae.loss(x[rows], noise, self.beta)
            return (own if w is None else w[rows] * own).mean()

        return loss

    def _round(self, at: Adaptive, codec: Codec, i: int) -> dict[str, float]:
        """Fits q to draws of its own; what is logged of it."""
        *drawn, z = at.draw(self.draws, seeded(at.run.seed, _ROUNDS, i))
        inputs = codec.inputs(*drawn).to(at.x.device)
        mean, std = at.net.gaussians(inputs)
        at.gamma = threshold(mean.mean(0), self.percentile, at.gamma, self.as_published)
        with torch.no_grad():
            ratio = at.p.log_prob(inputs, z) - at.q.log_prob(inputs, z)
        w = weights(ratio + log_exceeds(mean, std, at.gamma), self.as_published)
        told = {
            "gamma": at.gamma,
            "predicted/mean": float(mean.mean()),
            "mean_weight": float(w.mean()),
            "effective_draws": float(w.sum().square() / w.square().sum()),
        }
        rows, loss = torch.arange(self.draws_learnt), self._loss(at.q, inputs, w)
        told["loss/q"] = at.train(
            at.q, at.q_optimizer, loss, rows, self.vae_batch, self.round_epochs, (_ROUNDS, i)
        )
        return told

    def _refocus(self, at: Adaptive, i: int) -> dict[str, float]:
        """What another method does at the end of round i; what it logs."""
        return {}
