"""Numbers and units in other spellings: powers of ten, dashes, what stands before and after."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence

CURRENCIES = ("$", "€", "£", "¥", "₹")
CODES = ("EUR", "USD", "CHF", "JPY", "CNY")  # of currencies; GBP is a family of proteins, too
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
# Digits and marks as Japanese and Chinese keyboards write them, and a minus sign.
_WIDE = {**{0xFF01 + i: 0x21 + i for i in range(94)}, 0x2212: ord("-")}
_DIGITS = r"\d[\d.,]*"
# 1.5×10^-3, 10**4, 2·10⁻⁶; without a mark for the power it has a sign: 3x10-5.
_TIMES_TEN = re.compile(
    rf"([+-]?)(?:({_DIGITS})\s*[×x*·⋅∙]\s*)?10(?:\s*(?:\^|\*\*)\s*[({{]?([+-]?\d{{1,3}})[)}}]?"
    r"|([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}))(?!\d)"
)
_TEN_SIGNED = re.compile(rf"([+-]?{_DIGITS})\s*[×x*·⋅∙]\s*10([+-]\d{{1,3}})(?!\d)")
# 4.1 E-6, and Fortran's 5.5D-06.
_APART = re.compile(
    rf"([+-]?(?:{_DIGITS}(?=\s+e)|\d+[.,]\d+(?=d)))\s*[ed]([+-]\d{{1,3}})(?!\d)", re.I
)
_DASH = re.compile(r"[\u2010-\u2013\ufe63](?=[\d.,])")
_ABOUT = re.compile(r"(?:[~≈≃∼]|ca\.)\s*(?=[+-]?[.,]?\d)", re.IGNORECASE)
# As SAP writes what is below 0: 1.234,50-
_MINUS_BEHIND = re.compile(r"(\d[\d.,]*[.,]\d+)-")
# Marks of footnotes and of significance.
STARS = r"\s*[*†‡§]{1,4}$"
_STARRED = re.compile(STARS)
# Resistors, capacitors and voltages: 4k7, 2n2, 3V3.
_PART = re.compile(r"\d+[RkMGVmunpµ]\d+")
# Letters of groups that do not differ, as tables of means have them: 45.2ab.
_GROUPS = re.compile(rf"([+-]?{_DIGITS})\s*\(?([a-k]{{0,4}})\)?")
LETTERS = re.compile(r"[a-k]\)?$")
_SYNONYMS = {
    "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "sec": "s", "secs": "s", "mins": "min",
    "day": "d", "days": "d", "degC": "°C", "degF": "°F", "eq.": "eq", "equiv": "eq",
    "equiv.": "eq", "wt.%": "wt%",
}  # fmt: skip


def simple(cell: str) -> str:
    """The cell with a power of ten as e-3, a dash before a number as -, and no "about" before."""
    text = _ABOUT.sub("", cell.translate(_WIDE), count=1)
    if _DASH.match(text):
        text = "-" + text[1:]
    if match := _MINUS_BEHIND.fullmatch(text):
        return "-" + match[1]
    if match := _TIMES_TEN.match(text):
        power = match[3] or match[4].translate(_RAISED)
        return f"{match[1]}{match[2] or '1'}e{int(power)}{text[match.end() :]}"
    if match := _TEN_SIGNED.match(text) or _APART.match(text):
        return f"{match[1]}e{int(match[2])}{text[match.end() :]}"
    return text


def about(cell: str) -> bool:
    """Whether a cell says that its number is one about."""
    return _ABOUT.match(cell) is not None


def minus_behind(cell: str) -> bool:
    """Whether the minus of a number stands behind it."""
    return _MINUS_BEHIND.fullmatch(cell) is not None


def same_unit(unit: str) -> str:
    """What units have in common that are one unit in two spellings: hours and h, µM and uM."""
    text = unicodedata.normalize("NFKC", unit.strip().replace("º", "°")).replace(" ", "")
    text = _SYNONYMS.get(text.replace("\u03bc", "u"), text.replace("\u03bc", "u"))
    return re.sub(r"(^|[/munk])l\b", r"\1L", text)


def without_groups(cells: Collection[str]) -> dict[str, tuple[str, str]]:
    """Numbers without the letters after them that tell groups of means; else nothing."""
    matches = {cell: _GROUPS.fullmatch(cell) for cell in cells}
    letters = {"" if match is None else match[2] for match in matches.values()} - {""}
    if None in matches.values() or len(letters) < 2 or not any("a" in text for text in letters):
        return {}
    return {cell: (match[1], "") for cell, match in matches.items() if match is not None}


def are_parts(cells: Iterable[str]) -> bool:
    """Whether one of the cells that are no numbers is a code of a part: then 10k is one, too."""
    return any(map(_PART.fullmatch, cells))


def without_names(
    found: Mapping[str, tuple[str, str]], cells: Sequence[str]
) -> dict[str, tuple[str, str]]:
    """The numbers among the cells of a column that is no score, without what looks like some.

    Stars on more than a third of all rows are no footnotes, but part of names: 1, 2*, 3, 4*. Nor
    is k a unit beside others, as in 500, 5k, 1M.
    """
    starred = {cell for cell in found if _STARRED.search(cell)}
    if starred and 3 * sum(cell in starred for cell in cells) <= len(cells):
        starred = set()
    mixed = len({unit.strip() for _, unit in found.values()}) > 1
    return {
        cell: (number, unit)
        for cell, (number, unit) in found.items()
        if cell not in starred and not (mixed and unit.strip() == "k")
    }
