"""NEMO: ascent on the normalised maximum likelihood of scores in bins, in our reading."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from ..network import seeded
from ._ascending import Designs, Units, gradient_of
from ._bins import Bins, expected, nml_loss
from ._designs import as_module_takes, own_rates
from ._ensemble import Members
from ._epochs import adam, one_epoch
from ._stages import Stages
from .base import Method, Result, Run, setting

if TYPE_CHECKING:
    from ..data import OfflineData

_NET, _ORDER, _STEP = range(3)  # what a seed is used for


@dataclass(frozen=True)
class NEMO(Method):
    """Normalised maximum likelihood (Fu and Levine, ICLR 2021); an adaptation.

    Neither code nor a table of settings could be read, so every number here is this project's, and
    none was tuned. Scores lie in K bins. A network gives mu(x), and the score is above an edge e
    with probability sigmoid((mu - e) / s). It is trained on the table; K copies of it then go
    their own ways: in every step copy k learns from rows of the table and from the designs
    labelled k, and the designs rise on the expected score under p(k|x) = p_k(k|x) / sum_j p_j(j|x).
    """

    revision: ClassVar[int] = 1
    fidelity = "adaptation"

    bins: int = setting(20, at_least=2)
    """K, bins of the score and copies of the network.

    Ours.
    """
    beyond: float = setting(0.5, at_least=0.0)
    """How far the bins reach above the table's best score, as a share of the table's range.

    Ours.
    """
    scale: float = setting(1.0, above=0.0)
    """s, in widths of a bin.

    Ours: sigmoids that follow each other at the distance of their own width.
    """
    width: int = setting(64, at_least=1)
    """Hidden units a layer.

    RoMA's source holds an unused NEMO network with two layers of 64 softplus units.
    """
    depth: int = setting(3, at_least=1)
    """Dense layers, with softplus between them.

    As for the width.
    """
    net_epochs: int = setting(50, at_least=1)
    """Passes over the table before the copies are made.

    Ours.
    """
    net_batch: int = setting(128, at_least=1)
    """Rows of the table in a step.

    Ours: as RoMA and design-baselines.
    """
    net_lr: float = setting(1e-3, above=0.0)
    """Adam's rate, of the network and of its copies.

    Ours: as RoMA.
    """
    steps: int = setting(200, at_least=1)
    """Steps of the designs, and of the copies.

    Ours: as design-baselines' gradient ascent.
    """
    lr: float | tuple[float, ...] | None = setting(None, at_least=0.0)
    """Adam's rate for the designs, one for all features or a list with one for each.

    None: 0.1 for features that are logits of classes and 1e-3 for numbers. Ours: as BDI and
    RaM. The expected score is bounded, so plain steps stand still where it is near its bound.
    """

    def settings_for(self, data: OfflineData) -> dict[str, Any]:
        """See :meth:`Method.settings_for`; lr goes by the kinds of the columns."""
        own = super().settings_for(data)
        return {**own, "lr": own_rates(type(self).__name__, self.lr, data)}

    def solve(self, data: OfflineData, n: int, run: Run | None = None) -> Result:
        """See :meth:`Method.solve`; x is in the order of the starts, the best first."""
        own, run = self.begin(data, n, run)
        stages, units = Stages(own, data, run), Units(data, False, run.device)
        x, y = units.of(data.x), data.y.to(run.device, torch.float32)
        bins = Bins(y, own.bins, own.beyond, own.scale)
        label = bins.of(y)
        sizes = [own.width] * (own.depth - 1)

        def network(members: int) -> Members:
            return Members(
                members,
                x.shape[1],
                sizes,
                1,
                generator=seeded(run.seed, _NET),
                activation=nn.functional.softplus,
            ).to(run.device)

        one = network(1)
        optimizer = adam(one, own.net_lr)

        def loss(rows: Tensor, generator: torch.Generator) -> Tensor:
            return -bins.log_p(one(x[rows]).squeeze(-1), label[rows]).mean()

        def epoch(i: int) -> dict[str, float]:
            generator = seeded(run.seed, _ORDER, i)
            rows = torch.arange(len(x))
            return {"loss/train": one_epoch(one, loss, rows, own.net_batch, optimizer, generator)}

        parts = {"net": one, "optimizer": optimizer}
        stages.go("training", own.net_epochs, "epochs of the network", parts, epoch)

        copies = network(own.bins)
        copied = adam(copies, own.net_lr)
        copy_of(one, optimizer, copies, copied)
        designs = Designs(units.starts(data, n), "adam", as_module_takes(own.lr), units)

        def step(i: int) -> dict[str, float]:
            generator = seeded(run.seed, _STEP, i)
            rows = torch.randint(len(x), (own.net_batch,), generator=generator).to(run.device)
            here = designs.x.detach()
            copied.zero_grad()
            nml_loss(copies, bins, x[rows], label[rows], here).backward()
            copied.step()
            value, gradient = gradient_of(lambda at: expected(copies, bins, at), here)
            designs.rise(gradient)
            return {"ascent/predicted": float(value.mean()), "ascent/best": float(value.max())}

        parts = {"copies": copies, "optimizer": copied, "designs": designs}
        stages.go("ascent", own.steps, "steps", parts, step, designs.standardised)
        with torch.no_grad():
            predicted = expected(copies, bins, designs.x).double().cpu()
        return Result(designs.standardised(), predicted, {}, data.best(n))


@torch.no_grad()
def copy_of(
    one: Members, optimizer: torch.optim.Optimizer, copies: Members, copied: torch.optim.Optimizer
) -> None:
    """Makes every copy the one network, with the memory of its optimiser."""
    count = len(copies.biases[0])
    for to, source in zip(copies.parameters(), one.parameters(), strict=True):
        to.copy_(source.expand_as(to))
    state = copy.deepcopy(optimizer.state_dict())  # it holds the optimiser's own memory
    for memory in state["state"].values():
        for name in ("exp_avg", "exp_avg_sq"):
            memory[name] = memory[name].repeat(count, 1, 1)
    copied.load_state_dict(state)
