"""Lines below a table that were computed from it: means, sums, deviations, in any language."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from .numerals import mark_of, plain, split
from .table import is_no_number, parse_number

_STATISTICS: dict[str, Callable[[np.ndarray], float]] = {
    "mean": lambda v: float(v.mean()),
    "sum": lambda v: float(v.sum()),
    "deviation": lambda v: float(v.std(ddof=1)),
    "deviation of all": lambda v: float(v.std()),
    "variance": lambda v: float(v.var(ddof=1)),
    "count": lambda v: float(len(v)),
    "median": lambda v: float(np.median(v)),
    "least": lambda v: float(v.min()),
    "largest": lambda v: float(v.max()),
}
# An experiment can be at these in every column, as the low corner of a plan is.
_ENDS = frozenset(("median", "least", "largest"))
_WORD = (
    "total|subtotal|sum|mean|average|avg|count|min|max|ergebnis|mittelwert|summe|somme|moyenne|totale"
    "|suma|soma|media|média"
)
_AT_END = re.compile(rf"(?<=[ :_-])(?:{_WORD})$", re.IGNORECASE)
_AT_START = re.compile(rf"(?:{_WORD})[ :_-]+(?:of )?(?=[^ :_-])", re.IGNORECASE)
# Experiments above, and columns of numbers that have to agree.
FEWEST, COLUMNS = 5, 2
# What agrees with a statistic does so by chance once in ten to the power of this.
DIGITS = 2.0
# So many lines tell what a column holds.
HEAD = 200


def computed_below(cells: np.ndarray, most: int) -> int:
    """How many of the last lines hold a statistic of all lines above them.

    Such a line has the mean, say, of every column of numbers in which it has a number, two of them
    at least, and what names the others is empty or says something of another kind. Lines of ends
    and medians count beside one of another statistic only.

    Args:
        cells: texts, (R, C).
        most: so many lines at most.
    """
    for count in range(min(most, len(cells) - FEWEST), 0, -1):
        above, below = cells[:-count], cells[-count:]
        found = []
        for own in below:
            if not _is_called_otherwise(own, above) or not (told := _statistic(own, above)):
                break
            found.append(told)
        if len(found) == count and set(found) - _ENDS:
            return count
    return 0


def subtotals(cells: np.ndarray) -> np.ndarray:
    """Which lines, (R,), stand below a group and are called after it, such as A total.

    A spreadsheet writes them so; there are two at least, each of a group of its own whose name
    stands in the same column, right above it, or above where all of them end the table. A group
    has two lines or more, some of them at least.

    Args:
        cells: texts, (R, C).
    """
    out = np.zeros(len(cells), bool)
    for column in cells.T:
        texts = column.tolist()
        different = set(texts) - {""}
        called = {text: group for text in different if (group := _group_of(text)) in different}
        own = np.array([text in called for text in texts], dtype=bool)
        groups = set(called.values())
        grouped = sum(text in groups or text == "" for text in texts) > len(groups)
        if own.sum() == len(called) >= 2 and grouped and _stand_below(texts, called):
            out |= own
    return out


def _group_of(text: str) -> str:
    """What a line is called after, as A of A total or of Sum of A; "" for other texts."""
    if end := _AT_END.search(text):
        return text[: end.start()].rstrip(" :_-")
    start = _AT_START.match(text)
    return "" if start is None else text[start.end() :]


def _stand_below(texts: Sequence[str], called: Mapping[str, str]) -> bool:
    """Whether lines that are called after groups stand below these, or all at the end."""
    if all(text in called for text in texts[-len(called) :]):
        return True
    group = ""
    for text in texts:
        if text in called:
            if called[text] != group:
                return False
        else:
            group = text or group  # a name can stand in the first line of its group alone
    return True


def _is_called_otherwise(own: np.ndarray, above: np.ndarray) -> bool:
    """Whether a line (C,) is no experiment by its names: those above, (R, C), all have others.

    Where there are no names it has more decimals than the others somewhere.
    """
    named = False
    for i, cell in enumerate(own.tolist()):
        head = above[:HEAD, i].tolist()
        is_text = cell != "" and split(cell) is None
        if 2 * sum(c != "" and split(c) is None for c in head) <= len(head):
            # In the place of numbers of the rows a word, or nothing.
            if (cell == "" or (is_text and not is_no_number(cell))) and "" not in above[:, i]:
                return True
            continue
        named = True
        column = above[:, i].tolist()
        if cell in column:
            continue
        numbered = 2 * sum(map(_has_digits, head)) > len(head)
        if not cell or 2 * len(set(column)) <= len(column) or (numbered and not _has_digits(cell)):
            return True
    return not named and any(
        _decimals(cell) > max(map(_decimals, above[:HEAD, i].tolist()))
        for i, cell in enumerate(own.tolist())
    )


def _has_digits(text: str) -> bool:
    return any(map(str.isdigit, text))


def _statistic(own: np.ndarray, above: np.ndarray) -> str:
    """Which statistic of the lines above, (R, C), all numbers of a line are, (C,); "" for none.

    A centre point has means, too: of settings, which have few levels or two with it in the middle,
    and by chance of a score.
    """
    left, columns, digits = list(_STATISTICS), 0, 0.0
    for i, cell in enumerate(own.tolist()):
        if cell == "" or split(cell) is None:
            continue
        numbers = _numbers([*above[:, i].tolist(), cell])
        if numbers is None:
            continue
        *others, number = numbers
        known = np.array([v for v in others if v is not None])
        if number is None or 2 * len(known) <= len(above):
            continue
        near = 0.5 * 10.0 ** -_decimals(cell) + 1e-9 * abs(number)
        left = [name for name in left if abs(_STATISTICS[name](known) - number) <= near]
        if not left:
            return ""
        spread = float(np.ptp(known))
        columns += spread > 0
        middle = abs(known.min() + known.max() - 2 * number) <= 2 * near
        if 2 * len(np.unique(known)) > len(known) or not (number in known or middle):
            digits += np.log10(max(spread / near, 1.0)) if near else 0.0
    return left[0] if columns >= COLUMNS and digits >= DIGITS else ""


def _numbers(cells: Sequence[str]) -> list[float | None] | None:
    """The numbers of a column, None where a cell has none; None where some texts are others."""
    parts = [split(cell) for cell in cells]
    if any(p is None and not is_no_number(c) for p, c in zip(parts, cells, strict=True)):
        return None
    comma = any(p is not None and mark_of(p[0]) == "comma" for p in parts)
    written = [None if p is None else plain(p[0], "comma" if comma else "point") for p in parts]
    return [None if text is None else parse_number(text) for text in written]


def _decimals(cell: str) -> int:
    """How many digits stand behind the last mark of a number; 0 for other texts."""
    parts = split(cell)
    found = None if parts is None else re.search(r"[.,](\d+)$", parts[0])
    return 0 if found is None else len(found[1])
