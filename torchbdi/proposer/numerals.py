"""Numbers as people write them: decimal commas, thousands, units after them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from .table import MISSING, Values, as_texts, parse_number
from .ways import Ways, listed

_SPACES = " \u00a0\u2009\u202f'\u2019"
_NUMBER = re.compile(
    rf"([+\-\u2212]?(?:\d(?:[\d.,{_SPACES}]*\d)?|[.,]\d+)[.,]?(?:[eE][+-]?\d+)?)(\s*)(\D.{{0,11}})?"
)
_GROUPED = re.compile(rf"\d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?:[.,]\d*)?")
_UNIT_WORDS = """
% ‰ ° °C ºC °F degC K C F s sec min h hr hrs hour hours d day days ms us µs μs ns kg g mg µg μg ug
ng t L l mL ml µL μL uL ul nL m cm mm µm μm um nm Å M mM µM μM uM nM pM mol mmol µmol μmol umol nmol
eq eq. equiv equiv. rpm bar mbar Pa kPa MPa GPa psi atm Torr V mV kV A mA µA W kW mW Hz kHz MHz GHz
J kJ kcal cal eV meV ppm ppb x U wt% wt.% vol% mol% w% at%
"""
_UNITS = frozenset(_UNIT_WORDS.split())


# What tells how sure a number is, or points to a note: 1.2 ± 0.1, 1.2 +/- 0.1, 1.23(4).
_ERROR = re.compile(r"(?<=[\d.,])(\s*(±|\+/-|\+-)\s*\d[\d.,]*(?:[eE][+-]?\d+)?|\(\d{1,3}\))")


# A word after a blank, or a sign such as that of a currency: 12 turns, 3€.
_WORD_AFTER = re.compile(
    r"([+-]?\d[\d.,]*(?:[eE][+-]?\d+)?)(\s+[^\W\d_][^\d]{0,15}|\s*[^\w\s.,;:/+*()\-\[\]'\"]{1,2})"
)


def _is_unit(text: str) -> bool:
    """Whether a text is a unit, or units with / * and exponents between them: g/L, W m-2."""
    parts = [re.sub(r"\^?[-−]?\d$|[²³]$", "", part) for part in re.split(r"[/*·\s]", text)]
    return all(part in _UNITS for part in parts) and bool(parts)


def split(cell: str) -> tuple[str, str] | None:
    """The number of a cell, as it is written, and the unit after it; None where it is no number."""
    match = _NUMBER.fullmatch(_ERROR.sub("", cell, count=1))
    if match is None or (match[3] is not None and not _is_unit(match[3].strip())):
        return None
    return match[1].replace("\u2212", "-"), (match[2] + match[3]) if match[3] else ""


def _body(number: str) -> tuple[str, str]:
    """Digits and marks without sign, exponent and groups of three with blanks; and the exponent."""
    body, e, power = number.lstrip("+-").lower().partition("e")
    if _GROUPED.fullmatch(body):
        body = re.sub(f"[{_SPACES}]", "", body)
    return body, e + power


def mark_of(number: str) -> str:
    """Which mark stands before the decimals of a number.

    Returns:
        "comma" or "point"; "comma?" where a comma may also part thousands, "point?" likewise;
        "none" for a number without marks, "wrong" for what is no number either way.
    """
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


@dataclass(frozen=True)
class _Column:
    """The numbers of a column: which cell is which, and the marks that there are."""

    found: Mapping[str, tuple[str, str]]
    marks: Mapping[str, str]  # mark to the first cell that has it

    @property
    def sure(self) -> set[str]:
        return set(self.marks) & {"comma", "point"}


@dataclass(frozen=True)
class Settled:
    """Columns with plain numbers, and what was found out on the way."""

    columns: dict[str, Values]
    units: dict[str, str]
    decimal: str
    notes: list[str]
    complaints: dict[str, str]


def settle(
    columns: Mapping[str, Values],
    rows: np.ndarray,
    ways: Ways,
    decimal: str | None = None,
    as_they_are: Collection[str] = (),
    scores: Collection[str] = (),
) -> Settled:
    """Writes all numbers plainly.

    A column is looked at where more than half of its cells are numbers in some writing. Its own
    cells tell what its commas are, else those of the other columns; where nothing tells, nothing
    is assumed.

    Args:
        columns: texts, or numbers, which stay as they are.
        rows: numbers of the rows, for messages.
        ways: how options are typed.
        decimal: "comma" or "point" where the person has said so.
        as_they_are: columns that hold names or nothing of interest.
        scores: columns that are looked at however few of their cells are numbers.
    """
    seen = {
        name: column
        for name, values in columns.items()
        if values.dtype == object and name not in as_they_are
        if (column := _look(values, name in scores)) is not None
    }
    everywhere = set().union(*(column.sure for column in seen.values()))
    out = Settled(dict(columns), {}, ".", [], {})
    commas: list[str] = []
    for name, column in seen.items():
        chosen, complaint = _decide(name, column, columns[name], rows, everywhere, decimal, ways)
        if complaint:
            out.complaints[name] = complaint
            continue
        if "comma?" in column.marks and chosen == "point":
            cell = column.marks["comma?"]
            number = column.found[cell][0]
            out.notes.append(
                f"Column {name!r}: the commas part thousands, so {cell!r} is "
                f"{plain(number, 'point')}. If it is {plain(number, 'comma')}, say "
                f"{ways('decimal', 'comma')}."
            )
        if chosen == "comma" and set(column.marks) - {"none"}:
            commas.append(name)
        _write(name, column, columns[name], rows, chosen, out, ways)
    if commas:
        out.notes.append(
            f"Decimals are written with a comma in {listed(commas)}; they are read, and written, "
            "so."
        )
    return Settled(out.columns, out.units, "," if commas else ".", out.notes, out.complaints)


def _look(values: Values, any_number: bool) -> _Column | None:
    """The numbers of a column of texts; None where at most half of the cells are some."""
    cells = dict.fromkeys(cell for cell in values.tolist() if cell not in MISSING)
    found = {cell: parts for cell in cells if (parts := split(cell)) is not None}
    if cells and not found:
        found = _with_one_word(cells)
    if 2 * len(found) <= len(cells) and not (any_number and found):
        return None
    if all(parse_number(cell) is not None for cell in cells) and not any("." in c for c in cells):
        return _Column({}, {})
    marks: dict[str, str] = {}
    for cell, (number, _) in found.items():
        marks.setdefault(mark_of(number), cell)
    return _Column(found, marks)


def _with_one_word(cells: Collection[str]) -> dict[str, tuple[str, str]]:
    """Numbers that all have the same word or sign after them, whatever it is; else nothing."""
    matches = {cell: _WORD_AFTER.fullmatch(cell) for cell in cells}
    words = {None if match is None else match[2] for match in matches.values()}
    if len(cells) < 3 or len(words) > 1 or None in words:
        return {}
    return {cell: (match[1], match[2]) for cell, match in matches.items() if match is not None}


def _decide(
    name: str,
    column: _Column,
    values: Values,
    rows: np.ndarray,
    everywhere: set[str],
    decimal: str | None,
    ways: Ways,
) -> tuple[str, str]:
    """The mark before decimals, and what is wrong, "" for nothing."""
    if decimal is not None:
        return decimal, ""
    if column.sure == {"comma", "point"}:
        one, other = (f"{column.marks[m]!r} in row {_row(values, rows, column.marks[m])}"
                      for m in ("comma", "point"))  # fmt: skip
        return "", (
            f"column {name!r} has {one} and {other}: decimals with a comma and with a point. Write "
            f"them alike, or leave the column out ({ways('ignore', name)})."
        )
    if column.sure:
        return next(iter(column.sure)), ""
    if "comma?" in column.marks and len(everywhere) != 1:
        cell = column.marks["comma?"]
        number = column.found[cell][0]
        return "", (
            f"column {name!r}: {cell!r} in row {_row(values, rows, cell)} is "
            f"{plain(number, 'point')} if commas part thousands, and {plain(number, 'comma')} if "
            f"they stand before decimals; the file leaves both open. Say "
            f"{ways('decimal', 'point')} for the first, {ways('decimal', 'comma')} for the second."
        )
    return next(iter(everywhere)) if len(everywhere) == 1 else "point", ""


def _write(
    name: str,
    column: _Column,
    values: Values,
    rows: np.ndarray,
    decimal: str,
    out: Settled,
    ways: Ways,
) -> None:
    """Puts the column into ``out`` with plain numbers, and tells its unit."""
    written = {cell: plain(number, decimal) for cell, (number, _) in column.found.items()}
    units: dict[str, str] = {}
    for cell, (_, unit) in column.found.items():
        units.setdefault(unit, cell)
    if len({unit.strip() for unit in units}) > 1:
        told = [f"{cell!r} in row {_row(values, rows, cell)}" for cell in list(units.values())[:3]]
        out.complaints[name] = (
            f"column {name!r} has numbers with different units: {', '.join(told)}. Give all of "
            f"them one unit, or leave the column out ({ways('ignore', name)})."
        )
        return
    sure = [cell for cell in column.found if _ERROR.search(cell)]
    if sure:
        out.notes.append(
            f"Column {name!r}: what stands behind its numbers, as in {sure[0]!r}, was left out."
        )
    unit = next(iter(units), "")
    if unit:
        out.units[name] = unit
        out.notes.append(
            f"Column {name!r}: every number has {unit.strip()!r} after it; they are read as "
            "numbers, and written back so."
        )
    # A text that is no number in this writing stays: whoever reads it names its row.
    out.columns[name] = as_texts([written.get(cell) or cell for cell in values.tolist()])


def _row(values: Values, rows: np.ndarray, cell: str) -> int:
    return int(rows[values.tolist().index(cell)])
