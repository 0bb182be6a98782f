"""Columns that name designs which several rows repeat, or the sequences beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from ..reading.table import Values, parse_number, show_number
from ..reading.ways import Ways, listed
from .rows import first_met
from .words import words_of

# Fewer designs are no table to learn from; and their numbers can be in order by chance.
FEWEST = 9
# What designs are called. Solvents and alloys beside their properties are chosen by their names.
_DESIGN_WORDS = """
formulation formulations recipe recipes mix mixture blend design designs treatment treatments
condition conditions combination sample specimen variant mutant construct experiment exp test trial
run entry case id code label rezept rezeptur mischung probe versuch muestra formulación échantillon
"""
_DESIGNS = frozenset(_DESIGN_WORDS.split())
# ... and sequences. A strain is more than the name of its barcode.
_SEQUENCE_WORDS = """
name names sequence clone peptide protein enzyme antibody oligo primer probe aptamer guide sgrna
sirna aso promoter plasmid insert barcode
"""
_SEQUENCES = frozenset(_SEQUENCE_WORDS.split())
_BESIDE = frozenset(("name", "names", "no", "nr", "number", "key", "#"))
# What a column of sequences has behind the name of that of their names, as RBS and RBS_seq.
_WRITTEN = frozenset(("seq", "sequence", "sequenz", "séquence", "dna", "rna", "aa", "nt"))


def names_of_designs(
    columns: Mapping[str, Values],
    gone: Mapping[str, np.ndarray],
    kinds: Mapping[str, str],
    open_: Sequence[str],
    ways: Ways,
) -> dict[str, str]:
    """Columns with a text, or the next number, for every design that the other columns make.

    Repetitions of a design have one name. Left among the settings it would be proposed with
    another design. What has another text in every row is left out elsewhere. They name designs
    where their column says so, or where the designs are crossings of fewer levels: a category
    beside its properties, or layers beside their thickness, look alike otherwise, and are what can
    be chosen.

    Args:
        columns: numbers or texts of those columns that may be part of a design, (N,) each.
        gone: which cells are missing, (N,) bool, for the columns where some are: what was proposed
            has no name yet.
        kinds: what each was taken for: "number", "category", "sequence", or "" where it has too
            many texts for a category.
        open_: of which nobody has said what they are.
        ways: how options are typed.

    Returns:
        What to tell of each of them.
    """
    left = [*columns]
    told: dict[str, str] = {}
    whole = _Codes(columns)
    for name in open_:
        number = kinds[name] == "number"
        if kinds[name] == "sequence" or (number and not _begins(columns[name])):
            continue
        codes = _Codes(columns, ~gone[name]) if name in gone else whole
        own = codes[name]
        if not FEWEST <= own.max(initial=-1) + 1 < len(own):
            continue
        others = [n for n in left if n != name and kinds[n]]
        if number:
            counts = _counts(codes.cells(name), own)
            if counts and _named(name, others, kinds, codes) == "design":
                told[name] = (
                    f"Column {name!r} is probably a number of the designs: it goes up by one with "
                    f"every new one. It was left out; {ways('number', name)} makes it part of the "
                    "design."
                )
        elif of := _named(name, others, kinds, codes):
            told[name] = (
                f"Column {name!r} has a text of its own for every {of}, such as "
                f"{codes.cells(name)[0][:40]!r}: it was left out as a name; "
                f"{ways('category', name)} keeps it."
            )
        if name in told:
            left.remove(name)
    return told


class _Codes(dict[str, np.ndarray]):
    """Which of its different cells each cell of a column is, (n,) each, where somebody asks.

    They are numbered as they are first met, so that columns which name the same have one code.
    """

    def __init__(
        self, columns: Mapping[str, Values], rows: np.ndarray | slice = slice(None)
    ) -> None:
        self._columns, self.rows = columns, rows

    def __missing__(self, name: str) -> np.ndarray:
        cells = self.cells(name)
        if cells.dtype == np.float64:
            cells = np.nan_to_num(cells, nan=np.inf)  # all that are missing are one
        self[name] = first_met(cells.tolist())
        return self[name]

    def cells(self, name: str) -> Values:
        """The cells of a column in these rows, (n,)."""
        return self._columns[name][self.rows]


def _named(name: str, others: Sequence[str], kinds: Mapping[str, str], codes: _Codes) -> str:
    """What a column has a name for each of: a sequence, or a design; "" for neither."""
    own, words, said = codes[name], words_of(name), called_like_designs(name)
    of_sequences = said or not kinds[name] or bool(words and words <= _SEQUENCES | _BESIDE)
    for other in others:
        so = of_sequences or (words and words_of(other) - _WRITTEN == words - _BESIDE)
        if so and kinds[other] == "sequence" and np.array_equal(own, codes[other]):
            return f"sequence in {other!r}"
    made_of = _made_of(own, others, kinds, codes)
    if made_of and (said or _crossed(made_of, own, codes)):
        return "design"
    # The same recipes at several times each: what varies with these names is no part of them.
    first = np.unique(own, return_index=True)[1]
    belong = [other for other in others if _follows(codes[other], own, first)]
    made_of = _made_of(own, belong, kinds, codes) if said and len(belong) < len(others) else []
    if len(made_of) > 1 and _crossed(made_of, own, codes):
        return f"combination of {listed(made_of)}"
    spelt = [] if kinds[name] == "number" else _spelt_out(name, others, codes)
    return f"combination of {listed(spelt)}" if spelt else ""


def called_like_designs(name: str) -> bool:
    """Whether a column is called like designs, as formulations, and like nothing else."""
    words = words_of(name)
    return bool(words & _DESIGNS) and words <= _DESIGNS | _BESIDE


def _crossed(made_of: Sequence[str], own: np.ndarray, codes: _Codes) -> bool:
    """Whether designs, with codes (n,), are crossings of columns of fewer levels."""
    return all(2 * (codes[other].max() + 1) <= own.max() + 1 for other in made_of)


def _spelt_out(name: str, others: Sequence[str], codes: _Codes) -> list[str]:
    """The columns, two at least, whose cells stand in a text that each combination of them has.

    None where something else belongs to the text, and to none of them alone: it is looked up by it.
    """
    own = codes[name]
    first = np.unique(own, return_index=True)[1]
    belong = [o for o in others if codes[o].any() and _follows(codes[o], own, first)]
    parts = [other for other in belong if codes[other].max() < own.max()]
    if len(parts) < 2:
        return []
    texts = codes.cells(name)[first].tolist()
    spelt, combined = [], np.zeros(len(own), np.int64)
    for other in parts:
        cells = codes.cells(other)[first].tolist()
        if all(_stands_in(cell, text) for cell, text in zip(cells, texts, strict=True)):
            spelt.append(other)
            combined = first_met((combined * (codes[other].max() + 1) + codes[other]).tolist())
    if len(spelt) < 2 or not np.array_equal(own, combined):
        return []
    each = [(codes[part], np.unique(codes[part], return_index=True)[1]) for part in spelt]
    alone = (any(_follows(codes[other], *part) for part in each) for other in belong)
    return spelt if all(alone) else []


def _follows(own: np.ndarray, of: np.ndarray, first: np.ndarray) -> bool:
    """Whether codes (n,) are the same wherever others (n,) are, which are first met at (k,)."""
    return bool((own == own[first][of]).all())


def _stands_in(cell: float | str, text: str) -> bool:
    """Whether a cell is a word of a text, whatever zeros a number is written with."""
    number = parse_number(str(cell))
    written = [str(cell)] if number is None else [str(cell), show_number(number)]
    return any(re.search(rf"(?<![\w.]){re.escape(w)}(?![\w]|\.\d)", text) for w in written if w)


def _made_of(
    own: np.ndarray, others: Sequence[str], kinds: Mapping[str, str], codes: _Codes
) -> list[str]:
    """The columns whose designs are one to one with codes (n,); none where they are not."""
    made_of, designs = [], np.zeros(len(own), np.int64)
    for name in others:
        code = codes[name]
        if not code.any() or (kinds[name] == "category" and np.array_equal(own, code)):
            continue  # another name of the same is nothing that the design is made of
        made_of.append(name)
        designs = first_met((designs * (code.max() + 1) + code).tolist())
        if designs.max() > own.max():
            return []
    return made_of if np.array_equal(own, designs) else []


def _counts(values: Values, own: np.ndarray) -> bool:
    """Whether numbers (n,), of codes (n,), are 0 or 1 and so on, each where it is first met."""
    first = np.unique(own, return_index=True)[1]
    cells = values[first].tolist()
    numbers = np.array([parse_number(str(cell)) for cell in cells], dtype=np.float64)
    return bool(numbers[0] in (0, 1) and (np.diff(numbers) == 1).all())


def _begins(values: Values) -> bool:
    return len(values) > 0 and parse_number(str(values[0])) in (0, 1)
