"""Columns that name designs which several rows repeat, or the sequences beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..reading.table import Values, parse_number
from ..reading.ways import Ways

# Fewer designs are no table to learn from; and their numbers can be in order by chance.
FEWEST = 9


def names_of_designs(
    columns: Mapping[str, Values],
    gone: Mapping[str, np.ndarray],
    kinds: Mapping[str, str],
    open_: Sequence[str],
    ways: Ways,
) -> dict[str, str]:
    """Columns with a text, or the next number, for every design that the other columns make.

    Repetitions of a design have one name. Left among the settings it would be proposed with
    another design. What has another text in every row is left out elsewhere.

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
    for name in open_:
        number = kinds[name] == "number"
        if kinds[name] == "sequence" or (number and not _begins(columns[name])):
            continue
        codes = _Codes(columns, ~gone[name] if name in gone else slice(None))
        own = codes[name]
        if not FEWEST <= own.max(initial=-1) + 1 < len(own):
            continue
        others = [n for n in left if n != name and kinds[n]]
        if number:
            if (
                _counts(columns[name][codes.rows], own)
                and _named(own, others, kinds, codes) == "design"
            ):
                told[name] = (
                    f"Column {name!r} is probably a number of the designs: it goes up by one with "
                    f"every new one. It was left out; {ways('number', name)} makes it part of the "
                    "design."
                )
        elif of := _named(own, others, kinds, codes):
            told[name] = (
                f"Column {name!r} has a text of its own for every {of}, such as "
                f"{columns[name][0][:40]!r}: it was left out as a name; {ways('category', name)} "
                "keeps it."
            )
        if name in told:
            left.remove(name)
    return told


class _Codes(dict[str, np.ndarray]):
    """Which of its different cells each cell of a column is, (N,) each, where somebody asks."""

    def __init__(self, columns: Mapping[str, Values], rows: np.ndarray | slice) -> None:
        self._columns, self.rows = columns, rows

    def __missing__(self, name: str) -> np.ndarray:
        cells = self._columns[name][self.rows].astype(str)
        self[name] = np.unique(cells, return_inverse=True)[1].reshape(-1)
        return self[name]


def _named(own: np.ndarray, others: Sequence[str], kinds: Mapping[str, str], codes: _Codes) -> str:
    """What codes (N,) have one value for each of: a sequence, or a design; "" where for neither."""
    for name in others:
        if kinds[name] == "sequence" and _one_to_one(own, codes[name]):
            return f"sequence in {name!r}"
    names, designs = int(own.max()) + 1, np.zeros(len(own), np.int64)
    for name in others:
        if kinds[name] == "category" and _one_to_one(own, codes[name]):
            continue  # another name of the same is nothing that the design is made of
        designs = _together(designs, codes[name])
        if designs.max() >= names:
            return ""
    return "design" if _one_to_one(own, designs) else ""


def _together(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Codes of the pairs that two codes make, (N,) each."""
    return np.unique(a * (b.max() + 1) + b, return_inverse=True)[1].reshape(-1)


def _one_to_one(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether each of some codes (N,) has one of the others (N,), and the reverse."""
    return bool(a.max() == b.max() == _together(a, b).max())


def _begins(values: Values) -> bool:
    return len(values) > 0 and parse_number(str(values[0])) in (0, 1)


def _counts(values: Values, own: np.ndarray) -> bool:
    """Whether numbers (N,), of codes (N,), are 0 or 1 and so on, each where it is first met."""
    numbers = np.array([parse_number(str(value)) for value in values.tolist()], dtype=np.float64)
    first = numbers[np.sort(np.unique(own, return_index=True)[1])]
    return bool(first[0] in (0, 1) and (np.diff(first) == 1).all())
