"""The ensemble that design-baselines' methods ask what a design scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..kernels.memory import require
from ..network import seeded
from ._ensemble import Ensemble, bootstrap, embedded_width, nll, weighted
from ._epochs import Loss, train
from ._rows import held_out
from .base import Method, setting

if TYPE_CHECKING:
    from ._codec import Tokens
    from ._kept import Kept

# Places of draws, see seeded. Methods that use the ensemble have theirs from 10 on, each ten of its
# own, so that no two draws of a run are the same numbers.
SPLIT, WEIGHTS, EPOCHS = 1, 2, 3


@dataclass(frozen=True)
class Surrogate(Method):
    """A method that trains a bootstrap ensemble of small networks."""

    bootstraps: int = setting(5, at_least=1)
    """Networks of the ensemble, each with a bootstrap of its own.

    design-baselines: 5.
    """
    hidden: int = setting(256, at_least=1)
    """Units of their one hidden layer.

    design-baselines: 256.
    """
    ensemble_epochs: int = setting(100, at_least=0)
    """Passes of their training over the table.

    design-baselines: 100.
    """
    ensemble_batch: int = setting(100, at_least=1)
    """Rows a step of it.

    design-baselines: 100.
    """
    ensemble_lr: float = setting(1e-3, above=0.0)
    """Adam's rate of it.

    design-baselines: 1e-3.
    """
    val: int = setting(200, at_least=0)
    """Rows that are left out of training, a tenth of the table at the most.

    design-baselines: 200, which it logs and makes no choice by.
    """

    def ensemble(self, inputs: Tensor, layout: int | Tokens, y: Tensor, kept: Kept) -> Ensemble:
        """The trained ensemble, on the run's device.

        Args:
            inputs: designs as the networks take them, (N, D) float32, on the device.
            layout: D, or what the inputs are.
            y: scores, (N,) float32, on the device.
            kept: the run and its state.
        """
        net, _ = self.trained(inputs, layout, y, kept)
        return net.requires_grad_(False)

    def trained(
        self, inputs: Tensor, layout: int | Tokens, y: Tensor, kept: Kept
    ) -> tuple[Ensemble, torch.optim.Optimizer]:
        """The trained ensemble and its optimiser, for those who train further."""
        net = self.untrained(layout, kept)
        rows, b = split_and_bootstrap(self, len(y), kept.run.seed)
        optimizer = train(
            net,
            ensemble_loss(net, inputs, y, b.to(y.device)),
            rows,
            epochs=self.ensemble_epochs,
            batch=self.ensemble_batch,
            lr=self.ensemble_lr,
            kept=kept,
            name="ensemble",
            place=EPOCHS,
        )
        return net, optimizer

    def untrained(self, layout: int | Tokens, kept: Kept) -> Ensemble:
        """The ensemble with its initial weights.

        Raises:
            DoesNotFitError: weights, gradients and Adam's two moments do not fit into memory.
        """
        weights = self.bootstraps * self.hidden * embedded_width(layout)
        require(
            4 * 4 * weights,
            kept.run.device,
            f"{type(self).__name__}: training {weights:,} weights of {self.bootstraps} networks",
            "Lower hidden or bootstraps.",
        )
        generator = seeded(kept.run.seed, WEIGHTS)
        net = Ensemble(self.bootstraps, layout, [self.hidden], generator=generator)
        return net.to(kept.run.device)


def split_and_bootstrap(
    own: Surrogate, n: int, seed: int, round_: int = 0
) -> tuple[Tensor, Tensor]:
    """Rows to train on, (m,), and their counts in each member's bootstrap, (E, n), 0 elsewhere."""
    generator = seeded(seed, SPLIT, round_)
    rows = torch.randperm(n, generator=generator)[held_out(n, own.val) :]
    b = torch.zeros(own.bootstraps, n)
    b[:, rows] = bootstrap(own.bootstraps, len(rows), generator)
    return rows, b


def ensemble_loss(
    net: Ensemble, inputs: Tensor, y: Tensor, b: Tensor, v: Tensor | None = None
) -> Loss:
    """sum(v b nll) / sum(b) of a batch, the members' added up.

    Args:
        net: the ensemble.
        inputs: (N, D).
        y: (N,).
        b: counts, (E, N).
        v: further weights of the rows, (N,); None for 1.
    """

    def loss(rows: Tensor, generator: torch.Generator) -> Tensor:
        mean, log_std = net(inputs[rows])
        own = None if v is None else v[rows]
        return weighted(nll(mean, log_std, y[rows]), b[:, rows], own)

    return loss
