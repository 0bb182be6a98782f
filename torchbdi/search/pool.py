"""The best different designs that a search has met."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..space import Space

SAME = 1e-7  # by how much, relatively, a value must be better to be another one


class Pool:
    """At most ``size`` designs, the best first; of two with one key the better one stays.

    Args:
        size: how many are kept.
        width: D.

    Attributes:
        x: (K, D).
        value: (K,), descending.
        key: (K,), int64.
        done: (K,), bool, what the search has finished with.
    """

    def __init__(self, size: int, width: int):
        self.size = size
        self.x = torch.zeros(0, width, dtype=torch.float64)
        self.value = torch.zeros(0, dtype=torch.float64)
        self.key = torch.zeros(0, dtype=torch.int64)
        self.done = torch.zeros(0, dtype=torch.bool)

    def __len__(self) -> int:
        return len(self.value)

    @property
    def worst(self) -> float:
        """What a new design has to be better than; -inf while there is room."""
        return -torch.inf if len(self) < self.size else float(self.value[-1])

    def add(self, x: Tensor, value: Tensor, key: Tensor) -> None:
        """Takes in designs; one that is there already stays as it is unless the new is better."""
        good = value > -torch.inf
        if len(self):
            # The same design reached from elsewhere has the same value but for rounding.
            order = torch.argsort(self.key)
            at = order[torch.searchsorted(self.key[order], key).clamp_max(len(self) - 1)]
            old = self.value[at]
            good &= (self.key[at] != key) | (value > old + SAME * (1 + old.abs()))
        value = torch.cat([self.value, value[good]])
        key = torch.cat([self.key, key[good]])
        x = torch.cat([self.x, x[good]])
        fresh = torch.zeros(len(value) - len(self), dtype=torch.bool)
        done = torch.cat([self.done, fresh])
        order = torch.argsort(value, descending=True, stable=True)
        keep, seen = [], set()
        for i, k in zip(order.tolist(), key[order].tolist(), strict=True):
            if k not in seen:
                seen.add(k)
                keep.append(i)
                if len(keep) == self.size:
                    break
        at = torch.tensor(keep, dtype=torch.int64)
        self.x, self.value, self.key, self.done = x[at], value[at], key[at], done[at]

    def state(self) -> dict[str, Any]:
        """What :meth:`load` takes."""
        return {"x": self.x, "value": self.value, "key": self.key, "done": self.done}

    def load(self, state: dict[str, Any]) -> None:
        """Goes back to where a pool stood."""
        for name in ("x", "value", "key", "done"):
            setattr(self, name, state[name])


def best_different(space: Space, x: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """Designs of finite value among some (n, D), the best first, each once, and their values."""
    order = torch.argsort(value, descending=True, stable=True)
    order = order[value[order] > -torch.inf]
    order = order[space.distinct(x[order])]
    return x[order], value[order]
