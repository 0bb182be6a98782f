"""Predictions that a score may be unable to have: above all of a whole, or below nothing."""

from __future__ import annotations

import re

import numpy as np

from ..result import Proposals

# Scores that are parts of a whole, by their names.
_SHARE = re.compile(
    r"%|(?<![^\W\d_])(percent(age)?|yields?|conversion|purity|selectivity|recovery|ee|efficiency"
    r"|accuracy|auc|viability)(?![^\W\d_])",
    re.IGNORECASE,
)


def beyond_told(p: Proposals) -> str:
    """How many proposals are predicted above 100 %, or below 0, where no known score is; or ""."""
    scores, predicted = p.problem.scores, p.predicted[~p.unknown]
    whole, unit = (1, "a share") if scores.max() <= 1 else (100, "in percent")
    name = f"{p.problem.score} {p.problem.table.form.units.get(p.problem.score, '')}"
    told = []
    if scores.min() >= 0:
        if scores.max() <= whole and _SHARE.search(name):
            told.append((predicted > whole, f"above {whole}", f"is {unit}", whole))
        told.append((predicted < 0, "below 0", "cannot be negative", 0))
    return " ".join(
        f"{int(beyond.sum())} of {len(p)} proposals {'is' if beyond.sum() == 1 else 'are'} "
        f"predicted {where}. If {p.problem.score} {what}, read {_them(beyond)} as close to {end}: "
        "the model knows no such limit."
        for beyond, where, what, end in told
        if beyond.any()
    )


def _them(beyond: np.ndarray) -> str:
    return "it" if beyond.sum() == 1 else "them"
