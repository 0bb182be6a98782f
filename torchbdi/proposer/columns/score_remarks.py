"""What to ask of scores: whether repetitions are of one kind, which are good, and a logarithm."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from ...kernels.errors import InputError
from ..reading.table import show_number
from ..reading.ways import Ways
from .ranks import rank_correlation
from .remark import Remark
from .words import words_of

# Repetitions rank rows alike: those below this correlation are named, where rows are enough.
ALIKE, ENOUGH = 0.5, 10
# Repetitions in one unit spread alike; fractions and percent do not.
SPREADS = 5.0
# Scores of which little is good, by their names.
_LOW = re.compile(
    r"(?<![^\W\d_])(loss(es)?|errors?|err|rmsep?|rmsle|n?rmse|mse|mae|mape|nll|perplexity|cost|price"
    r"|rank|impurity|impurities|defects?|(ic|ec|gi|ld|lc)_?50|mic|kd|ki|toxicity|wear|waste|latency"
    r"|overpotential|roughness|haze|shrinkage|corrosion|leakage|scrap|downtime|churn|emissions"
    r"|(co_?2|nox|carbon)[ _]?emission|residuals?|docking|warpage|distortion|instability"
    r"|runtime|jitter|delay|makespan|overshoot|regret|lcoe|itae|iae|itse|noise|consumption|wer|cer"
    r"|(bounce|defect|reject(ion)?|miss)[ _-]?rate|(lap|run|wall|cpu|execution|response|cycle"
    r"|settling|waiting|processing|training|inference|completion|finish|print)[ _-]?times?"
    r"|(delta|\u0394|\u2206)[ _-]?e|e[ _-]?factor)(?![^\W\d_])",
    re.IGNORECASE,
)
# ... and of these that were turned round, as neg_mean_squared_error and wear resistance.
_TURNED = re.compile(
    r"(?<![^\W\d_])(neg(ative)?|minus|inverse|reciprocal|resistance|removal|reduction|savings?"
    r"|tolerance|signal|inhibition|correlation|free|strength|activity|efficiency)(?![^\W\d_])"
    r"|^\s*([-\u2212]|1 ?/)",
    re.IGNORECASE,
)
# What some of are counted, by their names.
_TRIAL_WORDS = """
trials attempts visitors visits views impressions sessions users recipients participants
respondents customers shots throws games matches
"""
_TRIALS = frozenset(_TRIAL_WORDS.split())
_CAMEL = re.compile(r"(?<=[a-z]{2})(?=[A-Z])")  # pIC50 is one word


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
    low = [n for n in names if _LOW.search(_CAMEL.sub(" ", n)) and not _TURNED.search(n)]
    if minimize or not low:
        return []
    return [f"High values of {low[0]!r} are sought. If low ones are good, say {ways('minimize')}."]


def share_remark(
    score: str, y: np.ndarray, columns: Mapping[str, np.ndarray], ways: Ways
) -> list[Remark]:
    """Says that a score which counts some of many is best where these are most.

    Args:
        score: its name.
        y: scores, (N,).
        columns: numbers, (N,) each.
        ways: how options are typed.
    """
    for name, own in columns.items():
        counts = all((v % 1 == 0).all() and v.min() >= 0 for v in (y, own))
        if counts and (y <= own).all() and words_of(name) & _TRIALS and np.ptp(own):
            return [
                Remark(
                    f"{score!r} is at most {name!r} in all rows, so it may count how many of these "
                    "were a success, and the more there are the higher it is. If so, make the "
                    f"share the score ({score!r} divided by {name!r}), and leave out {name!r} "
                    f"({ways('ignore', name)}).",
                    (name,),
                    (name,),
                )
            ]
    return []


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
