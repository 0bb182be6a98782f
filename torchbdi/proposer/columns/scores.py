"""The column of scores: numbers, texts in their place, and rows that have none yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ...kernels.errors import InputError
from ..reading.numerals import mark_of, plain, split
from ..reading.ratings import are_of_scale, counts_of, in_order
from ..reading.table import MISSING, Table, Values, is_no_number, parse_number
from ..reading.ways import Ways, listed
from .bookkeeping import WAITING
from .column import LARGEST
from .failed import failed_rows, scored_remarks, waiting_rows
from .takes import (
    CANDIDATE,
    OUT,
    as_best_told,
    cells_of,
    poor_score,
    taken,
    told_of,
    words_of_takes,
)

# What planning programs write for a design that is to be made.
PLANNED = frozenset(
    {"pending", "todo", "to do", "tbd", "planned", "queued", "scheduled", "open", "?"}
)
# Rows without a score are candidates, unasked, where they are as many and this share of the rows.
FEWEST_CANDIDATES, SHARE = 5, 0.1
_TIME = re.compile(r"\d+:[0-5]\d(:[0-5]\d)?([.,]\d+)?")
# So many different words in the place of scores can be given numbers.
FEW_WORDS = 8


@dataclass(frozen=True)
class Scores:
    """What the rows have.

    Attributes:
        numbers: scores of every row, (N, S), NaN where there is none.
        candidate: which rows are designs to choose from, (N,) bool.
        blank: which rows have an empty score that nobody has spoken about, (N,) bool.
        tried: which rows have none and were left out, since they failed or wait, (N,) bool: a
            column says so, or a text that stands in the place of the score.
        remarks: what was done.
        states: columns that say how a run ended, and are no part of a design.
    """

    numbers: np.ndarray
    candidate: np.ndarray
    blank: np.ndarray
    tried: np.ndarray
    remarks: list[str]
    states: list[str] = field(default_factory=list)


def read_scores(
    table: Table,
    scores: Mapping[str, Values],
    takes: Mapping[str, float | str],
    ways: Ways,
    minimize: bool = False,
) -> Scores:
    """Reads the scores of a table.

    Args:
        table: the columns beside the scores of which the person has not said what they are.
        scores: columns of scores of one kind, (N,) each; one, or repetitions.
        takes: what texts stand for.
        ways: how options are typed.
        minimize: whether low scores are good.

    Raises:
        InputError: a text that nobody has spoken about, a number that is not finite, or a choice
            for a text that does not occur.
    """
    n = len(table)
    numbers = np.full((n, len(scores)), np.nan)
    planned, left = np.zeros((n, len(scores)), bool), np.zeros((n, len(scores)), bool)
    said = np.zeros(n, bool)  # a text in the place of a score
    measured: list[float] = []  # the scores that are numbers in the table
    unread: dict[str, list[int]] = {}
    strange: dict[str, None] = {}  # the columns in which these stand
    used: dict[str, int] = {}
    for at, (name, values) in enumerate(scores.items()):
        own = zip(cells_of(values), words_of_takes(values, takes), strict=True)
        for i, (cell, word) in enumerate(own):
            number = parse_number(cell) if cell not in MISSING else None
            if word is not None:
                said[i] |= number is None and _says_something(cell)
                used[word] = used.get(word, 0) + 1
                number = taken(word, takes[word])
                planned[i, at], left[i, at] = takes[word] == CANDIDATE, takes[word] == OUT
            elif cell.casefold() in PLANNED:
                planned[i, at] = True
            elif number is None and cell not in MISSING:
                unread.setdefault(cell, []).append(i)
                strange[name] = None
            elif number is not None:
                measured.append(number)
            if number is not None:
                numbers[i, at] = number
    if unused := [word for word in takes if word not in used]:
        words = listed(list(unread), 6) if unread else "all are numbers, or missing"
        raise InputError(f"take: no score is {unused[0]!r}. Of the others: {words}.")
    if unread:
        known = numbers[~np.isnan(numbers)].tolist()
        poor = poor_score(known, minimize) if known else None
        raise InputError(_unread([*strange], table.rows, unread, numbers.size, poor, ways))
    _require_scores(table, scores, numbers, ways)
    none = np.isnan(numbers).all(1)
    blank = none & ~planned.any(1) & ~left.any(1)
    remarks = [
        f"Scores {cell!r} ({count} of {n}) were {told_of(takes[cell], len(scores))}, as you said."
        + ("" if _limit(cell) is not None else as_best_told(cell, takes[cell], measured, minimize))
        for cell, count in used.items()
    ]
    candidate = none & planned.any(1)
    gone = none & left.any(1) & ~candidate
    tried = gone & said
    failed, told, states = failed_rows(table, blank, gone, ways)
    blank, tried, remarks = blank & ~failed, tried | failed, remarks + told
    remarks += scored_remarks(table, ~none & ~said, ways)
    if blank.sum() >= max(FEWEST_CANDIDATES, SHARE * n):
        candidate, blank = candidate | blank, np.zeros(n, bool)
    else:  # a few are no list to choose from
        waits, told = waiting_rows(table, blank, gone, ways)
        blank, tried, remarks = blank & ~waits, tried | waits, remarks + told
    if candidate.any():
        remarks.append(_candidate_remark(scores, candidate, takes, ways))
    return Scores(numbers, candidate, blank, tried, remarks, states)


def _says_something(cell: str) -> bool:
    """Whether a text in the place of a score says more than that there is none, as a dash does."""
    return not is_no_number(cell) or cell.casefold() in PLANNED | WAITING


def _require_scores(
    table: Table, scores: Mapping[str, Values], numbers: np.ndarray, ways: Ways
) -> None:
    """Raises InputError where a score is not finite, or there is none; numbers are (N, S)."""
    wrong = np.argwhere(np.abs(np.where(np.isnan(numbers), 0, numbers)) > LARGEST)
    if len(wrong):
        row, at = wrong[0]
        number = numbers[row, at]
        raise InputError(
            f"column {list(scores)[at]!r}: {number} in row {table.rows[row]} is not finite, or "
            f"larger than {LARGEST:g}. Leave that row out ({ways('take', f'{number}=out')}), or "
            "change the unit."
        )
    if len(table) and all(cell in MISSING for own in scores.values() for cell in cells_of(own)):
        raise InputError(
            f"column {next(iter(scores))!r} has not a single score. Formulas that no spreadsheet "
            "has computed yet look so: open the file in one and save it. Or choose another score."
        )


def _candidate_remark(
    scores: Mapping[str, Values],
    candidate: np.ndarray,
    takes: Mapping[str, float | str],
    ways: Ways,
) -> str:
    """How many rows are designs to choose from, candidate (N,) bool, and how they are left out."""
    given = {word for word, value in takes.items() if value == CANDIDATE}
    written = {
        "" if cell in MISSING else cell
        for values in scores.values()
        for cell, own in zip(cells_of(values), candidate.tolist(), strict=True)
        if own
    } - given
    out = ways.several("take", [f"{word}={OUT}" for word in sorted(written)])
    other = f" ({out} leaves them out)" if out else ""
    have = "has" if candidate.sum() == 1 else "have"
    return (
        f"{candidate.sum()} of {len(candidate)} rows {have} no score yet: the proposals are chosen "
        f"among them{other}."
    )


def _unread(
    names: list[str],
    rows: np.ndarray,
    unread: Mapping[str, list[int]],
    n: int,
    poor: float | None,
    ways: Ways,
) -> str:
    """What to say of texts among n scores: where they are, and how to say what they stand for.

    poor is a score for what failed, None where no score is a number.
    """
    name = f"column{'s' if len(names) > 1 else ''} {listed(names)}"
    count = sum(len(at) for at in unread.values())
    word, at = next(iter(unread.items()))
    if poor is None and len(unread) <= FEW_WORDS:
        told = ", ".join(f"{word!r} ({len(places)})" for word, places in unread.items())
        counts = counts_of(unread)
        order = counts or {word: i for i, word in enumerate(in_order(unread))}
        takes = (
            " ".join(ways("take", f"{word}={i}") for word, i in order.items())
            if ways.typed
            else f"takes={order}"
        )
        alphabet = (
            ""
            if counts or are_of_scale(unread)
            else " (with the numbers of your own scale: these follow the alphabet)"
        )
        return (
            f"{name}: there are words and no number: {told}. Say what each stands for, "
            f"for instance {takes}{alphabet}; or choose another score."
        )
    if poor is None:
        times = all(map(_TIME.fullmatch, unread))
        what = "these times as numbers of one unit, such as seconds," if times else "numbers alone"
        return (
            f"{name}: {word!r} in row {rows[at[0]]} is not a number ({count} of {n} cells "
            f"are not). Write {what} into it, or choose another score."
        )
    parts = []
    for cell, places in list(unread.items())[:5]:
        told = ", ".join(str(rows[i]) for i in places[:5]) + (", ..." if len(places) > 5 else "")
        parts.append(f"{cell!r} ({'row' if len(places) == 1 else 'rows'} {told})")
    limit = _limit(word)
    if limit is not None:
        value = f"{ways('take', f'{word}={limit:g}')} takes the limit itself"
        if word[0] in "<≤":
            value += f", {ways('take', f'{word}={limit / 2:g}')} half of it"
    else:
        value = f"{ways('take', f'{word}={poor:g}')} makes it a score of {poor:g}, or of any number"
    rows_out = "these rows" if n == len(rows) else "these scores"
    many = ""
    if len(unread) > len(parts):
        many = f" There are {len(unread)} different texts: it may be quicker to mend the file."
    return (
        f"{name}: {count} of {n} scores are no numbers: {', '.join(parts)}. Say what each "
        f"stands for: {value}; {ways('take', f'{word}={OUT}')} leaves {rows_out} out; "
        f"{ways('take', f'{word}={CANDIDATE}')} makes them designs to choose from.{many}"
    )


def _limit(word: str) -> float | None:
    """The number of a limit such as <0.1, <0,1 or > 5 %; None for other texts."""
    parts = split(word.lstrip("<>≤≥~= ")) if word[:1] in "<>≤≥" else None
    if parts is None:
        return None
    marks = ("comma", "point") if mark_of(parts[0]).startswith("comma") else ("point", "comma")
    written = next((text for mark in marks if (text := plain(parts[0], mark)) is not None), "")
    return parse_number(written)
