"""COMs: a network that is held down where ascent would lead, and ascent on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from ..network import seeded
from ._ascending import Designs, Units, all_numbers, ascend, root_rate
from ._epochs import EPSILON, adam
from ._mlp import Dense, relu_slope
from ._rows import held_out, train_rows
from ._stages import Held, Stages
from .base import Method, Result, Run, setting

if TYPE_CHECKING:
    from ..data import OfflineData

_NET, _ROWS, _ORDER = range(3)  # what a seed is used for


@dataclass(frozen=True)
class COMs(Method):
    """Conservative objective models (design-baselines, commit 785dbcf, ``coms_cleaned``).

    The loss is mean[(f(x) - y)^2 + a (f(x_T) - f(x))], with x_T some steps of ascent from each row
    x of the batch; log a falls along a (tau - (f(x_T) - f(x))), so that a grows where the gap is
    above tau. The n best rows then rise on f by the same steps.
    """

    revision: ClassVar[int] = 1

    tau: float | None = None
    """The gap f(x_T) - f(x) that is let be, in standard deviations of y.

    None: 0.5 where all columns are numbers, else 2. design-baselines: its last scripts. For numbers
    they sweep 0.4 to 1.0, and which was reported is not recorded; 0.5 is its README's.
    """
    lr: float | None = setting(None, above=0.0)
    """Rate of the steps x + lr sqrt(D) grad f(x), in training and in the search.

    None: 0.05 where all columns are numbers, else 2. design-baselines: its last scripts (at the
    README of July 2021 0.05 everywhere).
    """
    raw_logits: bool | None = None
    """Give the network the logits of classes as they are, not standardised.

    None: where there are classes. design-baselines: "norm x" is off for discrete tasks. Numbers
    beside classes are standardised all the same (ours).
    """
    steps: int = setting(50, at_least=1)
    """Steps of the designs.

    design-baselines.
    """
    inner_steps: int = setting(50, at_least=1)
    """Steps from a row of the batch to x_T.

    design-baselines.
    """
    weight: float = setting(0.1, above=0.0)
    """a at the start.

    design-baselines.
    """
    weight_lr: float = setting(0.01, above=0.0)
    """Adam's rate for log a.

    design-baselines.
    """
    width: int = setting(2048, at_least=1)
    """Hidden units a layer.

    design-baselines.
    """
    depth: int = setting(3, at_least=1)
    """Dense layers, with ReLUs between them.

    design-baselines: two hidden ones and the output. BDI's paper says six layers.
    """
    net_epochs: int = setting(50, at_least=1)
    """Passes over the table.

    design-baselines.
    """
    net_batch: int = setting(128, at_least=1)
    """Rows a step; the last batch of a pass may have fewer.

    design-baselines.
    """
    net_lr: float = setting(3e-4, above=0.0)
    """Adam's rate for the network.

    design-baselines.
    """
    val: int = setting(500, at_least=0)
    """Rows that are not trained on, a tenth of the table at the most (ours).

    design-baselines: 500, whose loss it logs and makes no choice by.
    """

    def settings_for(self, data: OfflineData) -> dict[str, Any]:
        """See :meth:`Method.settings_for`; what is None goes by the kinds of the columns."""
        own = super().settings_for(data)
        plain = all_numbers(data)
        resolved = {
            "tau": 0.5 if plain else 2.0,
            "lr": 0.05 if plain else 2.0,
            "raw_logits": not plain,
        }
        return own | {name: v for name, v in resolved.items() if own[name] is None}

    def solve(self, data: OfflineData, n: int, run: Run | None = None) -> Result:
        """See :meth:`Method.solve`; x is in the order of the starts, the best first."""
        own, run = self.begin(data, n, run)
        stages = Stages(own, data, run)
        units, net, weight = own._trained(data, run, stages)
        assert own.lr is not None
        designs = Designs(units.starts(data, n), "plain", root_rate(own.lr, data), units)
        ascend(stages, designs, own.steps, net)
        facts: dict[str, float | int | str] = {"weight": weight}
        return Result(
            designs.standardised(), net(designs.x).double().cpu().detach(), facts, data.best(n)
        )

    def score(self, data: OfflineData, x: Tensor, run: Run | None = None) -> Tensor:
        """See :meth:`Method.score`; the network's prediction, held down."""
        own, run = self.begin(data, 1, run)
        units, net, _ = own._trained(data, run, Stages(own, data, run))
        return net.scores(units.of(x)).double().cpu()

    def _trained(self, data: OfflineData, run: Run, stages: Stages) -> tuple[Units, Dense, float]:
        """The trained network, and a."""
        assert self.lr is not None and self.tau is not None
        units = Units(data, bool(self.raw_logits), run.device)
        x, y = units.of(data.x), data.y.to(run.device, torch.float32)
        train, held = (
            rows.to(run.device)
            for rows in train_rows(len(x), held_out(len(x), self.val), run.seed, _ROWS)
        )
        sizes = [x.shape[1], *[self.width] * (self.depth - 1), 1]
        net = Dense(sizes, "keras", "relu", seeded(run.seed, _NET)).to(run.device)
        optimizer = adam(net, self.net_lr)
        log_weight = torch.tensor(math.log(self.weight), device=run.device, requires_grad=True)
        weight_adam = torch.optim.Adam([log_weight], lr=self.weight_lr, eps=EPSILON)
        dual = _Dual(log_weight)
        rate, tau = root_rate(self.lr, data), self.tau

        def epoch(i: int) -> dict[str, float]:
            order = torch.randperm(len(train), generator=seeded(run.seed, _ORDER, i))
            sums = torch.zeros(2, device=run.device)
            for some in train[order.to(run.device)].split(self.net_batch):
                above = risen(net, x[some], self.inner_steps, rate)
                error, gap = conservative(net, x[some], above, y[some])
                weight = log_weight.detach().exp()
                optimizer.zero_grad()
                (error + weight * gap).backward()
                # d/d log a of a (tau - gap)
                log_weight.grad = weight * (tau - gap.detach())
                optimizer.step()
                weight_adam.step()
                sums += len(some) * torch.stack([error.detach(), gap.detach()])
            error, gap = (sums / len(train)).tolist()
            found = {
                "loss/train": error,
                "gap/train": gap,
                "weight": float(log_weight.detach().exp()),
            }
            if len(held):
                found["loss/held_out"] = float((net.scores(x[held]) - y[held]).square().mean())
            return found

        parts = {"net": net, "optimizer": optimizer, "dual": dual, "dual_adam": weight_adam}
        stages.go("training", self.net_epochs, "epochs of the network", parts, epoch)
        return units, net.requires_grad_(False), float(log_weight.detach().exp())


