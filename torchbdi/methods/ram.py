"""RaM: a network that learns to rank the table, and ascent on it."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import torch
from torch import Tensor

from ..kernels.errors import InputError
from ..network import seeded
from ._ascending import Designs, Units, all_numbers, ascend
from ._designs import as_module_takes, own_rates
from ._lists import ListLoss, add_gradients, draw_lists, list_net, rank_cosine
from ._mlp import Dense
from ._rows import train_rows
from ._stages import Held, Stages
from .base import Method, Result, Run, setting

if TYPE_CHECKING:
    from ..data import OfflineData

_NET, _ROWS, _LISTS, _ORDER = range(4)  # what a seed is used for


@dataclass(frozen=True)
class RaM(Method):
    """Ranking models (Offline-RaM, commit 389e4bc): a network trained on lists of rows.

    The network's output on the table is standardised, and the n best rows rise on it by Adam.
    Two defects of the source are mended: it takes the last epoch for its best one, and it draws
    the lists that choose the epoch from the rows that it trains on.
    """

    revision: ClassVar[int] = 1
    fidelity = "defect mended"

    as_published: bool = False
    """Bring the source's defects back: the last epoch in place of the best one (the kept weights
    share their storage with those in training), and validation lists of the trained rows.

    Ours: off. Offline-RaM: on.
    """
    loss: Literal["listnet", "rankcosine"] = "listnet"
    """ListNet: cross entropy of the softmax of scores and outputs; RankCosine: 1 - Pearson.

    Offline-RaM: both; ListNet is its best. Its paper prints the cosine without centring, its code
    centres.
    """
    lists: int = setting(10_000, at_least=2)
    """Lists of rows, for training and validation.

    Offline-RaM.
    """
    list_size: int | None = setting(None, at_least=2)
    """Different rows in a list.

    None: 1000, as Offline-RaM, or as many as there are rows to draw them from (ours).
    """
    validation: float = setting(0.2, above=0.0, below=1.0)
    """Share of the lists, and of the rows that they come from, that only choose the epoch.

    Offline-RaM for the lists. For the rows: ours, so that no list holds rows of both
    kinds.
    """
    list_batch: int = setting(128, at_least=1)
    """Lists in a step; what is left over at the end of an epoch is dropped.

    Offline-RaM.
    """
    width: int = setting(2048, at_least=1)
    """Hidden units a layer.

    Offline-RaM.
    """
    depth: int = setting(3, at_least=1)
    """Dense layers, with ReLUs between them.

    Offline-RaM: two hidden ones and the output.
    """
    net_epochs: int = setting(100, at_least=1)
    """Passes over the lists.

    Offline-RaM's code; its paper says 200.
    """
    net_lr: float = setting(3e-4, above=0.0)
    """Adam's rate for the network.

    Offline-RaM.
    """
    weight_decay: float = setting(1e-5, at_least=0.0)
    """Added to the gradient, times the weights.

    Offline-RaM.
    """
    steps: int | None = setting(None, at_least=1)
    """Steps of the designs.

    None: 200 where all columns are numbers, else 100. Offline-RaM.
    """
    lr: float | tuple[float, ...] | None = setting(None, at_least=0.0)
    """Adam's rate for the designs, one for all features or a list with one for each.

    None: 0.1 for features that are logits of classes and 1e-3 for numbers. Offline-RaM.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        kept = round(self.lists * self.validation)
        if min(kept, self.lists - kept) < self.list_batch:
            raise InputError(
                f"RaM: lists={self.lists} are {self.lists - kept} to train on and {kept} to "
                f"validate; each must fill a batch of list_batch={self.list_batch}."
            )

    def settings_for(self, data: OfflineData) -> dict[str, Any]:
        """See :meth:`Method.settings_for`; steps and lr go by the kinds of the columns.

        Raises:
            InputError: the table is too small for a list.
        """
        own = super().settings_for(data)
        if self.steps is None:
            own["steps"] = 200 if all_numbers(data) else 100
        own["lr"] = own_rates(type(self).__name__, self.lr, data)
        if self.list_size is None:
            held = self._held_out(len(data.x))
            size = min(1000, *((held, len(data.x) - held) if held else (len(data.x),)))
            if size < 2:
                raise InputError(
                    f"RaM: of the {len(data.x)} rows {held} are held out; a list needs two rows of "
                    "either kind. Give more rows."
                )
            own["list_size"] = size
        return own

    def solve(self, data: OfflineData, n: int, run: Run | None = None) -> Result:
        """See :meth:`Method.solve`; x is in the order of the starts, the best first.

        Raises:
            InputError: a list is longer than the rows that it is drawn from.
        """
        own, run = self.begin(data, n, run)
        stages = Stages(own, data, run)
        units, value, facts = own._model(data, run, stages)
        assert own.steps is not None
        designs = Designs(units.starts(data, n), "adam", as_module_takes(own.lr), units)
        ascend(stages, designs, own.steps, value)
        with torch.no_grad():
            predicted = value(designs.x).double().cpu()
        return Result(designs.standardised(), predicted, facts, data.best(n))

    def score(self, data: OfflineData, x: Tensor, run: Run | None = None) -> Tensor:
        """See :meth:`Method.score`; the network's output, standardised on the table."""
        own, run = self.begin(data, 1, run)
        units, value, _ = own._model(data, run, Stages(own, data, run))
        with torch.no_grad():
            return value(units.of(x)).double().cpu()

    def _model(
        self, data: OfflineData, run: Run, stages: Stages
    ) -> tuple[Units, Callable[[Tensor], Tensor], dict[str, float | int | str]]:
        """The trained network with its output standardised on the table."""
        assert self.list_size is not None
        trained, held = self._rows(data, run.seed)
        if self.list_size > min(len(trained), len(held)):
            raise InputError(
                f"RaM: list_size={self.list_size} different rows are more than the "
                f"{min(len(trained), len(held))} that a list is drawn from; lower it."
            )
        kept = round(self.lists * self.validation)
        train, validate = (
            draw_lists(rows, count, self.list_size, seeded(run.seed, _LISTS, i)).to(run.device)
            for i, (rows, count) in enumerate(((trained, self.lists - kept), (held, kept)))
        )
        units = Units(data, False, run.device)
        x, y = units.of(data.x), data.y.to(run.device, torch.float32)
        sizes = [x.shape[1], *[self.width] * (self.depth - 1), 1]
        net = Dense(sizes, "torch", "relu", seeded(run.seed, _NET)).to(run.device)
        adam = torch.optim.Adam(
            net.parameters(), lr=self.net_lr, weight_decay=self.weight_decay, fused=True
        )
        best = Held(loss=math.inf, epoch=0, weights=copy.deepcopy(net.state_dict()))
        loss_of = list_net if self.loss == "listnet" else rank_cosine

        def epoch(i: int) -> dict[str, float]:
            order = torch.randperm(len(train), generator=seeded(run.seed, _ORDER, i))
            batches = order[: len(order) // self.list_batch * self.list_batch]
            total = 0.0
            for some in batches.to(run.device).split(self.list_batch):
                adam.zero_grad()
                total += float(add_gradients(net, x, y, train[some], loss_of))
                adam.step()
            now = self._validated(net, x, y, validate, loss_of)
            if now < best["loss"] or self.as_published:
                best["loss"], best["epoch"] = now, i
                best["weights"] = copy.deepcopy(net.state_dict())
            return {"loss/train": total * self.list_batch / len(batches), "loss/validation": now}

        parts = {"net": net, "adam": adam, "best": best}
        stages.go("ranking", self.net_epochs, "epochs of the ranking", parts, epoch)
        net.load_state_dict(best["weights"])
        net.requires_grad_(False)
        f = net.scores(x)
        mean, std = f.mean(), f.std(correction=0)
        if not float(std) > 0:
            raise InputError("RaM: the network gives all rows the same. Lower net_lr.")
        facts: dict[str, float | int | str] = {
            "epoch": int(best["epoch"]),
            "loss_validation": float(best["loss"]),
        }
        return units, lambda designs: (net(designs) - mean) / std, facts

    def _rows(self, data: OfflineData, seed: int) -> tuple[Tensor, Tensor]:
        """The rows that lists to train on and lists to validate are drawn from."""
        count = len(data.x)
        trained, held = train_rows(count, self._held_out(count), seed, _ROWS)
        return trained, held if len(held) else trained

    def _held_out(self, count: int) -> int:
        """How many rows no list to train on may hold."""
        return 0 if self.as_published else max(1, round(self.validation * count))

    def _validated(
        self, net: Dense, x: Tensor, y: Tensor, lists: Tensor, loss_of: ListLoss
    ) -> float:
        """The loss of validation lists, of whole batches only."""
        f = x.new_zeros(len(x))
        rows = lists.unique()
        f[rows] = net.scores(x[rows])
        batches = lists[: len(lists) // self.list_batch * self.list_batch].split(self.list_batch)
        return sum(float(loss_of(f[some], y[some])) for some in batches) / len(batches)


# For a CPU. Fewer lists and lists in a step than published, so that a step scores a fifth of the
# rows of TF Bind 8 and not all of them.
ram_small = RaM(width=256, lists=1000, list_batch=8, net_epochs=50)
