"""Gradient ascent as design-baselines runs it, on one network or on several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from torch import Tensor

from ..network import seeded
from ._ascending import Designs, Units, ascend, root_rate
from ._ensemble import Ensemble, bootstrap, nll, weighted
from ._epochs import adam, one_epoch
from ._rows import held_out
from ._stages import Stages
from .base import Method, Result, Run, setting

if TYPE_CHECKING:
    from ..data import OfflineData

_NET, _ROWS, _ORDER = range(3)  # what a seed is used for


@dataclass(frozen=True)
class GradDB(Method):
    """Gradient ascent (design-baselines, commit 785dbcf, ``gradient_ascent``).

    The n best rows rise by plain steps on the mean that a network predicts, or on the mean or the
    minimum of several networks' means. One defect is mended: the source takes the minimum in both
    cases, so that its "Grad Mean" is its "Grad Min" with other seeds.
    """

    revision: ClassVar[int] = 1
    fidelity = "defect mended"

    as_published: bool = False
    """Bring the source's defect back: the minimum where the mean was asked for.

    Ours: off. design-baselines: on, since October 2020.
    """
    members: int = setting(1, at_least=1)
    """Networks, each with rows left out and a bootstrap of its own.

    design-baselines: 1 for Gradient Ascent, 5 for its ensembles.
    """
    aggregate: Literal["mean", "min"] = "mean"
    """What the designs rise on: the mean or the minimum of the networks' predictions.

    design-baselines: "mean" is Grad Mean, "min" is Grad Min. With one network it is all one.
    """
    width: int = setting(2048, at_least=1)
    """Hidden units a layer.

    design-baselines.
    """
    depth: int = setting(3, at_least=1)
    """Dense layers, with LeakyReLUs (slope 0.3) between them.

    design-baselines: two hidden ones and the output.
    """
    net_epochs: int = setting(100, at_least=1)
    """Passes over the table.

    design-baselines; 50 for the single network on Superconductor.
    """
    net_batch: int = setting(128, at_least=1)
    """Rows a step; the last batch of a pass may have fewer.

    design-baselines.
    """
    net_lr: float = setting(3e-4, above=0.0)
    """Adam's rate for the networks.

    design-baselines.
    """
    val: int = setting(200, at_least=0)
    """Rows that are not trained on, a tenth of the table at the most (ours).

    design-baselines: 200, which decide nothing.
    """
    steps: int = setting(200, at_least=1)
    """Steps of the designs.

    design-baselines.
    """
    lr: float = setting(0.01, above=0.0)
    """Rate of the steps x + lr sqrt(D) grad f(x).

    design-baselines.
    """

    def solve(self, data: OfflineData, n: int, run: Run | None = None) -> Result:
        """See :meth:`Method.solve`; x is in the order of the starts, the best first."""
        own, run = self.begin(data, n, run)
        stages, units = Stages(own, data, run), Units(data, False, run.device)
        net = own._trained(data, run, stages, units)
        designs = Designs(units.starts(data, n), "plain", root_rate(own.lr, data), units)
        ascend(stages, designs, own.steps, lambda x: own.together(net(x)[0]))
        with torch.no_grad():
            predicted = own.together(net(designs.x)[0]).double().cpu()
        return Result(designs.standardised(), predicted, {}, data.best(n))

    def score(self, data: OfflineData, x: Tensor, run: Run | None = None) -> Tensor:
        """See :meth:`Method.score`; the networks' predictions together."""
        own, run = self.begin(data, 1, run)
        units = Units(data, False, run.device)
        net = own._trained(data, run, Stages(own, data, run), units)
        return own.together(net.gaussians(units.of(x))[0]).double().cpu()

    def together(self, means: Tensor) -> Tensor:
        """The networks' predictions (E, n) as one, (n,)."""
        if self.aggregate == "min" or self.as_published:
            return means.amin(0)
        return means.mean(0)

    def _trained(self, data: OfflineData, run: Run, stages: Stages, units: Units) -> Ensemble:
        x, y = units.of(data.x), data.y.to(run.device, torch.float32)
        net = Ensemble(
            self.members,
            x.shape[1],
            [self.width] * (self.depth - 1),
            generator=seeded(run.seed, _NET),
        ).to(run.device)
        optimizer = adam(net, self.net_lr)
        rows, counts = own_rows(self.members, len(x), held_out(len(x), self.val), run.seed)
        counts = counts.to(run.device)
        member = torch.arange(self.members, device=run.device).unsqueeze(1)

        def loss(some: Tensor, generator: torch.Generator) -> Tensor:
            mean, log_std = net(x[some])
            return weighted(nll(mean, log_std, y[some]), counts[member, some])

        def epoch(i: int) -> dict[str, float]:
            generator = seeded(run.seed, _ORDER, i)
            total = one_epoch(net, loss, rows, self.net_batch, optimizer, generator)
            return {"loss/train": total / self.members}

        parts = {"net": net, "optimizer": optimizer}
        stages.go("training", self.net_epochs, "epochs of the networks", parts, epoch)
        return net.requires_grad_(False)


def own_rows(members: int, count: int, left_out: int, seed: int) -> tuple[Tensor, Tensor]:
    """The rows that each network trains on, (E, m), and how often its bootstrap drew them.

    Returns:
        Row numbers, and counts (E, count), which are 0 for the rows left out.
    """
    generator = seeded(seed, _ROWS)
    rows = torch.stack(
        [torch.randperm(count, generator=generator)[left_out:] for _ in range(members)]
    )
    drawn = bootstrap(members, rows.shape[1], generator)
    return rows, torch.zeros(members, count).scatter_(1, rows, drawn)


# Both of design-baselines' ensembles.
grad_mean_db = GradDB(members=5)
grad_min_db = GradDB(members=5, aggregate="min")
