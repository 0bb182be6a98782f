"""What to ask of scores: repetitions of one kind, which are good, of two values, at a limit."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from ...kernels.errors import InputError
from ..reading.table import show_number
from ..reading.ways import Ways
from .ranks import rank_correlation

# Repetitions rank rows alike: those below this correlation are named, where rows are enough.
ALIKE, ENOUGH = 0.5, 10
# Repetitions in one unit spread alike; fractions and percent do not.
SPREADS = 5.0
# Scores of which little is good, by their names.
_LOW = re.compile(
    r"(?<![^\W\d_])(loss(es)?|error|err|rmsep?|mse|mae|cost|price|rank|impurity|impurities|defects?"
    r"|(ic|ec|gi|ld)_?50|mic|kd|ki|toxicity|wear|waste)(?![^\W\d_])",
    re.IGNORECASE,
)
# So many scores of this share of the rows are the best of all where there may be a limit; scores of
# few levels are ratings, and have one.
FEWEST, SHARE, LEVELS = 3, 0.05, 10


def repetition_remarks(names: Sequence[str], numbers: np.ndarray) -> list[str]:
    """Says which columns of scores (N, S) rank the rows otherwise, or have another unit.

    Args:
        names: of the columns.
        numbers: with NaN where there is none.
    """
    out = []
    for i, name in enumerate(names):
        for j in range(i):
            both = np.isfinite(numbers[:, i]) & np.isfinite(numbers[:, j])
            if both.sum() < ENOUGH:
                continue
            r = rank_correlation(numbers[both, j], numbers[both, i])
            if r < ALIKE:
                out.append(
                    f"{names[j]!r} and {name!r} count as repetitions of one measurement, and a "
                    f"design has their mean, but they rank the rows differently (rank correlation "
                    f"{r:.2f}). If they are two measurements, give one as the score and leave the "
                    "other out."
                )
            else:
                small, large = sorted((i, j), key=lambda at: float(np.std(numbers[both, at])))
                spread = [float(np.std(numbers[both, at])) for at in (small, large)]
                if spread[1] > SPREADS * spread[0] > 0:
                    out.append(
                        f"{names[j]!r} and {name!r} count as repetitions of one measurement, and a "
                        f"design has their mean, but {names[large]!r} spreads "
                        f"{spread[1] / spread[0]:.0f} times as wide as {names[small]!r}. Have both "
                        "one unit? If not, write them in one, or give one as the score."
                    )
    return out[:3]


def direction_remark(names: Sequence[str], minimize: bool, ways: Ways) -> list[str]:
    """Says that high scores are sought where the name of a score is that of a loss, say."""
    if minimize or not (low := [name for name in names if _LOW.search(name)]):
        return []
    return [f"High values of {low[0]!r} are sought. If low ones are good, say {ways('minimize')}."]


def two_values_remark(score: str, y: np.ndarray) -> list[str]:
    """Says what predictions mean where a score has two values."""
    levels = np.unique(y)
    if len(levels) != 2:
        return []
    one, two = (show_number(v) for v in levels)
    return [
        f"{score!r} has two values, {one} and {two}: predictions rank designs by their chance "
        f"of {two}, and mean nothing below {one} or above {two}."
    ]


def limit_remark(score: str, y: np.ndarray, minimize: bool) -> list[str]:
    """Says what predictions mean where many scores (N,) are the best of all, as those of 100 %."""
    levels, counts = np.unique(y, return_counts=True)
    best, others = (0, counts[1:]) if minimize else (-1, counts[:-1])
    often = int(counts[best])
    # At the other end there may be a limit, too.
    usual = int(np.sort(others)[:-1].max(initial=1))
    if len(levels) < LEVELS or often < max(FEWEST, SHARE * len(y)) or often <= 2 * usual:
        return []
    return [
        f"{often} of {len(y)} scores are {show_number(levels[best])}, the best of all. If none can "
        f"be better, as with 100 % or at the end of a scale, a prediction "
        f"{'below' if minimize else 'above'} it says no more than that a design may reach it; "
        f"{score!r} does not tell the best designs apart."
    ]


def require_positive(y: np.ndarray, rows: np.ndarray, ways: Ways) -> None:
    """Refuses scores (N,) of rows (N,) that have no logarithm.

    Raises:
        InputError: names the least one and its row.
    """
    at = int(y.argmin())
    if not y[at] > 0:
        least = show_number(y[at])
        raise InputError(
            f"score_scale: logarithms need scores that are positive, and row {rows[at]} has "
            f"{least}. Leave its row out ({ways('take', least + '=out')}), or choose "
            f"{ways('score-scale', 'plain')}."
        )