class _Dual(Held):
    """log a, changed in place where a state is taken back, as its optimiser knows it."""

    def __init__(self, log_weight: Tensor) -> None:
        super().__init__(log_weight=log_weight)

    def state_dict(self) -> dict[str, Any]:
        """The number."""
        return {"log_weight": float(self["log_weight"].detach())}

    def load_state_dict(self, state: Any, /) -> None:
        """Takes the number back."""
        with torch.no_grad():
            self["log_weight"].fill_(state["log_weight"])


def risen(net: Dense, x: Tensor, steps: int, rate: float) -> Tensor:
    """Where rows (B, D) get to by so many steps x + rate * grad f(x), without a graph."""
    for _ in range(steps):
        x = x.add(relu_slope(net, x), alpha=rate)
    return x


def conservative(net: Dense, x: Tensor, above: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Means over the rows of (f(x) - y)^2 and of f(above) - f(x), two scalars.

    Args:
        net: the network, f.
        x: rows of the table, (B, D).
        above: where they rise to, (B, D); no gradient goes through it.
        y: scores of the rows, (B,).
    """
    low, high = net(torch.cat([x, above])).split(len(x))
    return (low - y).square().mean(), (high - low).mean()


# For a CPU: the network's width is not the published one.
coms_small = COMs(width=256)
