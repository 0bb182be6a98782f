"""What a run of propose gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..kernels.errors import InputError
from .columns.column import Classes
from .digits import digits, short
from .model.chosen import Chosen
from .model.problem import Problem
from .model.trust import Quality
from .outlook import outlook
from .reading.table import Values
from .reading.ways import Ways
from .search.backtest import Backtest
from .settings import Settings


@dataclass(frozen=True, eq=False)
class Proposals:
    """Designs that should score well, the best predicted first, with what is known of them.

    Attributes:
        columns: the designs in the person's own columns and units, each (n,).
        predicted: predicted score, (n,). Chosen to be high, it tends to be too good.
        error: the error that a measurement there would have (a standard deviation), by the
            regression's posterior and the errors made on known designs that are predicted about
            as high, each left out in turn, (n,). Where the logarithm of the score is modelled, half
            of high - low.
        low: two thirds of measurements lie between this, (n,) ...
        high: ... and this, (n,): the prediction less and plus its error, where the score itself
            is modelled.
        distance: to the nearest known design, in standard deviations, (n,).
        nearest: positions of the nearest known designs among the distinct ones, (n,).
        start: positions of the known designs that the proposals are told from: the nearest of the
            64 best ones, with the same values in columns that are held, (n,).
        unknown: whether the range of a prediction leaves out no known score, or reaches as far
            above the best as that is above the worst, so that it says nothing, (n,). Such
            proposals are the last.
        apart: to the nearest other proposal, in standard deviations, (n,); infinite where there is
            one proposal alone.
        far: whether a proposal lies farther from every known design than 99 % of them do, (n,).
        notes: what else to know of each proposal, "" where nothing, n texts.
        quality: how well the model predicts known designs that it has not seen.
        model: the regression that was chosen.
        unseen: how many new designs there are in all, where they can be counted; else None. Of
            sequences those count whose letters stand where some known one has them, if these are
            enough.
        sites: at how many sites proposals differ from a known design at most; None where that was
            not limited.
        candidate: positions of the proposals among ``problem.candidates``, (n,); None where no row
            of the table is without a score.
        close: how many lie less than 0.1 standard deviations from a known design or from another
            proposal, as they do where no others are left.
        backtest: whether the best known designs would have been found; None where that was not
            asked for, or the table has fewer than 40 designs.
        problem: the table as it was understood; ``problem.remarks`` says what was done to it.
        settings: the person's choices.
        quality_without: the quality of a model of the designs whose scores do not lie far from all
            others; None where all are alike or limited, and above 1,000 designs.
    """

    columns: Mapping[str, Values]
    predicted: np.ndarray
    error: np.ndarray
    low: np.ndarray
    high: np.ndarray
    distance: np.ndarray
    nearest: np.ndarray
    start: np.ndarray
    unknown: np.ndarray
    apart: np.ndarray
    far: np.ndarray
    notes: tuple[str, ...]
    quality: Quality
    model: Chosen
    unseen: int | None
    sites: int | None
    candidate: np.ndarray | None
    problem: Problem
    settings: Settings
    close: int = 0
    backtest: Backtest | None = None
    quality_without: Quality | None = None

    def __len__(self) -> int:
        return len(self.predicted)

    def outlook(self) -> str:
        """The best known score, and how many proposals are predicted above it, in a sentence.

        Where proposals are limited, it is the best one of the known designs that keep the limits.
        """
        to_choose = self.candidate is not None
        return outlook(self.problem, self.settings, self.predicted, self.unknown, to_choose)

    def __repr__(self) -> str:
        """What a notebook shows: the judgement, and no array of all that is known."""
        return (
            f"{len(self)} proposals for {self.problem.score!r}, in .columns, .predicted, .error "
            f"and .notes.\n{self.outlook()}\n{self.quality.verdict()}"
        )

    def without_told(self) -> str:
        """The judgement without the scores that lie far from all others; "" where none do."""
        q = self.quality_without
        if q is None:
            return ""
        return (
            f"Without the scores that lie far from all others: {q.verdict()} Rank correlation "
            f"{q.rank_correlation:.2f}, error {short(q.rmse)}."
        )

    def sites_told(self) -> str:
        """How far from known designs proposals may be; "" where that is not limited in sites."""
        if self.sites is None:
            return ""
        letters = any(isinstance(c, Classes) and c.sequence for c in self.problem.columns)
        what = "letters and levels" if letters else "columns"
        return (
            f"A proposal differs from a known design at {self.sites} of its free {what} "
            "at most: farther from what is known hardly any prediction could be tested."
        )

    def far_told(self) -> str:
        """How many proposals the judgement of the model says nothing about; "" where none."""
        far = int(self.far.sum())
        if not far:
            return ""
        lie, are = ("lies", "is") if far == 1 else ("lie", "are")
        return (
            f"{far} of {len(self)} proposals {lie} far outside the known designs and {are} marked: "
            "how much the model errs so far away was not tested."
        )

    def told(self, i: int) -> str:
        """The prediction of a proposal and its error, as a report has them; "unknown"."""
        if self.unknown[i]:
            return "unknown"
        if not self.problem.log:
            error = digits(self.error[i], self.error[i])
            return f"{digits(self.predicted[i], self.error[i])} ± {error}"
        middle, low, high = (short(own[i], 3) for own in (self.predicted, self.low, self.high))
        return f"{middle} ({low} to {high})"

    def scale_told(self) -> str:
        """Why logarithms are modelled, and how not to; "" where they are not."""
        if not self.model.log:
            return ""
        why = "as you said"
        if self.model.densities is not None:
            plain, log = self.model.densities
            why = (
                "each left out in turn, the scores are more probable by it (mean log density "
                f"{log:.2f}, and {plain:.2f} without)"
            )
        way = Ways(self.problem.table.typed)("score-scale", "plain")
        return (
            f"The logarithm of {self.problem.score} is modelled: {why}. Predictions are medians, "
            "and two thirds of measurements should lie in the range beside them. The score itself "
            f"is modelled with {way}."
        )

    @property
    def nearest_row(self) -> np.ndarray:
        """Row number of the nearest known design, (n,): see :attr:`Table.rows`."""
        return self.problem.rows[self.nearest]

    @property
    def start_row(self) -> np.ndarray:
        """Row number of the design that each proposal is told from, (n,)."""
        return self.problem.rows[self.start]

    @property
    def candidate_row(self) -> np.ndarray | None:
        """Row number of the row that each proposal is, (n,); None where no row has no score."""
        return None if self.candidate is None else self.problem.candidate_rows[self.candidate]

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
