"""What a table says: its columns, its distinct designs and their scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..space.constraints import Linear
from ..space.present import AtMost
from .columns.column import Classes, Numbers
from .columns.different import Different
from .columns.grids import Grid
from .columns.nothing import Absent
from .reading.table import Table, Values
from .rules.derived import Derived
from .rules.looked_up import LookedUp


@dataclass(frozen=True)
class Understood:
    """A table whose columns are known.

    Attributes:
        table: the rows with a score that are used, as they came.
        left: the rows that were left out with their scores, as they came.
        tried: the columns that vary, at the different designs that failed or wait and have no
            score, (T,) each: these are not proposed again.
        score: its name.
        score_columns: the columns that it is read from.
        columns: those that vary.
        values: of those columns, at the distinct designs, (N,) each.
        constants: columns that are the same in every row, with that value.
        following: columns that follow from others, and are not searched; each behind those that it
            follows from.
        order: all columns of a design, in the order of the table.
        scores: mean score of each distinct design, (N,).
        taken: what the model takes for it, (N,): the same, but for scores that were limited.
        rows: number of the first row of each distinct design, (N,).
        counts: rows of each, (N,).
        noise: standard deviation of scores of the same design; None without repetitions.
        noise_log: that of their logarithms; None where a score is not positive, too.
        repetitions: rows that repeat the design of another one: the noise's degrees of freedom.
        fixed: columns that are fixed at a value, with that value.
        grids: what the columns of numbers can have, by name.
        rules: linear rules between columns of numbers.
        at_most: rules on how many parts are present.
        absent: names for nothing, and amounts that are 0 with them.
        different: columns that are never the same.
        candidates: designs to choose from, the columns that vary, (M,) each; None for any design.
        candidate_rows: their rows, (M,).
        n: how many designs to propose.
        limits: the two values of a score that has no others, which predictions stay within; else
            None.
        choices_of: the table that the choices were made for, where it is another one (its name,
            hash, and rows with a score); else None.
        remarks: what a person should know about the table, one sentence or two each.
    """

    table: Table
    left: Table
    tried: Mapping[str, Values]
    score: str
    score_columns: tuple[str, ...]
    columns: tuple[Numbers | Classes, ...]
    values: Mapping[str, Values]
    constants: Mapping[str, float | str]
    following: Mapping[str, LookedUp | Derived]
    order: tuple[str, ...]
    scores: np.ndarray
    taken: np.ndarray
    rows: np.ndarray
    counts: np.ndarray
    noise: float | None
    noise_log: float | None
    repetitions: int
    fixed: Mapping[str, float | str]
    grids: Mapping[str, Grid]
    rules: tuple[Linear, ...]
    at_most: tuple[AtMost, ...]
    absent: tuple[Absent, ...]
    different: tuple[Different, ...]
    candidates: Mapping[str, Values] | None
    candidate_rows: np.ndarray
    n: int
    limits: tuple[float, float] | None
    choices_of: Mapping[str, Any] | None
    remarks: tuple[str, ...]

    @property
    def rows_used(self) -> int:
        """How many rows of the table have a score and are used."""
        return len(set(self.table.rows.tolist()))
