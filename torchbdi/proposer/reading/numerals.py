"""One number as people write it: decimal commas, thousands, a unit after it."""

from __future__ import annotations

import re
from collections.abc import Collection

from .spellings import CODES, CURRENCIES, STARS, simple
from .table import parse_number

_SPACES = " \u00a0\u2009\u202f'\u2019"
_NUMBER = re.compile(
    rf"([+\-\u2212]?(?:\d(?:[\d.,{_SPACES}]*\d)?|[.,]\d+)[.,]?(?:[eE][+-]?\d+)?)(\s*)(\D.{{0,11}})?"
)
# Most numbers of large tables: there is nothing to look for in them.
PLAIN = re.compile(r"-?\d+(?:\.\d+)?")
# Those of one mark at most, in plain digits: sign, whole, mark, decimals.
_SHORT = re.compile(r"(-?)([0-9]+)(?:([.,])([0-9]+))?")
_USUAL = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?(?:[eE][+-]?[0-9]+)?")
_GROUPED = re.compile(rf"\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?:[.,]\d*)?")
_UNIT_WORDS = """
% ‰ ° °C ºC °F degC K C F s sec min mins h hr hrs hour hours d day days ms us µs μs ns
k kg g mg µg μg ug
ng t L l mL ml µL μL uL ul nL m cm mm µm μm um nm Å M mM µM μM uM nM pM mol mmol µmol μmol umol nmol
eq eq. equiv equiv. rpm bar mbar Pa kPa MPa GPa psi atm Torr V mV kV A mA µA W kW mW Hz kHz MHz GHz
J kJ kcal cal eV meV Wh kWh mAh Ah dB kB KB MB GB TB KiB MiB GiB ppm ppb x U wt% wt.% vol% mol% w%
at%
"""
_UNITS = frozenset((*_UNIT_WORDS.split(), *CURRENCIES, *CODES))


# What tells how sure a number is, or points to a note: 1.2 ± 0.1, 1.2 +/- 0.1, 1.23(4), 1.2 (0.1),
# 1.2 (n = 3), 1.2*.
ERROR = re.compile(
    r"(?<=[\d.,])(\s*(±|\+/-|\+-)\s*\d[\d.,]*(?:[eE][+-]?\d+)?"
    rf"|\s*\((n\s?=\s?)?\d[\d.,]*\)|{STARS})"
)


# A word after a blank, letters without one, or a sign of a currency, say: 12 turns, 12px, 3€.
_WORD_AFTER = re.compile(
    r"([+-]?\d[\d.,]*(?:[eE][+-]?\d+)?)"
    r"(\s+[^\W\d_][^\d]{0,15}|[^\W\d_]{2,8}|\s*[^\w\s.,;:/+*()\-\[\]'\"]{1,2})"
)
# What scores are out of: 4.5/5. What a few of them count as is asked.
_OUT_OF, FEW = re.compile(r"(\d[\d.,]*)(\s*/\s*\d+)"), 8
# Thousands and millions of a currency: $34k.
_MAGNITUDES = frozenset(("k", "K", "M", "m", "bn"))


# $5, US$5, EUR 5 and -$5: sign, currency.
_MONEY = re.compile(
    rf"([+-]?)([A-Z]{{0,3}}[{''.join(CURRENCIES)}]|(?:{'|'.join(CODES)})(?=\s))\s*(?=[+-]?[.,]?\d)"
)


# Of a unit: m^2, s-1, m³, and m2 or Å2; 3k3 and 3V3 are resistors and voltages.
_POWER = re.compile(r"\^[-−]?\d$|[-−]\d$|(?<![\dRkMGVunpµ])\d$|[²³]$")


def is_unit(text: str) -> bool:
    """Whether a text is a unit, or units with / * and exponents between them: g/L, W m-2."""
    parts = [re.sub(_POWER, "", part) for part in re.split(r"[/*·\s]", text)]
    return all(part in _UNITS for part in parts) and bool(parts)


