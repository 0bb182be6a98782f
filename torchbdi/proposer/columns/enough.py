"""Whether the scores of a table are enough, and different enough, to learn from."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...kernels.errors import InputError
from ..reading.table import show_number
from .kinds import Kind, left_out_told

FEWEST_ROWS, FEWEST_DESIGNS = 10, 9


def each_score(
    source: str, score: str, numbers: np.ndarray, candidate: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The row of every score, and the score, (n,) each; repeated scores of a row are as many.

    Args:
        source: of the table, for messages.
        score: name of the score.
        numbers: repeated scores of the rows, (N, K); NaN where there is none.
        candidate: which rows are designs to choose from, (N,) bool.

    Raises:
        InputError: they are too few, or all are the same.
    """
    if (~candidate).sum() < FEWEST_ROWS:
        raise InputError(
            f"{source}: {(~candidate).sum()} rows with a score; at least {FEWEST_ROWS} are "
            "needed, and a model of fewer than about 50 should not be trusted."
        )
    row, at = np.nonzero(~np.isnan(numbers))
    y = numbers[row, at]
    if np.ptp(y) <= 1e-12 * np.abs(y).max():
        raise InputError(
            f"column {score!r}: every score is {show_number(y[0])}. There is nothing to learn."
        )
    return row, y


def require_different(
    source: str, score: str, rows: int, taken: np.ndarray, kinds: Mapping[str, Kind]
) -> None:
    """Raises InputError where different designs are too few, or their scores all the same.

    Args:
        source: of the table, for messages.
        score: name of the score.
        rows: scored rows.
        taken: the score of every different design, (n,).
        kinds: of the columns; without those that were left out rows can be the same.
    """
    if len(taken) < FEWEST_DESIGNS:
        raise InputError(
            f"{source}: only {len(taken)} of {rows} rows are different designs; at least "
            f"{FEWEST_DESIGNS} are needed.{left_out_told(kinds)}"
        )
    if not taken.std() > 1e-12 * np.abs(taken).max():
        raise InputError(
            f"column {score!r}: the mean score of every different design is the same. There is "
            "nothing to learn."
        )
