"""Which lines of a file hold the names of the columns, and what stands above and below them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from .grid import Grid
from .numerals import split
from .table import is_no_number, tidy

# Units are short; longer texts below the names are descriptions.
LONGEST_UNIT = 12
# So many lines of units and descriptions can stand below the names.
MOST_BELOW = 3
# Words of experiments that gave nothing, beside those for a cell without a number.
_FAILED = frozenset(("fail", "failed", "failure", "error", "pending"))
# Lines of characters above, between and below the cells of a printed list.
_RULED = re.compile(r"(?=.*[-=_]{3})[-=_+:|]+")
# So many lines can stand between an instrument's settings and the names.
MOST_ABOVE = 60


@dataclass(frozen=True)
class Lines:
    """The lines that hold something: their cells, column by column, and their numbers from 1."""

    cells: list[np.ndarray]
    numbers: np.ndarray

    @staticmethod
    def of(grid: Grid) -> Lines:
        """Those of a grid; a ruled line holds nothing."""
        height = len(grid.columns[0]) if grid.columns else 0
        some = np.zeros(height, dtype=bool)
        for column in grid.columns:
            ruled = {cell for cell in set(column.tolist()) if _RULED.fullmatch(cell)}
            some |= (
                (column != "") & [cell not in ruled for cell in column] if ruled else column != ""
            )
        rows = np.flatnonzero(some)
        return Lines([column[rows] for column in grid.columns], rows + 1)

    def after(self, line: int) -> Lines:
        """The lines after one."""
        return Lines([c[line + 1 :] for c in self.cells], self.numbers[line + 1 :])

    def of_rows(self, keep: np.ndarray) -> Lines:
        """Some of the lines, by a mask."""
        return Lines([c[keep] for c in self.cells], self.numbers[keep])

    def table(self, kept: Sequence[int]) -> np.ndarray:
        """Some of the columns side by side, (R, C)."""
        return np.stack([self.cells[i] for i in kept], axis=1)

    def line(self, at: int) -> list[str]:
        """The cells of one line."""
        return [column[at] for column in self.cells]


def header_of(
    lines: Lines, notes: list[str], scores: Collection[str] = ()
) -> tuple[int, list[str]]:
    """Which line holds the names, and these, "" where a column has none.

    It is the first that is neither a comment, nor a title, nor an instrument's settings, nor names
    of groups of columns; or else one that has the names of the scores. A name that columns of
    several groups have gets that of its group before.
    """
    if not len(lines.numbers):
        return 0, []
    filled = np.sum([column != "" for column in lines.cells], axis=0)
    usual = float(np.median(filled))
    at, groups = _first_names(lines, filled, usual)
    names = _named(lines, at, groups)
    if scores and not set(scores) <= set(names):
        for other in range(min(MOST_ABOVE, len(filled) - 1)):
            own = [tidy(cell) for cell in lines.line(other)]
            if set(scores) <= set(own) and _are_names(own):
                at, names = other, own
                break
    if at:
        told = " ".join(cell for cell in lines.line(0) if cell)[:60]
        which = f"Row {lines.numbers[0]} was" if at == 1 else f"{at} rows before the header were"
        notes.append(f"{which} left out ({told!r}); the names stand in row {lines.numbers[at]}.")
    return at, names


def _first_names(lines: Lines, filled: np.ndarray, usual: float) -> tuple[int, int]:
    """The first line that can hold names, and the last one before it with names of groups, or -1.

    Args:
        lines: all of them.
        filled: cells of each that hold something, (R,).
        usual: what lines have of these.
    """
    at, groups = 0, -1
    while at < len(filled) - 1:
        comment = lines.cells[0][at].startswith("#") and filled[at] < usual
        if _group_names(lines, at):
            groups = at
        elif not comment and not (filled[at] == 1 and usual >= 2):
            if not (own := _settings_end(lines, filled, usual, at)):
                break
            at = own - 1
        at += 1
    return at, groups


def _named(lines: Lines, at: int, groups: int) -> list[str]:
    """The names in a line, below those of groups where these stand in the line above."""
    names = [tidy(cell) for cell in lines.line(at)]
    return names if groups < 0 or groups != at - 1 else _in_groups(lines.line(groups), names)


def _in_groups(groups: Sequence[str], names: list[str]) -> list[str]:
    """Names, with that of their group where several columns have one, or where they have none."""
    out, group = [], ""
    for own, name in zip(groups, names, strict=True):
        group = tidy(own) or group
        out.append(f"{group} {name}" if name and names.count(name) > 1 else name or tidy(own))
    return out


def _is_unit(cell: str) -> bool:
    return split(cell) is None and split(f"1{cell}") is not None


def _are_names(cells: Sequence[str]) -> bool:
    """Whether the cells of a line can be names: no numbers, and no line of units."""
    named = [cell for cell in cells if cell]
    return (
        not any(split(cell) is not None for cell in named)
        and 2 * sum(map(_is_unit, named)) <= len(named)
    )  # fmt: skip


def _group_names(lines: Lines, at: int) -> bool:
    """Whether a line has names of groups of columns, with gaps, and the names stand below it."""
    if at + 2 >= len(lines.numbers):
        return False
    own, below = lines.line(at), lines.line(at + 1)
    names = [name for name in _in_groups(own, [tidy(cell) for cell in below]) if name]
    after = range(at + 2, min(at + 3 + MOST_BELOW, len(lines.numbers)))
    rows = next((row for i in after if any(map(split, row := lines.line(i)))), None)
    gaps = any(cell and not over for cell, over in zip(below, own, strict=True))
    return (
        rows is not None
        and gaps
        and len(set(names)) == len(names) >= sum(map(bool, rows))
        and _are_names(own)
        and _are_names(below)
    )


def _settings_end(lines: Lines, filled: np.ndarray, usual: float, at: int) -> int:
    """Which line holds the names, where narrower lines such as "Operator;Smith" precede it; or 0.

    Args:
        lines: all of them.
        filled: cells of each that hold something, (R,).
        usual: what lines have of these.
        at: the first of the narrow lines.
    """
    for line in range(at + 1, min(at + MOST_ABOVE, len(filled) - 1)):
        if filled[line] < usual or filled[line] <= filled[at]:
            continue
        cells = [tidy(cell) for cell in lines.line(line) if cell]
        good = len(set(cells)) == len(cells) and _are_names(cells)
        return line if good and any(map(split, lines.line(line + 1))) else 0
    return 0


def _is_nothing(cell: str) -> bool:
    """Whether a cell says nd, failed and the like; dashes can stand for no unit."""
    return cell.casefold() in _FAILED or (is_no_number(cell) and any(map(str.isalpha, cell)))


def lines_below(lines: Lines, kept: Sequence[int]) -> int:
    """How many lines below the names hold units or descriptions, and no experiment."""
    return next((n for n in range(1, MOST_BELOW + 1) if _no_experiments(lines, kept, n)), 0)


def _no_experiments(lines: Lines, kept: Sequence[int], count: int) -> bool:
    """Whether the first lines hold no number in columns in which all the others are numbers."""
    if len(lines.numbers) < count + 2:
        return False
    known = full = columns = 0
    long = False
    said: list[set[str]] = [set() for _ in range(count)]  # of the numbers, line by line
    for i in kept:
        first, others = lines.cells[i][:count].tolist(), lines.cells[i][count:].tolist()
        rest = {cell for cell in others if not is_no_number(cell)}
        long |= any(len(cell) > LONGEST_UNIT for cell in first)
        numeric = bool(rest) and all(split(cell) is not None for cell in rest)
        if numeric and any(split(cell) is not None for cell in first):
            return False
        if not numeric and any(cell in rest for cell in first if cell):
            return False
        if numeric:
            said = [words | {cell} for words, cell in zip(said, first, strict=True)]
        columns += numeric
        full += numeric and all(first)
        known += numeric and any(first)
        # A unit that is known stands for two.
        known += numeric and any(_is_unit(cell) and not cell[0].isdigit() for cell in first if cell)
    if any(all(map(_is_nothing, words - {""})) for words in said if words - {""}):
        return False
    # What may be experiments that failed leaves some numbers; several lines have texts everywhere.
    return known >= 2 and (not (long or count > 1) or full == columns >= 2)
