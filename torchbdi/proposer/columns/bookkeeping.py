"""Columns that say which repetition a row is, or that statistics programs add to a plan."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from ..reading.table import Values, parse_number
from .counting import MOST_CHOSEN, as_counts, without_word
from .dates import are_dates, is_date_number
from .words import words_of

_REPEAT_WORDS = """
rep reps replicate replicates repeat repeats repetition repetitions wiederholung wdh replikat
réplicat répétition replica réplica
"""
# Of these there are kinds, too: devices A and B.
_BY_NUMBER = frozenset(("pixel", "pixels", "device"))
_REPEATS = frozenset(_REPEAT_WORDS.split()) | _BY_NUMBER
# These can also count something that is chosen, such as the repeats of a polymer.
_OR_AMOUNTS = frozenset(("reps", "replicates", "repeat", "repeats", "repetitions")) | _BY_NUMBER
_BESIDE_WORDS = "no nr num number id index random technical tech biological bio #"
_BESIDE = frozenset(_BESIDE_WORDS.split())
# Places on a plate: A1 to P24, 384 of them; with the plate before them, as 2:F3, P1-F3 and 1:F,3,
# or a letter for its colour, as RA1 of autosamplers.
_WELL = re.compile(
    r"((p|plate ?)?\d{1,2}[ :_-]|[rgb])?[A-P][ :,-]?(0?[1-9]|1\d|2[0-4])", re.IGNORECASE
)
_WELLS, _VIALS = frozenset(("well", "wells")), frozenset(("vial", "vials"))
# What rows have in common that nobody chooses, and how they are said to be made with it.
_TOGETHER = {
    "batch": "in", "plate": "on", "block": "in", "lot": "with", "operator": "by", "analyst": "by",
    "technician": "by", "experimenter": "by", "user": "by", "instrument": "on",
    "plot": "on", "subplot": "on", "wholeplot": "on", "mainplot": "on", "splitplot": "on",
    "panelist": "by", "panellist": "by", "assessor": "by", "rater": "by", "taster": "by",
    "participant": "by", "respondent": "by", "chemist": "by", "scientist": "by",
    "researcher": "by",
}  # fmt: skip
# Their plurals, as statistics programs have them, and other languages.
_ALSO = {
    "blocks": "block", "blok": "block", "bloque": "block", "bloco": "block", "bloc": "block",
    "blocco": "block", "plots": "plot", "wholeplots": "wholeplot", "subplots": "subplot",
    "parcela": "plot", "parzelle": "plot", "parcelle": "plot", "lote": "lot", "partia": "lot",
    "lotto": "lot", "initials": "operator", "bediener": "operator", "operador": "operator",
    "opérateur": "operator", "operatore": "operator",
}  # fmt: skip
_PARTS = frozenset(("whole", "main", "sub", "split"))  # of a plot
_NUMBER_WORDS = frozenset(("id", "no", "nr", "num", "number", "#"))
_POINTS = ({"pttype"}, {"pt", "type"}, {"point", "type"}, {"space", "type"}, {"pattern"})
# What says whether a design has been tried, and what columns of it are called.
_DONE_WORDS = """
done finished complete completed measured made tested run executed evaluated observed known ok
erledigt fertig
"""
_WAITING_WORDS = """
planned pending open todo to_do tbd new next queued scheduled proposed suggested candidate untested
running in_progress not_done not_tested offen geplant
"""
WAITING = frozenset(word.replace("_", " ") for word in _WAITING_WORDS.split())
DONE = frozenset(_DONE_WORDS.split())
STATES = WAITING | DONE
STATE_NAMES = frozenset(
    ("status", "state", "done", "measured", "tested", "evaluated", "executed", "priority")
)
MOST_STATES = 6
# Numbers of batches that all are multiples of so many are how large these are.
SIZES = 4
_PATTERN = re.compile(r"[+\-\u2212\u2013 0-9aA]+")
_POINT_WORDS = re.compile(
    r"(factorial|axial|star|cent(er|re)|vertex|edge|interior|plane|triple|third|axial ?cb)"
    r"( ?(point|blend|edge|centroid|check|cb)s?)?|-?\d",
    re.IGNORECASE,
)


def kept_of_runs(name: str, values: Values) -> str:
    """What a column says of the runs, and not of the designs; "" where it does not.

    Args:
        name: of the column.
        values: numbers or texts, (N,), none missing.
    """
    words = words_of(name)
    if words & (_WELLS | _VIALS) and _are_wells(words, {str(v) for v in values.tolist()}):
        return "where on a plate a row was made"
    if word := _made_together(name, words, values):
        return f"{_TOGETHER[word]} which {word} a row was made"
    if words not in _POINTS and not words & (_REPEATS | {"seed"}):
        return ""
    cells = as_counts(values)
    numbers = all(map(str.isdecimal, cells))
    counts = words <= _REPEATS | _BESIDE and words & _REPEATS and _counts_few(cells)
    if words & _BY_NUMBER and not numbers:
        counts = False
    if counts and (not words & _OR_AMOUNTS or _first_ones_most(cells)):
        return "which repetition a row is"
    # A seed that is no number is a kind of seed.
    if "seed" in words and words <= _BESIDE | {"seed"} and numbers:
        if _counts_few(cells):
            return "which repetition a row is"
        if _drawn(cells):
            return "which random numbers a row was made with"
    if words in _POINTS:
        different = set(cells)
        if (
            _are_patterns(different)
            if words == {"pattern"}
            else all(map(_POINT_WORDS.fullmatch, different))
        ):
            return "which kind of point of a plan a row is"
    return ""


def _are_wells(words: set[str], different: set[str]) -> bool:
    """Whether texts are places on a plate; a few kinds of vials have such names, too."""
    places = [_WELL.fullmatch(text) for text in different]
    sure = words & _WELLS or len(different) > MOST_CHOSEN or any(p and p[1] for p in places)
    return None not in places and bool(sure)


def _made_together(name: str, words: set[str], values: Values) -> str:
    """The word for a batch, say, that a column gives by its name or a whole number; or "".

    Args:
        name: of the column; with digits or other signs in it, it is the name of something else.
        words: of that name.
        values: numbers or texts, (N,); all the same, they are no choice.
    """
    words = {_ALSO.get(word, word) for word in words}
    named = words & _TOGETHER.keys()
    beside = _NUMBER_WORDS | _PARTS if named == {"plot"} else _NUMBER_WORDS
    if len(named) != 1 or not words - named <= beside:
        return ""
    if not re.fullmatch(r"(?:[^\W\d_]|[\s_.#-])+", name):
        return ""
    cells = set(values.tolist())
    numbers = [parse_number(str(cell)) for cell in cells]
    own = np.array([number for number in numbers if number is not None])
    if named == {"batch"} and _are_sizes(own):
        return ""
    if are_dates({str(cell) for cell in cells}) or is_date_number(name, own):
        return ""
    return min(named) if len(cells) > 1 and (own % 1 == 0).all() else ""


def may_be_batches(name: str, values: Values) -> bool:
    """Whether a column is called like batches, of sizes a step apart: 100, 200, 300 may count them.

    Args:
        name: of the column.
        values: numbers or texts, (N,), none missing.
    """
    words = words_of(name)
    if "batch" not in words or not words <= _NUMBER_WORDS | {"batch"}:
        return False
    numbers = [parse_number(str(cell)) for cell in set(values.tolist())]
    own = np.sort(np.array(numbers, dtype=np.float64))
    return _are_sizes(own) and len(set(np.diff(own).tolist())) == 1


def _are_sizes(numbers: np.ndarray) -> bool:
    """Whether different numbers are sizes of batches, as 16, 32 and 64, and do not count these."""
    return (
        len(numbers) > 2
        and bool((numbers % 1 == 0).all())
        and math.gcd(*map(int, numbers.tolist())) >= SIZES
    )


def says_what_is_done(name: str, values: Values, candidate: np.ndarray) -> bool:
    """Whether a column says which rows have a score, as "done" and "planned" do.

    Args:
        name: of the column.
        values: numbers or texts, (N,).
        candidate: which rows have none yet, (N,) bool.
    """
    known, open_ = set(values[~candidate].tolist()), set(values[candidate].tolist())
    if not known or not open_ or known & open_ or len(known | open_) > MOST_STATES:
        return False
    if values.dtype != np.float64 and all(
        str(cell).casefold() in STATES or str(cell) == "" for cell in known | open_
    ):
        return True
    return bool(words_of(name) & STATE_NAMES)


def _first_ones_most(cells: Sequence[str]) -> bool:
    """Whether no repetition is more frequent than one before it: a third comes after a second."""
    digits = [re.sub(r"\D", "", cell) for cell in cells]
    counts = np.unique([int(d) for d in digits] if all(digits) else cells, return_counts=True)[1]
    return bool((np.diff(counts) <= 0).all())


def _are_patterns(cells: set[str]) -> bool:
    """Whether texts are levels of several factors, one sign each: +-+, 00, a0; not 1, 2 or A."""
    return (
        all(map(_PATTERN.fullmatch, cells))
        and len({len(cell) for cell in cells}) == 1
        and any(not cell.isalnum() and parse_number(cell) is None for cell in cells)
    )


def _drawn(cells: Sequence[str]) -> bool:
    """Whether whole numbers are some of very many, as random ones are; amounts have steps."""
    numbers = sorted({int(cell) for cell in cells})  # of 64 bits or more
    if len(numbers) <= MOST_CHOSEN or len(numbers) * MOST_CHOSEN > numbers[-1] - numbers[0]:
        return False
    return math.gcd(*(number - numbers[0] for number in numbers)) == 1


def _counts_few(cells: Sequence[str]) -> bool:
    """Whether cells are 0 or 1 to k, A to some letter, R1 to Rk, I to some number; each often."""
    different = set(cells)
    if 2 * len(different) > len(cells):
        return False
    digits = list(map(without_word, different))
    if all(cell.isdigit() for cell in digits):
        numbers = np.sort([int(cell) for cell in digits])
        return bool(numbers[0] in (0, 1) and (np.diff(numbers) == 1).all())
    return all(re.fullmatch(r"[a-hA-H]|[ivIV]{1,4}", cell) for cell in different)
