"""Grad: gradient ascent on a deep network's prediction, as BDI's paper compares with it."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from ..network import seeded
from ._ascending import Designs, Units, all_numbers, ascend
from ._designs import as_module_takes, own_rates
from ._epochs import one_epoch
from ._mlp import Dense
from ._rows import train_rows
from ._stages import Held, Stages
from .base import Method, Result, Run, setting

if TYPE_CHECKING:
    from ..data import OfflineData

_NET, _ROWS, _ORDER = range(3)  # what a seed is used for


@dataclass(frozen=True)
class Grad(Method):
    """Gradient ascent on a network of six layers; an adaptation.

    BDI's paper names six layers of 2048 ReLUs and Adam, and its code for this row is not public.
    What it leaves open is taken from the nearest that its group published, the gradient baseline
    beside parallel mentoring and importance-aware co-teaching, which has two hidden layers and
    scores otherwise. design-baselines' gradient ascent is another method, ``grad_db``.
    """

    revision: ClassVar[int] = 1
    fidelity = "adaptation"

    width: int = setting(2048, at_least=1)
    """Hidden units a layer.

    Paper: 2048.
    """
    depth: int = setting(6, at_least=1)
    """Dense layers, with ReLUs between them.

    Paper: 6.
    """
    net_epochs: int = setting(200, at_least=1)
    """Passes over the table.

    The group's later code: 200; the paper does not say.
    """
    net_batch: int = setting(128, at_least=1)
    """Rows a step; the last batch of a pass may have fewer.

    The group's later code: 128; the paper does not say.
    """
    net_lr: float = setting(3e-4, above=0.0)
    """Adam's first rate for the network; it falls to 0 as a cosine, an epoch at a time.

    Ours; the paper does not say. The group's later code has 0.1, for two layers.
    """
    validation: float = setting(0.1, above=0.0, below=1.0)
    """Share of the rows that choose the epoch, that of their largest Pearson correlation.

    The group's later code: 0.1; the paper does not say.
    """
    steps: int | None = setting(None, at_least=1)
    """Steps of the designs.

    None: 200 where all columns are numbers, else 100. The group's later code; the
    paper does not say.
    """
    lr: float | tuple[float, ...] | None = setting(None, at_least=0.0)
    """Adam's rate for the designs, one for all features or a list with one for each.

    None: 0.1 for features that are logits of classes and 1e-3 for numbers. The group's later code;
    the paper does not say.
    """

    def settings_for(self, data: OfflineData) -> dict[str, Any]:
        """See :meth:`Method.settings_for`; steps and lr go by the kinds of the columns."""
        own = super().settings_for(data)
        if self.steps is None:
            own["steps"] = 200 if all_numbers(data) else 100
        return {**own, "lr": own_rates(type(self).__name__, self.lr, data)}

    def solve(self, data: OfflineData, n: int, run: Run | None = None) -> Result:
        """See :meth:`Method.solve`; x is in the order of the starts, the best first."""
        own, run = self.begin(data, n, run)
        stages = Stages(own, data, run)
        units, net, facts = own._trained(data, run, stages)
        assert own.steps is not None
        designs = Designs(units.starts(data, n), "adam", as_module_takes(own.lr), units)
        ascend(stages, designs, own.steps, net)
        predicted = net.scores(designs.x).double().cpu()
        return Result(designs.standardised(), predicted, facts, data.best(n))

    def score(self, data: OfflineData, x: Tensor, run: Run | None = None) -> Tensor:
        """See :meth:`Method.score`; the network's prediction."""
        own, run = self.begin(data, 1, run)
        units, net, _ = own._trained(data, run, Stages(own, data, run))
        return net.scores(units.of(x)).double().cpu()

    def _trained(
        self, data: OfflineData, run: Run, stages: Stages
    ) -> tuple[Units, Dense, dict[str, float | int | str]]:
        units = Units(data, False, run.device)
        x, y = units.of(data.x), data.y.to(run.device, torch.float32)
        left_out = max(1, round(self.validation * len(x)))
        train, held = train_rows(len(x), min(left_out, len(x) - 1), run.seed, _ROWS)
        sizes = [x.shape[1], *[self.width] * (self.depth - 1), 1]
        net = Dense(sizes, "torch", "relu", seeded(run.seed, _NET)).to(run.device)
        optimizer = torch.optim.Adam(net.parameters(), lr=self.net_lr, fused=True)
        best = Held(pearson=-math.inf, epoch=0, weights=copy.deepcopy(net.state_dict()))

        def loss(rows: Tensor, generator: torch.Generator) -> Tensor:
            return (net(x[rows]) - y[rows]).square().mean()

        def epoch(i: int) -> dict[str, float]:
            optimizer.param_groups[0]["lr"] = cosine(self.net_lr, i, self.net_epochs)
            generator = seeded(run.seed, _ORDER, i)
            error = one_epoch(net, loss, train, self.net_batch, optimizer, generator)
            now = pearson(net.scores(x[held]), y[held])
            if now > best["pearson"]:
                best["pearson"], best["epoch"] = now, i
                best["weights"] = copy.deepcopy(net.state_dict())
            return {"loss/train": error, "pearson/validation": now}

        parts = {"net": net, "optimizer": optimizer, "best": best}
        stages.go("training", self.net_epochs, "epochs of the network", parts, epoch)
        net.load_state_dict(best["weights"])
        facts: dict[str, float | int | str] = {
            "epoch": int(best["epoch"]),
            "pearson_validation": float(best["pearson"]),
        }
        return units, net.requires_grad_(False), facts


def cosine(lr: float, epoch: int, epochs: int) -> float:
    """The rate of an epoch, counted from 1: lr in the first one, and 0 only after the last."""
    return lr * (1 + math.cos(math.pi * (epoch - 1) / epochs)) / 2


def pearson(f: Tensor, y: Tensor) -> float:
    """Pearson's correlation of two (n,); 0 where either is the same everywhere."""
    f, y = f.double() - f.double().mean(), y.double() - y.double().mean()
    size = float(f.norm() * y.norm())
    return float(f @ y) / size if size > 0 else 0.0


# For a CPU: the network's width is not the published one.
grad_small = Grad(width=256)
