"""What in a table may not be what it seems: results, spellings, scores of two values."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ..kernels.errors import InputError
from .counting import are_dates, words_of
from .table import parse_number, show_number
from .ways import Ways, listed

# A column whose rank correlation with the score is above this is probably a result.
RESULT = 0.98
# Repetitions rank rows alike: those below this correlation are named, where rows are enough.
ALIKE, ENOUGH = 0.5, 10
# Repetitions in one unit spread alike; fractions and percent do not.
SPREADS = 5.0
# A unit behind a name, and words that say which of several results a column holds.
_PLAINLY = re.compile(r"[(\[{].*")
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_RESULT_WORDS = """
mean avg average median max min best final val valid validation test train training
"""
# Scores of which little is good, by their names.
_LOW = re.compile(
    r"(?<![^\W\d_])(loss(es)?|error|err|rmsep?|mse|mae|cost|price|rank|impurity|impurities|defects?"
    r"|(ic|ec|gi|ld)_?50|mic|kd|ki|toxicity|wear|waste)(?![^\W\d_])",
    re.IGNORECASE,
)
_OF_RESULTS = frozenset(_RESULT_WORDS.split())
_ERROR_WORDS = "sd std stdev stddev sem stderr rsd error err uncertainty fehler"
_ERRORS = frozenset(_ERROR_WORDS.split())
_DEVIATIONS = ({"standard", "deviation"}, {"st", "dev"})
# So many scores of this share of the rows are the best of all where there may be a limit; scores of
# few levels are ratings, and have one.
FEWEST, SHARE, LEVELS = 3, 0.05, 10
# Levels that part the scores are named where chance would do so less often than once in so many.
UNLIKELY = 1e6


def ranks_of(values: np.ndarray) -> np.ndarray:
    """Ranks of numbers (N,), ties at their mean rank, less the mean of all: (N,)."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return rank - rank.mean()


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation of a (N,) and b (N,), ties at their mean rank; 0 if constant."""
    ranks = [ranks_of(values) for values in (a, b)]
    size = float(np.sqrt((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum()))
    return float((ranks[0] * ranks[1]).sum()) / size if size > 0 else 0.0


def result_remarks(
    score: str, y: np.ndarray, columns: Mapping[str, np.ndarray], ways: Ways
) -> list[str]:
    """Names columns of numbers that rank the rows as the score does."""
    out = []
    for name, values in columns.items():
        r = rank_correlation(values, y)
        repetition = (
            f", or make it a repetition of the score ({ways('score', name)})" if ways.typed else ""
        )
        if abs(r) > RESULT:
            out.append(
                f"Column {name!r} is probably a result and nothing that can be chosen: it ranks "
                f"the rows as {score!r} does (rank correlation {r:.3f}). If so, leave it out "
                f"({ways('ignore', name)}){repetition}."
            )
    return out


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


def name_remarks(score: str, names: Iterable[str], ways: Ways) -> list[str]:
    """Names columns that are called like the score, or like the error of a measurement."""
    own = words_of(_PLAINLY.sub("", score)) - _OF_RESULTS
    out, errors = [], []
    for name in names:
        words = words_of(_PLAINLY.sub("", name))
        if own and own <= words:
            out.append(
                f"Column {name!r} is called like the score {score!r}. If it is a result too, or "
                f"the error of one, leave it out ({ways('ignore', name)})."
            )
        elif words & _ERRORS or any(words >= both for both in _DEVIATIONS):
            errors.append(name)
    if errors:
        which = "Column {} is" if len(errors) == 1 else "Columns {} are"
        out.append(
            f"{which.format(listed(errors, 3))} called like the error of a measurement. Leave out "
            f"what is one, and nothing that can be chosen ({ways('ignore', errors[0])})."
        )
    return out


def level_remarks(
    score: str, y: np.ndarray, columns: Mapping[str, np.ndarray], ways: Ways
) -> list[str]:
    """Names columns whose levels part the scores without overlap: grades, or rounded scores.

    Args:
        score: its name.
        y: scores, (N,).
        columns: of numbers or of names, (N,) each.
        ways: how options are typed.
    """
    out = []
    most = min(len(np.unique(y)), len(y) // 2)
    for name, values in columns.items():
        number = values.dtype == np.float64
        levels, codes, counts = np.unique(
            values if number else values.astype(str), return_inverse=True, return_counts=True
        )
        if not 2 <= len(levels) <= most:
            continue
        if number and abs(rank_correlation(values, y)) > RESULT:
            continue  # named as a result already
        # How often chance would part the rows so, as a logarithm.
        ways_to = math.lgamma(len(y) + 1) - sum(math.lgamma(int(c) + 1) for c in counts)
        orders = math.log(2.0) if number else math.lgamma(len(levels) + 1)
        if ways_to - orders > math.log(UNLIKELY) and _parts(codes, len(levels), y, number):
            out.append(
                f"Column {name!r} may be made from the score: its {len(levels)} levels part "
                f"{score!r} without overlap. If it is a result, and nothing that can be chosen, "
                f"leave it out ({ways('ignore', name)})."
            )
    return out


def _parts(codes: np.ndarray, levels: int, y: np.ndarray, number: bool) -> bool:
    """Whether each level (N,) has scores (N,) of its own range; of numbers in their order."""
    if number:
        orders = [codes, -codes]
    else:
        lowest = np.full(levels, np.inf)
        np.minimum.at(lowest, codes, y)
        highest = np.full(levels, -np.inf)
        np.maximum.at(highest, codes, y)
        orders = [np.lexsort((highest, lowest)).argsort()[codes]]
    return any((np.diff(order[np.lexsort((order, y))]) >= 0).all() for order in orders)


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


def mangled_remark(name: str, classes: tuple[str, ...]) -> str:
    """Names levels that a spreadsheet may have made dates of, as of 1-2; "" for none."""
    dates = [v for v in classes if are_dates([v]) and re.match(r"\d{4}-|.*[^\W\d_]", v)]
    if not dates or len(dates) == len(classes):
        return ""
    return (
        f"Column {name!r} has dates among its levels ({listed(dates, 4)}): spreadsheets make them "
        "of texts such as 1-2 or 1/10. If so, write there what it was."
    )


def spelling_remark(name: str, classes: tuple[str, ...]) -> str:
    """Names levels that differ by case, blanks, dashes or decimals only; "" for none."""
    same: dict[str, list[str]] = {}
    for level in classes:
        number = parse_number(level)
        text = unicodedata.normalize("NFKC", level) if number is None else show_number(number)
        key = "".join(_DASHES.sub("-", text.casefold()).split())
        same.setdefault(key, []).append(level)
    told = ["/".join(levels) for levels in same.values() if len(levels) > 1]
    if not told:
        return ""
    return (
        f"Column {name!r} has levels that differ by case, blanks and the like only and count as "
        f"different: {listed(told)}. Write them alike if they are the same."
    )
