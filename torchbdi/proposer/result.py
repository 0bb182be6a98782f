"""What a run of propose gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..kernels.errors import InputError
from .backtest import Backtest
from .model import Chosen
from .problem import Problem
from .settings import Settings
from .table import Values
from .trust import Quality


@dataclass(frozen=True)
class Proposals:
    """Designs that should score well, the best predicted first, with what is known of them.

    Attributes:
        columns: the designs in the person's own columns and units, each (n,).
        predicted: predicted score, (n,). Chosen to be high, it tends to be too good.
        error: the error that a measurement there would have (a standard deviation), by the
            regression's posterior and the errors made on known designs that are predicted about
            as high, each left out in turn, (n,).
        distance: to the nearest known design, in standard deviations, (n,).
        nearest: positions of the nearest known designs among the distinct ones, (n,).
        start: positions of the known designs that the proposals are told from: the nearest of the
            64 best ones, with the same values in columns that are held, (n,).
        far: whether a proposal lies farther from every known design than 99 % of them do, (n,).
        notes: what else to know of each proposal, "" where nothing, n texts.
        quality: how well the model predicts known designs that it has not seen.
        model: the regression that was chosen.
        unseen: how many new designs there are in all, where they can be counted; else None.
        backtest: whether the best known designs would have been found; None where that was not
            asked for, or the table has fewer than 40 designs.
        problem: the table as it was understood; ``problem.remarks`` says what was done to it.
        settings: the person's choices.
    """

    columns: Mapping[str, Values]
    predicted: np.ndarray
    error: np.ndarray
    distance: np.ndarray
    nearest: np.ndarray
    start: np.ndarray
    far: np.ndarray
    notes: tuple[str, ...]
    quality: Quality
    model: Chosen
    unseen: int | None
    problem: Problem
    settings: Settings
    backtest: Backtest | None = None

    def __len__(self) -> int:
        return len(self.predicted)

    def outlook(self) -> str:
        """The best known score, and how many proposals are predicted above it, in a sentence."""
        known = self.problem
        best = known.best()[0]
        sign = -1 if self.settings.minimize else 1
        above = int((sign * self.predicted > sign * known.scores[best]).sum())
        side = "below" if self.settings.minimize else "above"
        text = (
            f"The best known {known.score} is {known.scores[best]:.6g} (row {known.rows[best]}); "
            f"{above} of {len(self)} proposals are predicted {side} it."
        )
        if not above:
            text += (
                " Warning: none of them is expected to be better than what is known; making them "
                "would teach the model, and little more."
            )
        return text

    @property
    def nearest_row(self) -> np.ndarray:
        """Row number of the nearest known design, (n,): see :attr:`Table.rows`."""
        return self.problem.rows[self.nearest]

    @property
    def start_row(self) -> np.ndarray:
        """Row number of the design that each proposal is told from, (n,)."""
        return self.problem.rows[self.start]

    @property
    def x(self) -> np.ndarray:
        """The designs as numbers, (n, D) in the order of the columns.

        Raises:
            InputError: a column holds text; use ``columns``.
        """
        for name, values in self.columns.items():
            if values.dtype != np.float64:
                raise InputError(f"column {name!r} holds text: use .columns.")
        return np.stack(list(self.columns.values()), axis=1)
