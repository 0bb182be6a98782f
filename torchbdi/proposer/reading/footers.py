"""Lines of a file that are no experiments: the header again, means and remarks at the end."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from .computed import computed_below, subtotals
from .numerals import split
from .sequences import surely_sequences
from .table import is_no_number, parse_number

# What stands beside a mean or a sum below a table, and how many such lines there are at most.
_SUMMARY = re.compile(
    r"(grand |overall )?(mean|average|avg|total|sum|std|std\.? ?dev|st\.? ?dev|stdev|sd|sem|rsd|cv|"
    r"standard deviation|median|min|max|minimum|maximum|count|var|variance|mittelwert|summe|"
    r"moyenne|n ?= ?\d+)[ .:]*(\(.*\)|=.*)?",
    re.IGNORECASE,
)
MOST, FEWEST = 10, 3
# So many lines tell which columns hold numbers.
HEAD = 200


def experiments(
    cells: np.ndarray, numbers: np.ndarray, names: Sequence[str], notes: list[str]
) -> np.ndarray:
    """Which lines hold experiments, (R,) bool.

    Args:
        cells: texts, (R, C).
        numbers: of the lines in the file, (R,).
        names: of the columns, (C,).
        notes: what was left out is added.
    """
    keep = np.ones(len(cells), bool)
    if not len(cells):
        return keep
    keep = ~(cells == np.array(names, dtype=object)).all(1)
    if not keep.all():
        told = ", ".join(map(str, numbers[~keep][:5]))
        notes.append(f"The names of the columns stand again in row {told}: left out.")
    # A title above the names, as of another table.
    filled = (cells != "").sum(1)
    titles = np.flatnonzero(np.append(~keep[1:], False) & (filled == 1)).tolist()
    designs = np.median(filled) < 3  # of one column, those without a score stand alone, too
    if at := [i for i in titles if not designs or _foreign(cells, i, filled == 1)]:
        said = ", ".join(f"{_first(cells[i])[:40]!r} (row {numbers[i]})" for i in at[:3])
        notes.append(
            f"Above names that stand again, a title was left out: {said}. If the rows below it are "
            "others than those above, give the table a column that says so."
        )
        keep[at] = False
    comments, of_groups = _comments(cells), subtotals(cells)
    for lines, what in (
        (_headings(cells), "A text alone in its line is no experiment"),
        (comments, "Lines that begin with # are comments"),
        (of_groups, "Lines called after a group above hold no experiment"),
    ):
        if at := np.flatnonzero(keep & lines).tolist():
            keep[at] = False
            said = ", ".join(f"row {numbers[i]} ({_first(cells[i])[:40]!r})" for i in at[:3])
            more = f" and {len(at) - 3} more" if len(at) > 3 else ""
            notes.append(f"{what}: {said}{more} left out.")
    others = np.flatnonzero(~comments & ~of_groups)
    below = others[_end(cells[others]) :]
    if len(below):
        said = _first(cells[below[0]])[:60]
        which = (
            f"Row {numbers[below[0]]} at the end holds"
            if len(below) == 1
            else f"Rows {numbers[below[0]]} to {numbers[below[-1]]} at the end hold"
        )
        notes.append(f"{which} no experiment ({said!r}): left out.")
        keep[below] = False
    return keep


def second_table(cells: np.ndarray, numbers: np.ndarray) -> int | None:
    """The line in which the names of another table stand, below this one.

    It comes after an empty line, and its cells are different texts, in two columns or more that
    hold numbers above.

    Args:
        cells: texts, (R, C).
        numbers: of the lines in the file, (R,).
    """
    for i in np.flatnonzero(np.diff(numbers) > 1) + 1:
        texts = [c for c in cells[i].tolist() if c]
        if not 3 <= i < len(cells) - 1 or len(texts) < 2 or len(set(texts)) < len(texts):
            continue
        if any(is_no_number(c) or parse_number(c) is not None for c in texts):
            continue
        above = [sum(parse_number(c) is not None for c in own) for own in cells[:i].T.tolist()]
        if ((cells[i] != "") & (2 * np.array(above) > i)).sum() > 1:
            return int(i)
    return None


def _first(line: np.ndarray) -> str:
    return next(cell for cell in line.tolist() if cell)


def _headings(cells: np.ndarray) -> np.ndarray:
    """Which lines, (R,), have one text and nothing else, in a column of numbers or behind a #."""
    filled = (cells != "").sum(1)
    alone: np.ndarray = filled == 1
    if np.median(filled) < 3 or alone.sum() > len(cells) // 4:
        return np.zeros(len(cells), bool)
    for i in np.flatnonzero(filled == 1).tolist():
        alone[i] = _foreign(cells, i, filled == 1) and (filled[i:] > 1).any()
    return alone


