"""The scores of a table, and the designs that they are of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .columns.column import Classes, Numbers
from .columns.outliers import far_away
from .columns.rows import distinct
from .reading.table import Table, Values


@dataclass(frozen=True)
class Scored:
    """Every score of a table, (n,), with its row and its design; a row can have several.

    Attributes:
        score: its name.
        score_columns: the columns that it is read from, S of them.
        numbers: these columns, NaN where there is no score, (N, S).
        table: the rows as they came, once for each score.
        row: positions among the N rows, (n,).
        y: the scores, (n,).
        far: which of them lie far from all others, (n,) bool.
        known: the columns that vary, (n,) each.
        index: position of the first score of each distinct design, (M,).
        groups: which distinct design each score is of, (n,).
        values: the columns that vary, at the distinct designs, (M,) each.
        counts: scores of each distinct design, (M,).
        means: their mean, (M,).
    """

    score: str
    score_columns: tuple[str, ...]
    numbers: np.ndarray
    table: Table
    row: np.ndarray
    y: np.ndarray
    far: np.ndarray
    known: Mapping[str, Values]
    index: np.ndarray
    groups: np.ndarray
    values: Mapping[str, Values]
    counts: np.ndarray
    means: np.ndarray


def scored_of(
    table: Table,
    score: str,
    score_columns: tuple[str, ...],
    numbers: np.ndarray,
    row: np.ndarray,
    y: np.ndarray,
    columns: Sequence[Numbers | Classes],
    varying: Mapping[str, Values],
) -> Scored:
    """Finds the distinct designs of the columns that vary; see :class:`Scored`.

    Args:
        table: all rows, N of them.
        score: its name.
        score_columns: the columns that it is read from.
        numbers: these columns, (N, S).
        row: positions among the N rows, (n,).
        y: the scores, (n,).
        columns: those that vary.
        varying: their values, (N,) each.
    """
    known = {name: values[row] for name, values in varying.items()}
    index, groups = distinct(columns, known)
    counts = np.bincount(groups)
    return Scored(
        score=score,
        score_columns=score_columns,
        numbers=numbers,
        table=table.take(row),
        row=row,
        y=y,
        far=far_away(y),
        known=known,
        index=index,
        groups=groups,
        values={name: column[index] for name, column in known.items()},
        counts=counts,
        means=np.bincount(groups, y) / counts,
    )
