"""Columns of numbers or texts that say which row it is."""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np

from ..reading.file import counts_rows
from ..reading.table import Values
from .words import words_of

# A column all of whose words are these names rows.
_ORDER_WORDS = """
run id uid no nr num number index idx row order exp expt experiment sample trial test entry
measurement line record serial obs observation case std standard nummer versuch probe lfd barcode #
"""
_ORDER = frozenset(_ORDER_WORDS.split())
_PLACES = frozenset(("tube", "vial", "position", "place", "slot", "well", "rank", "rang"))
ONCE = "it has each number"
# A number with such a name and more than so many values names samples, however often each stands.
MOST_CHOSEN = 10
# Fewer rows can be in order by chance, or hold a sweep.
FEWEST = 10
# The share of steps of one with which numbers that rise count rows, and of the numbers up to the
# last that are there: a sweep of 0 to 12, 24 and 48 hours lacks most of them.
ONE_BY_ONE = 0.8


def row_number(name: str, numbers: np.ndarray, rows: np.ndarray) -> str:
    """Why a column probably names the rows; "" where it does not.

    Args:
        name: of the column.
        numbers: its cells, (N,).
        rows: where they stand in the table, (N,): some rows may have been left out.
    """
    if re.fullmatch(r"Unnamed: \d+", name):
        return "it counts the rows" if counts_rows(numbers) else "a program gave it its name"
    if len(numbers) < 3 or not np.isfinite(numbers).all() or (numbers % 1 != 0).any():
        return ""
    if counts_rows(numbers):
        return "it counts the rows"
    if len(numbers) < FEWEST:
        return ""
    steps = np.diff(numbers)
    for gaps in (np.ones(len(steps)), np.diff(rows)):
        if (steps == gaps).all() or (steps == -gaps).all():
            return "it counts the rows"
    different = len(np.unique(numbers))
    low, high = numbers.min(), numbers.max()
    there = min((steps == 1).mean(), len(numbers) / (high - low + 1))
    if low in (0, 1) and (steps >= 1).all() and there >= ONE_BY_ONE:
        return "it counts the rows, but for a few gaps"
    if different == len(numbers) and low in (0, 1) and high - low == len(numbers) - 1:
        return f"{ONCE} from {low:.0f} to {high:.0f} once"
    often = 2 * different > len(numbers) or different > MOST_CHOSEN
    if often and (own := words_of(name)) and own <= _ORDER:
        return "its name says so"
    return ""


def as_counts(values: Values) -> list[str]:
    """Cells (N,) as texts, whole numbers without decimals."""
    return [str(cell).removesuffix(".0") for cell in values.tolist()]


def without_word(cell: str) -> str:
    """The digits behind a word or a letter, as of R1 and week 3; else the cell as it is."""
    return re.sub(r"^[^\W\d_]{1,10}[ _.-]?(?=\d)", "", cell)


def is_order(name: str) -> bool:
    """Whether a name has a word that runs, samples and places are numbered with."""
    return bool(words_of(name) & (_ORDER | _PLACES))


def names_samples(name: str, texts: Collection[str]) -> bool:
    """Whether texts such as S-001 and S-002 name samples, as their column's name says, too.

    Args:
        name: of the column.
        texts: its different ones.
    """
    own = words_of(name)
    heads = {re.sub(r"\d+$", "", text) for text in texts}
    return bool(
        len(texts) > MOST_CHOSEN
        and own
        and own <= _ORDER
        and len(heads) == 1
        and all(text[-1:].isdigit() for text in texts)
    )