def _foreign(cells: np.ndarray, line: int, alone: np.ndarray) -> bool:
    """Whether the one cell of a line is a text behind a #, or in a column of numbers.

    Those that stand alone in their lines, (R,), tell nothing of their columns.
    """
    at = int((cells[line] != "").argmax())
    others = [cell for cell in cells[~alone, at] if cell]
    numbers = sum(parse_number(cell) is not None for cell in others)
    foreign = cells[line, at].startswith("#") or 2 * numbers > len(others)
    return foreign and parse_number(cells[line, at]) is None


def _comments(cells: np.ndarray) -> np.ndarray:
    """Which lines, (R,), begin with # while most do not: #N/A and the like are missing cells."""
    marked = np.array([c.startswith("#") and not is_no_number(c) for c in cells[:, 0].tolist()])
    if 4 * marked.sum() > len(cells):
        return np.zeros(len(cells), bool)
    marked[marked] = [not _is_marked_name(own, cells[~marked]) for own in cells[marked]]
    return marked


def _is_marked_name(own: np.ndarray, others: np.ndarray) -> bool:
    """Whether a line, (C,), that begins with # is an experiment, as with a catalyst called #2.

    It has numbers where others, (R, C), have some, which share their names; and what stands behind
    the sign is nothing that stands there in others, as in a line that was made a comment.
    """
    numeric = [i for i in range(1, len(own)) if _are_numbers(others[:HEAD, i])]
    behind = own[0].lstrip("#").strip()
    return (
        len(numeric) > 1
        and all(split(own[i]) is not None for i in numeric)
        and not _are_numbers(others[:HEAD, 0])
        and _are_shared(others[:, 0])
        and behind not in ("", *others[:, 0])
    )


def _end(cells: np.ndarray) -> int:
    """Where the experiments end: below are remarks, alone in their line, and means and the like.

    These are known by their words, or by their numbers.
    """
    filled = (cells != "").sum(1)
    usual = float(np.median(filled))
    last = max(FEWEST, len(cells) - MOST)
    end = len(cells)
    while end > last:
        own = cells[end - 1]
        remark = usual >= 3 and filled[end - 1] == 1 and parse_number("".join(own)) is None
        if remark and _is_sequence(cells[:last, int((own != "").argmax())], "".join(own)):
            break
        if (
            not remark
            and not _is_prose(own, cells[:last])
            and not any(
                _SUMMARY.fullmatch(cell)
                and not _is_name(cells[:last, i])
                and not (_are_shared(cells[:last, i]) and _is_level(cell, own, cells[:last]))
                for i, cell in enumerate(own)
            )
        ):
            break
        end -= 1
    return end - computed_below(cells[:end], MOST)


def _is_prose(own: np.ndarray, above: np.ndarray) -> bool:
    """Whether a line, (C,), has different texts alone where numbers are: a remark with commas.

    Args:
        own: its cells.
        above: those of the lines before it, (R, C); the first of them tell where numbers are.
    """
    texts = [i for i, cell in enumerate(own.tolist()) if cell and split(cell) is None]
    if len({own[i] for i in texts}) < 2 or any(is_no_number(own[i]) for i in texts):
        return False
    filled = [i for i in np.flatnonzero(own != "").tolist() if _are_numbers(above[:HEAD, i])]
    return set(filled) <= set(texts) and len({own[i] for i in filled}) >= 2


def _are_numbers(column: np.ndarray) -> bool:
    own = [cell for cell in set(column.tolist()) if not is_no_number(cell)]
    return bool(own) and all(split(cell) is not None for cell in own)


def _is_name(column: np.ndarray) -> bool:
    """Whether such words stand above, too, (R,): then they are levels."""
    return any(_SUMMARY.fullmatch(cell) for cell in set(column.tolist()))


def _are_shared(column: np.ndarray) -> bool:
    """Whether lines share the names of a column, (R,): levels, and not names of the lines."""
    return 2 * len(set(column.tolist())) <= len(column)


def _is_level(word: str, own: np.ndarray, above: np.ndarray) -> bool:
    """Whether max or min in a line, (C,), is a level: its numbers are no ends of those, (R, C)."""
    sign = {"max": 1.0, "min": -1.0}.get(word[:3].lower())
    if sign is None:
        return False
    ends = []
    for i, cell in enumerate(own.tolist()):
        number, others = parse_number(cell), [parse_number(v) for v in above[:, i].tolist()]
        known = [sign * v for v in others if v is not None]
        if number is not None and 2 * len(known) > len(others):
            # It may be rounded.
            ends.append(sign * number >= max(known) - 0.01 * abs(max(known)))
    return bool(ends) and 2 * sum(ends) < len(ends)


def _is_sequence(column: np.ndarray, text: str) -> bool:
    """Whether a text is a sequence as those of a column, (R,): then it is to be chosen from."""
    return text not in column and surely_sequences({*column.tolist(), text} - {""})
