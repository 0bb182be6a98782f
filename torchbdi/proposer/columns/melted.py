"""Tables in which several results stand below each other, and a column says which one a row has."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..reading.table import Values
from ..reading.ways import Ways, listed
from .column import level_codes
from .remark import Remark
from .words import words_of

# What a column is called that says what was measured.
_MEASURED_WORDS = """
property properties metric metrics measure measurement measurand variable analyte assay endpoint
response readout kpi quantity characteristic observable indicator outcome output eigenschaft
messgröße kennwert merkmal parameter attribute result test
"""
_MEASURED = frozenset(_MEASURED_WORDS.split())
# So many designs stand with several names, and this share of all; each with this share of them.
FEWEST, SHARE = 5, 0.8
# How many of three signs have to be there.
SIGNS = 2
# Scores of two results differ by such a factor, in the middle, where no name of a column says it.
APART = 3.0
# Columns of a plan with all combinations have at least this share of them.
CROSSED = 0.5


def melted_remarks(
    score: str, y: np.ndarray, columns: Mapping[str, Values], ways: Ways
) -> tuple[list[Remark], set[str]]:
    """Names columns that seem to say what was measured; also all that go with these, as units.

    All designs of the other columns stand with each of its names. That is so in a plan of all
    combinations, too. So two of three signs have to be there: the column is called like what is
    measured, the other columns are no such plan by themselves, and scores differ in size.

    Args:
        score: its name.
        y: scores of the rows, (N,).
        columns: numbers or names of the rows, (N,) each, no sequences.
        ways: how options are typed.
    """
    codes = {name: level_codes(v) for name, v in columns.items()}
    out, found = list[Remark](), set[str]()
    for name, values in columns.items():
        if values.dtype == np.float64 or name in found:
            continue
        names = sorted(set(values.tolist()))
        # Units beside the names say the same.
        rest = [n for n, v in codes.items() if n != name and not _goes_with(v, codes[name])]
        if not rest or not 2 <= len(names) <= len(y) // FEWEST:
            continue
        designs, place = np.unique(
            np.stack([codes[n] for n in rest], axis=1), axis=0, return_inverse=True
        )
        seen = np.zeros((len(designs), len(names)), bool)
        seen[place.ravel(), codes[name]] = True
        several = seen.mean(1) >= SHARE
        if several.sum() < FEWEST or several.mean() < SHARE:
            continue
        all_combinations = float(np.prod([len(np.unique(codes[n])) for n in rest]))
        middles = np.array([np.median(y[values == own]) for own in names])
        called = bool(words_of(name) & _MEASURED)
        if called + (len(designs) < CROSSED * all_combinations) + _apart(middles) < SIGNS:
            continue
        found |= {n for n in columns if n not in rest}
        told = (
            f"Column {name!r} may say what {score!r} is in each row ({listed(names, 4)}): the same "
            "designs stand with each of these. If they are results of one design, no proposal "
            "weighs them, and the largest numbers win: give each result a column of its own, and "
            f"name one as the score, or keep the rows of one. {ways('fix', f'{name}={names[0]}')} "
            "at least proposes for one."
        )
        out.append(Remark(told, (name,)))
    return out, found


def _goes_with(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether codes (N,) are the same wherever other ones (N,) are."""
    return len(np.unique(np.stack([one, other], axis=1), axis=0)) == other.max() + 1


def _apart(middles: np.ndarray) -> bool:
    """Whether numbers (K,) have different signs, or two of them differ by a large factor."""
    size = np.abs(middles)
    return bool((middles.min() < 0 < middles.max()) or size.max() > APART * size.min())
