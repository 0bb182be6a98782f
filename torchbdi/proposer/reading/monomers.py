"""Sequences whose units are written in several letters each: Gly-Ala-Val, GlyAlaVal."""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np

from ...kernels.errors import InputError
from .table import Values
from .ways import Ways

_WORDS = "ala arg asn asp cys gln glu gly his ile leu lys met phe pro ser thr trp tyr val"
_AMINO_ACIDS = frozenset(_WORDS.split())
# What stands between units; without it each begins with a capital letter.
_BETWEEN = re.compile(r"[-\u2010-\u2013\u00b7./,;|+\s]+")
_UNITS = re.compile(r"(?:[A-Z][a-z]{2}){2,}")
_SMALL_AFTER_CAPITAL = re.compile(r"[^\W\d_]*[A-Z][a-z]")
# So many units a text, at least, and so often each on average: names of samples share fewer.
FEWEST, OFTEN = 3, 3
# In texts of so many units each, one of several letters is enough, as among K, W and Orn.
MANY = 4


def monomer_of(texts: Collection[str]) -> str:
    """A unit of several letters, where texts are written in such; "" where they are not.

    A search over single letters would make of Gly and Leu a Gey, which nobody can make.

    Args:
        texts: different ones.
    """
    if all(c.isdigit() or c.isupper() for c in "".join(texts)):
        return ""
    if all(_UNITS.fullmatch(text) for text in texts):
        split = [re.findall("[A-Z][a-z]{2}", text) for text in texts]
    else:
        split = [[part for part in _BETWEEN.split(text) if part] for text in texts]
    different = sorted({part for parts in split for part in parts})
    if not all(any(map(str.isalpha, part)) for part in different):
        return ""  # amounts stand between the names, as in 5% Ru/Al2O3
    count = sum(map(len, split))
    if count < FEWEST * len(texts) or count < OFTEN * len(different):
        return ""
    named = [
        part
        for part in different
        if part.casefold() in _AMINO_ACIDS or _SMALL_AFTER_CAPITAL.match(part)
    ]
    many = min(map(len, split)) >= MANY
    return named[0] if named and (many or 2 * len(named) > len(different)) else ""


def what_to_do(unit: str) -> str:
    """What is wrong with letters that are units of several, and how to write them."""
    return (
        f"units of its texts have several letters each, such as {unit!r}, and single letters of it "
        "are no choice of their own. Give each place a column of its own, or write each unit as "
        "one letter"
    )


def ask_of_monomers(name: str, values: Values, rows: np.ndarray, ways: Ways) -> None:
    """Refuses to take texts for sequences of letters where their units have several.

    Raises:
        InputError: it names such a unit.
    """
    if unit := monomer_of(set(map(str, values.tolist()))):
        raise InputError(
            f"column {name!r} (row {rows[0]}: {str(values[0])[:40]!r}): {what_to_do(unit)}, or "
            f"leave the column out ({ways('ignore', name)})."
        )
