"""What a method proposes, and what it says of its work."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from ..inputs import as_float64, check_finite
from ..kernels.errors import InputError
from ..values import instance


@dataclass(frozen=True, eq=False)
class Result:
    """What a method proposes.

    Attributes:
        x: designs, (n, D) float64, standardised, the most trusted first; in the order of the
            starts where starts are moved. Random draws and what ``bdi_search`` and
            ``kernel_search`` find are designs of the space, and the best rows are as the table has
            them. All other methods keep bounds and what is fixed, but may leave numbers between
            their levels and features between classes. Those that move designs by gradients do not
            keep what couples columns (``space.constraints`` and ``space.at_most``), either.
            ``data.space.project(x)`` gives the nearest designs that meet all of it. Both
            ``x`` and ``predicted`` are detached from any graph of gradients.
        predicted: the method's own prediction of their scores, (n,), standardised; None where it
            has none.
        facts: what else it says of its work, for metrics.json.
        starts: rows of the table that the designs were moved from, (n,); None where there are
            none.

    Raises:
        InputError: a shape is wrong, a number is not finite, or a fact is no number and no text.
    """

    x: Tensor
    predicted: Tensor | None = None
    facts: dict[str, float | int | str] = field(default_factory=dict)
    starts: Tensor | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", as_float64("x", self.x).detach())
        if self.x.ndim != 2:
            raise InputError(f"Result: x must be (n, D), got {tuple(self.x.shape)}.")
        check_finite("Result: x", self.x, "Return finite designs.")
        if self.predicted is not None:
            predicted = as_float64("predicted", self.predicted).detach()
            object.__setattr__(self, "predicted", predicted)
            if not torch.isfinite(self.predicted).all():
                raise InputError("Result: predicted must be finite; None where there is none.")
        for name, value in (("predicted", self.predicted), ("starts", self.starts)):
            if value is not None:
                instance("Result", name, value, Tensor, "a torch.Tensor or None")
            if value is not None and value.shape != self.x.shape[:1]:
                raise InputError(
                    f"Result: {name} must have shape ({len(self.x)},) as x, got "
                    f"{tuple(value.shape)}."
                )
        instance("Result", "facts", self.facts, dict, "a dict")
        for name, fact in self.facts.items():
            if not isinstance(name, str) or not name:
                raise InputError(f"Result: the name of a fact must be a text, got {name!r}.")
            if isinstance(fact, np.integer | np.floating):
                self.facts[name] = fact = fact.item()
            if type(fact) not in (float, int, str):
                raise InputError(f"Result: fact {name} is {fact!r}; facts are numbers and text.")
