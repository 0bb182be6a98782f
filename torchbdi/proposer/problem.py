"""From a table that was understood to what the solve needs: designs and scores, standardised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..space import Space
from .settings import Settings
from .space import DesignSpace
from .table import Table, Values
from .understand import Understood, understand


@dataclass(frozen=True)
class Problem(Understood):
    """A table made ready; see :class:`.understand.Understood` for what it says in plain words.

    Attributes:
        space: between columns and features.
        x_l: encoded distinct designs, (N, D).
        y_l: standardised mean scores, (N,), large is good.
        y_mean: mean of the scores.
        y_scale: units of score for one unit of y_l; negative where low scores are good.
    """

    space: DesignSpace
    x_l: Tensor
    y_l: Tensor
    y_mean: float
    y_scale: float

    @property
    def design_space(self) -> Space:
        """What a design may be: the columns that vary, in the order of the table, with rules.

        A sequence has a column a site. It is fitted to the distinct designs.
        """
        return self.space.space

    def best(self) -> np.ndarray:
        """The distinct designs from best to worst, ties in the order of the table, (N,)."""
        return torch.argsort(self.y_l, descending=True, stable=True).numpy()

    def in_units(self, y: Tensor) -> np.ndarray:
        """Standardised scores in the person's units."""
        return y.numpy() * self.y_scale + self.y_mean


def make_problem(
    table: Table, score: str, y: Values | Mapping[str, Values], settings: Settings
) -> Problem:
    """Checks a table and makes it ready.

    Args:
        table: the designs, without the score.
        score: name of the score.
        y: the scores, (N,); or several columns of them by name, which are repetitions.
        settings: the person's choices.

    Raises:
        InputError: what is wrong with the table, where, and what to do.
    """
    return ready(understand(table, score, y, settings), settings)


def ready(understood: Understood, settings: Settings) -> Problem:
    """Makes a table that was understood ready.

    Raises:
        InputError: no column varies by more than rounding, or no design meets all rules.
    """
    grids = {name: grid.number for name, grid in understood.grids.items()}
    space = DesignSpace.fit(
        understood.columns, understood.values, grids, understood.rules, understood.at_most
    )
    sign = -1.0 if settings.minimize else 1.0
    means = understood.scores
    mean, std = float(means.mean()), float(means.std())
    return Problem(
        **vars(understood),
        space=space,
        x_l=space.encode(understood.values),
        y_l=torch.from_numpy((means - mean) / (sign * std)),
        y_mean=mean,
        y_scale=sign * std,
    )
