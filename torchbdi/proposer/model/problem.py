"""From a table that was understood to what the solve needs: designs and scores, standardised."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...space import Space
from ..reading.table import Table, Values
from ..settings import Settings
from ..understand import understand
from ..understood import Understood
from .space import DesignSpace

NORMAL_LIMIT = 1.6448536269514722  # what a standard normal variable exceeds once in twenty times


@dataclass(frozen=True)
class Problem(Understood):
    """A table made ready; see :class:`..understood.Understood` for what it says in plain words.

    Attributes:
        space: between columns and features.
        x_l: encoded distinct designs, (N, D).
        x_tried: those that failed or wait and have no score, (T, D).
        y_l: standardised mean scores, or logarithms of these, (N,), large is good.
        y_mean: mean of the scores, or of their logarithms.
        y_scale: units of these for one unit of y_l; negative where low scores are good.
        log: whether y_l is made of logarithms.
    """

    space: DesignSpace
    x_l: Tensor
    x_tried: Tensor
    y_l: Tensor
    y_mean: float
    y_scale: float
    log: bool = False

    @property
    def design_space(self) -> Space:
        """What a design may be: the columns that vary, in the order of the table, with rules.

        A sequence has a column a site. It is fitted to the distinct designs.
        """
        return self.space.space

    def best(self) -> np.ndarray:
        """The distinct designs from best to worst, ties in the order of the table, (N,).

        Beside a score of 1e30 all others are the same once they are standardised.
        """
        own = self.taken * np.sign(self.y_scale)
        return np.lexsort((-own, -self.y_l.numpy()))

    def in_units(self, y: Tensor) -> np.ndarray:
        """Standardised scores in the person's units; an infinite one is possible after logs."""
        plain = y.numpy() * self.y_scale + self.y_mean
        with np.errstate(over="ignore"):
            return np.exp(plain) if self.log else plain

    @property
    def noise_l(self) -> float:
        """Variance of the noise of a design's mean score, in units of y_l squared; 0 if unknown."""
        noise = self.noise_log if self.log else self.noise
        if not noise:
            return 0.0
        return (noise / self.y_scale) ** 2 * float((1 / self.counts).mean())

    @property
    def least_noise_l(self) -> float:
        """The noise that repetitions prove, in units of y_l squared.

        It is the lower limit of ``noise_l``, with a confidence of 95 %: a few repetitions that
        happen to lie far apart do not forbid a model that explains the scores better.
        """
        if not self.noise_l:
            return 0.0
        return self.noise_l * self.repetitions / chi_squared_limit(self.repetitions)

    @property
    def single_l(self) -> float:
        """By how much more the variance of one measurement is, in units of y_l squared.

        That is, than ``noise_l``, where scores of the table are means of several.
        """
        noise = self.noise_log if self.log else self.noise
        return max(0.0, (noise / self.y_scale) ** 2 - self.noise_l) if noise else 0.0

    def on_scale(self, log: bool) -> Problem:
        """The same table with y_l made of logarithms of the scores, or of the scores."""
        return dataclasses.replace(
            self, log=log, **_standardised(self.taken, self.y_scale < 0, log)
        )

    def part(self, designs: np.ndarray) -> Problem:
        """What the solve needs of some of the designs, their scores standardised anew.

        The rest is left as it is.
        """
        taken = self.taken[designs]
        return dataclasses.replace(
            self, x_l=self.x_l[designs], taken=taken, counts=self.counts[designs],
            **_standardised(taken, self.y_scale < 0, self.log),
        )  # fmt: skip


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
    return Problem(
        **vars(understood),
        space=space,
        x_l=space.encode(understood.values),
        x_tried=space.encode(understood.tried),
        **_standardised(understood.taken, settings.minimize, log=False),
    )


def chi_squared_limit(freedom: int) -> float:
    """What a chi-squared variable of so many degrees of freedom exceeds once in twenty times.

    By its cube root, which is nearly normal (Wilson and Hilferty 1931): off by 2.5 % at one degree
    of freedom, and by less at more.
    """
    spread = 2 / (9 * freedom)
    return freedom * (1 - spread + NORMAL_LIMIT * spread**0.5) ** 3


def _standardised(scores: np.ndarray, minimize: bool, log: bool) -> dict[str, Any]:
    """y_l, y_mean and y_scale of a :class:`Problem`."""
    values = np.log(scores) if log else scores
    mean, std = float(values.mean()), float(values.std())
    scale = (-1.0 if minimize else 1.0) * max(std, 1e-300)
    return {"y_l": torch.from_numpy((values - mean) / scale), "y_mean": mean, "y_scale": scale}
