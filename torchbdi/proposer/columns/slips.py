"""Levels of a column of names that are probably slips: dates for 1-2, one word in two spellings.

And those that say that nothing is known, such as a question mark.
"""

from __future__ import annotations

import re
import unicodedata

from ..reading.table import is_no_number, parse_number, show_number
from ..reading.ways import Ways, listed
from .dates import are_dates

# These words are names, as of no ligand at all.
_NONE = frozenset(("none", "nil", "-", "\u2013", "\u2014"))
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")


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


def unknown_remark(name: str, classes: tuple[str, ...], ways: Ways) -> str:
    """Names levels that probably say that nothing is known, such as ? and n.d.; "" for none.

    Na and Nd are elements, + stands beside --, and - beside -- is less of something, too.
    """
    dashes = sum(level.strip("-") == "" for level in classes)
    if dashes > 1 or any("+" in level for level in classes):
        return ""
    told = [
        level
        for level in classes
        if is_no_number(level) and level.casefold() not in _NONE and not level.istitle()
    ]
    if not told or len(told) == len(classes):
        return ""
    return (
        f"Column {name!r} has {listed(told, 4)} among its levels, and proposals can have that, "
        "too. If it says that nothing is known, empty these cells "
        f"({ways('drop-missing')} leaves their rows out)."
    )
