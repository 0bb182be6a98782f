"""Columns that may be results and nothing that can be chosen."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping

import numpy as np

from ..reading.ways import Ways, listed
from .ranks import rank_correlation
from .remark import Remark
from .words import words_in_order, words_of

# A column whose rank correlation with the score is above this is probably a result.
RESULT = 0.98
# A unit behind a name, and words that say which of several results a column holds.
_PLAINLY = re.compile(r"[(\[{].*")
_RESULT_WORDS = """
mean avg average median max min best final val valid validation test train training exp
experimental actual observed measured pred predicted calc calculated fitted
"""
_OF_RESULTS = frozenset(_RESULT_WORDS.split())
# What people set.
_SETTING_WORDS = """
t temp temperature temperatur temperatura zeit time duration pressure druck concentration conc
molarity ph dose dosage loading equiv equivalents eq stoichiometry speed rpm power voltage current
ratio flow feed rate amount volume
"""
_OF_SETTINGS = frozenset(_SETTING_WORDS.split())
_ERROR_WORDS = """
sd std stdev stddev sem stderr rsd error err uncertainty fehler residual residuals resid resi sres
tres pvalue pval
"""
_ERRORS = frozenset(_ERROR_WORDS.split())
_DEVIATIONS = ({"standard", "deviation"}, {"st", "dev"}, {"p", "value"})
# What is measured of a program or a model, and never set.
_METRIC_WORDS = "loss accuracy acc auc auroc rmse mae mse runtime perplexity"
_METRICS = frozenset(_METRIC_WORDS.split())
# What comes out of a reaction, or of a fit, where it is the last word of a name; sel is salt.
_OUTCOME_WORDS = """
conversion conv selectivity yield yields purity ee recovery predicted pred prediction fitted
fits dfit dfits leverage cook
ausbeute umsatz selektivität reinheit rendement pureté rendimiento pureza
"""
_OUTCOMES = frozenset(_OUTCOME_WORDS.split())
_COUNTING = frozenset(("n", "num", "number", "no", "nr"))  # of convolutions, say
# Levels that part the scores are named where chance would do so less often than once in so many.
UNLIKELY = 1e6


def result_remarks(
    score: str, y: np.ndarray, columns: Mapping[str, np.ndarray], ways: Ways, repeated: bool = False
) -> list[Remark]:
    """Names columns of numbers that rank the rows as the score does.

    Args:
        score: its name.
        y: scores, (N,).
        columns: numbers, (N,) each.
        ways: how options are typed.
        repeated: whether these are means of several scores, so that a column may be that, too.
    """
    out = []
    for name, values in columns.items():
        r = rank_correlation(values, y)
        repetition = (
            f", or make it a repetition of the score ({ways('score', name)})"
            if ways.typed and not repeated
            else ""
        )
        plainly = _PLAINLY.sub("", name)
        words = words_of(plainly) | words_of(plainly.lower())  # pH is one word
        if abs(r) > RESULT and words & _OF_SETTINGS:
            told = (
                f"{score!r} {'rises' if r > 0 else 'falls'} evenly with {name!r} (rank correlation "
                f"{r:.3f}). If that was set, all is well; if it was measured, and is nothing that "
                f"can be chosen, leave it out ({ways('ignore', name)})."
            )
            out.append(Remark(told, (name,), (name,)))
        elif abs(r) > RESULT:
            told = (
                f"Column {name!r} is probably a result and nothing that can be chosen: it ranks "
                f"the rows as {score!r} does (rank correlation {r:.3f}). If so, leave it out "
                f"({ways('ignore', name)}){repetition}."
            )
            out.append(Remark(told, (name,), (name,)))
    return out


def name_remarks(
    score: str, names: Iterable[str], ways: Ways, chosen: Collection[str] = ()
) -> list[Remark]:
    """Names columns that are called like the score, an error, a result, or a measure of a model.

    Args:
        score: its name.
        names: of the columns.
        ways: how options are typed.
        chosen: those of a few levels: a purity that was set is no result.
    """
    own = words_of(_PLAINLY.sub("", score)) - _OF_RESULTS
    out, errors, metrics, outcomes = [], [], [], []
    for name in names:
        words = words_of(_PLAINLY.sub("", name))
        if own and own <= words:
            told = (
                f"Column {name!r} is called like the score {score!r}. If it is a result too, or "
                f"the error of one, leave it out ({ways('ignore', name)})."
            )
            out.append(Remark(told, (name,), (name,)))
        elif words & _ERRORS or any(words >= both for both in _DEVIATIONS):
            errors.append(name)
        elif words & _METRICS and words <= _METRICS | _OF_RESULTS:
            metrics.append(name)
        elif (
            name not in chosen
            and not words & _COUNTING
            and _OUTCOMES.intersection(words_in_order(_PLAINLY.sub("", name))[-1:])
        ):
            outcomes.append(name)
    for found, what in (
        (errors, "the error of a measurement"), (metrics, "a measure of a model"),
        (outcomes, "what comes out of an experiment"),
    ):  # fmt: skip
        if found:
            which = "Column {} is" if len(found) == 1 else "Columns {} are"
            told = (
                f"{which.format(listed(found, 3))} called like {what}. Leave out what is one, and "
                f"nothing that can be chosen ({ways.several('ignore', found[:3])})."
            )
            out.append(Remark(told, found[:3], found[:3]))
    return out


def level_remarks(
    score: str, y: np.ndarray, columns: Mapping[str, np.ndarray], ways: Ways
) -> list[Remark]:
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
            told = (
                f"Column {name!r} may be made from the score: its {len(levels)} levels part "
                f"{score!r} without overlap. If it is a result, and nothing that can be chosen, "
                f"leave it out ({ways('ignore', name)})."
            )
            out.append(Remark(told, (name,), (name,)))
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
