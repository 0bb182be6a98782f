"""Scores computed from columns of the same table, as a yield is conversion times selectivity.

A model of one learns that arithmetic and looks good, and what nobody can choose is proposed.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..columns.precision import half_units, unit_of
from ..columns.remark import Remark
from ..reading.ways import Ways
from .linear import linear_in, sum_told
from .powers import power_law

# Rows that are looked at first, about; all of them where these fit.
_LOOKED_AT = 500


def made_remark(
    score: str, y: np.ndarray, columns: Mapping[str, np.ndarray], ways: Ways, names: bool = False
) -> list[Remark]:
    """Names the columns that a score is a sum, a product or a ratio of, in every row.

    Of one column alone that is said elsewhere: it ranks the rows as the score does.

    Args:
        score: its name.
        y: scores, (N,).
        columns: numbers of the rows, (N,) each, those that vary.
        ways: how options are typed.
        names: whether a design has columns of names or letters, too.
    """
    if len(columns) < 2 or len(np.unique(y)) < 3:
        return []
    step = max(1, len(y) // _LOOKED_AT)
    found = _made_of(score, y[::step], {name: v[::step] for name, v in columns.items()})
    if found is not None and step > 1:
        found = _made_of(score, y, {name: columns[name] for name in found[1]})
    if found is None:
        return []
    told, own = found
    # One column has to be left.
    results = own if names else own[: len(columns) - 1]
    text = (
        f"{score!r} is {told} in every row, so it was probably computed from these columns, and "
        "the model learns how. Leave out those that are results, and nothing that can be chosen "
        f"({ways.several('ignore', results)})."
    )
    return [Remark(text, own, results)]


def _made_of(
    score: str, y: np.ndarray, columns: Mapping[str, np.ndarray]
) -> tuple[str, list[str]] | None:
    """What a score (N,) is of columns (N,), in words, and of which; None where it is of none."""
    halves = {name: half_units(v, v) + 1e-9 * np.abs(v) for name, v in columns.items()}
    law = power_law(y, half_units(y, y) + 1e-9 * np.abs(y), columns, halves)
    if law is not None and len(law.powers) > 1:
        return str(law), list(law.powers)
    own = {**columns, score: y}
    units = {name: unit_of(v) for name, v in own.items()}
    rule = linear_in(score, [*columns], own, units)
    if rule is None or len(rule.coefficients) < 3:
        return None
    terms = {name: -v for name, v in rule.coefficients.items() if name != score}
    names = sorted(terms, key=lambda name: terms[name] < 0)
    return sum_told({name: terms[name] for name in names}, rule.low), names