def split(cell: str) -> tuple[str, str] | None:
    """The number of a cell and its unit, of a price such as $5/kg $/kg; None if it is no number."""
    if PLAIN.fullmatch(cell) or _USUAL.fullmatch(cell):
        return cell, ""
    text = simple(cell)
    money = ""
    if before := _MONEY.match(text):
        money, text = before[2], before[1] + text[before.end() :]
    match = _NUMBER.fullmatch(ERROR.sub("", text, count=1))
    if match is None:
        return None
    number, after = match[1].replace("\u2212", "-"), match[3] or ""
    if not after:
        return number, money
    price = after in _MAGNITUDES or (after[0] == "/" and is_unit(after[1:]))
    if not (price if money else is_unit(after.strip())):
        return None
    return number, money + match[2] + after


def _body(number: str) -> tuple[str, str]:
    """Digits and marks without sign, exponent and groups of three with blanks; and the exponent."""
    body, *power = re.split("(?=[eE])", number.lstrip("+-"))
    if _GROUPED.fullmatch(body):
        body = re.sub(f"[{_SPACES}]", "", body)
    return body, "".join(power)


def mark_of(number: str) -> str:
    """Which mark stands before the decimals of a number.

    Returns:
        "comma" or "point"; "comma?" where a comma may also part thousands, "point?" likewise;
        "none" for a number without marks, "wrong" for what is no number either way.
    """
    if match := _SHORT.fullmatch(number):
        if match[3] is None:
            return "none"
        open_ = len(match[4]) == 3 and len(match[2]) <= 3 and match[2][0] != "0"
        return ("comma" if match[3] == "," else "point") + ("?" if open_ else "")
    body, power = _body(number)
    commas, points = body.count(","), body.count(".")
    if not set(body) <= set("0123456789.,"):
        return "wrong"
    if not commas and not points:
        return "none"
    if commas and points:
        last = max(body.rfind(","), body.rfind("."))
        other = "." if body[last] == "," else ","
        whole = body[:last].split(other)
        fits = body.count(body[last]) == 1 and _threes(whole)
        return ("comma" if body[last] == "," else "point") if fits else "wrong"
    own, name, opposite = (",", "comma", "point") if commas else (".", "point", "comma")
    parts = body.split(own)
    if len(parts) > 2:
        return opposite if _threes(parts) else "wrong"
    return name + "?" if _threes(parts) and not power else name


def _threes(parts: list[str]) -> bool:
    """Whether parts of a number are groups of thousands: 1 234 567, and no 0 before."""
    first, rest = parts[0], parts[1:]
    return 1 <= len(first) <= 3 and first[0] != "0" and all(len(part) == 3 for part in rest)


def plain(number: str, decimal: str) -> str | None:
    """A number with a decimal point and no marks for thousands; None where it is none.

    Args:
        number: as it is written.
        decimal: "comma" or "point".
    """
    if (match := _SHORT.fullmatch(number)) and match[3] in (
        None,
        "," if decimal == "comma" else ".",
    ):
        return number.replace(",", ".")
    body, power = _body(number)
    own, other = (",", ".") if decimal == "comma" else (".", ",")
    whole, mark, decimals = body.partition(own)
    if other in decimals or own in decimals:
        return None
    if other in whole:
        if not _threes(whole.split(other)):
            return None
        whole = whole.replace(other, "")
    sign = number[0] if number[0] in "+-" else ""
    text = sign + whole + ("." + decimals if mark else "") + power
    return text if parse_number(text) is not None else None


def with_one_word(cells: Collection[str], scores: bool = False) -> dict[str, tuple[str, str]]:
    """Numbers that all have the same word or sign after them, whatever it is; else nothing.

    Letters without a blank after single digits are names of places and kinds, and so are capital
    ones, as of lots and dates: 2Me, 101AX, 12May.

    Args:
        cells: different texts.
        scores: whether they are scores, which may all be out of 5.
    """
    out_of = scores and len(cells) > FEW
    matches = {
        cell: _WORD_AFTER.fullmatch(simple(cell)) or (_OUT_OF.fullmatch(cell) if out_of else None)
        for cell in cells
    }
    words = {None if match is None else match[2] for match in matches.values()}
    if len(cells) < 3 or len(words) > 1 or None in words:
        return {}
    found = {cell: (match[1], match[2]) for cell, match in matches.items() if match is not None}
    glued = all(word[:2].isalpha() for _, word in found.values())
    names = all(len(number) == 1 or not word.islower() for number, word in found.values())
    return {} if glued and names else found
