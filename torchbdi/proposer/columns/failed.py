"""Columns such as status: how rows ended, and which of those without a score failed, or wait."""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np

from ..reading.table import Table, Values
from ..reading.ways import Ways, listed
from .bookkeeping import DONE, STATE_NAMES, STATES, WAITING, says_what_is_done
from .words import words_of

# What programs and people call a run that came to nothing, alone or beside a reason.
_FAILED = re.compile(
    r"(fail(ed|ure)?|crash(ed)?|diverge[dn]?|divergence|error(ed)?|killed|abort(ed)?"
    r"|cancell?ed|oom|out of memory|infeasible|pruned|time[ _-]?out|timed[ _-]?out"
    r"|(not|non|un)[ _-]?converged|fehlgeschlagen|abgebrochen|fehler)",
    re.IGNORECASE,
)
# Between a state and the reason or remark beside it: "failed (OOM)", "short circuit - failed".
_APART = re.compile(r"[(),:;]|\s[-\u2013\u2014]\s")
# What columns that say it are called. What comes out of a run, or leaves a reactor, has such names
# as well, so that the cells have to say it, too.
_ENDS = frozenset(("status", "state", "outcome", "result", "exit", "ergebnis"))


def failed_rows(
    table: Table, open_: np.ndarray, gone: np.ndarray, ways: Ways
) -> tuple[np.ndarray, list[str], list[str]]:
    """Which rows a column says to have failed, (N,) bool; what is told of them; and that column.

    Cells that rows with a score have as often are levels: yeast that was killed, or vines pruned.

    Args:
        table: the columns beside the scores of which the person has not said what they are.
        open_: which rows have an empty score of which the person said nothing, (N,) bool.
        gone: which rows the person left out, (N,) bool: they prove nothing of a column.
        ways: how options are typed.
    """
    for name, cells in table.columns.items():
        if cells.dtype == np.float64 or not open_.any():
            continue
        texts = cells.tolist()
        fails = {text: _fails(text) for text in set(texts)}
        known = {_state(text) for text, fail in fails.items() if text and not fail}
        of_runs = bool(known) and known <= STATES
        if not (_is_called_so(name) or known <= STATES):
            continue
        ends = np.array([fails[text] for text in texts])
        failed = open_ & ends
        if failed.any() and (of_runs or 2 * failed.sum() > (ends & ~gone).sum()):
            said = listed(list(dict.fromkeys(cells[failed].tolist())), 3)
            has, were = ("has", "it was") if failed.sum() == 1 else ("have", "they were")
            return (
                failed,
                [
                    f"{failed.sum()} of {len(failed)} rows {has} no score and failed, as column "
                    f"{name!r} says ({said}): {were} left out, and that column; "
                    f"{ways('take', '=candidate')} chooses among them, and "
                    f"{ways('category', name)} makes {name!r} part of the design. A poor score in "
                    "its place would teach the model where runs fail."
                ],
                [name],
            )
    return np.zeros(len(table), bool), [], []


def waiting_rows(
    table: Table, open_: np.ndarray, gone: np.ndarray, ways: Ways
) -> tuple[np.ndarray, list[str]]:
    """Which rows a column says to be planned or under way, (N,) bool; and what is told of them.

    Args:
        table: the columns beside the scores of which the person has not said what they are.
        open_: which rows have an empty score of which the person said nothing, (N,) bool.
        gone: which rows the person left out, (N,) bool: they prove nothing of a column.
        ways: how options are typed.
    """
    for name, cells in table.columns.items():
        if cells.dtype == np.float64:
            continue
        texts = np.array([_state(text) for text in cells.tolist()], dtype=object)
        known = {*texts[~(open_ | gone)].tolist()} - {""}
        others = {text for text in known if not _fails(text)}
        if not (_is_called_so(name) or (others and others <= STATES)):
            continue
        waits = open_ & np.isin(texts, [*(WAITING - known)])
        if waits.any():
            said = listed(list(dict.fromkeys(cells[waits].tolist())), 3)
            has, were = ("has", "it was") if waits.sum() == 1 else ("have", "they were")
            return waits, [
                f"{waits.sum()} of {len(waits)} rows {has} no score yet, as column {name!r} says "
                f"({said}): {were} left out; {ways('take', '=candidate')} chooses among such rows."
            ]
    return np.zeros(len(table), bool), []


def scored_remarks(table: Table, scored: np.ndarray, ways: Ways) -> list[str]:
    """Says which rows have a score although a column says that they failed, or were pruned.

    Programs write 0 or a large loss for such runs, or what one had reached when it was stopped.

    Args:
        table: the columns beside the scores of which the person has not said what they are.
        scored: which rows have a number for a score in the table, (N,) bool.
        ways: how options are typed.
    """
    out = []
    for name, cells in table.columns.items():
        if not says_how_it_ended(name, cells[scored]):
            continue
        at = np.flatnonzero(scored & np.array([_fails(text) for text in cells.tolist()], bool))
        if len(at):
            said = listed(list(dict.fromkeys(cells[at].tolist())), 3)
            rows = ", ".join(map(str, table.rows[at[:3]].tolist())) + (
                ", ..." if at[3:].size else ""
            )
            out.append(
                f"{len(at)} of {len(cells)} rows failed, as column {name!r} says ({said} in row "
                f"{rows}), and have a score, which counts as measured. If it was written for want "
                "of one, or is that of a run that was stopped early, empty it in these rows: then "
                f"they are left out, and not proposed again; {ways('category', name)} makes "
                f"{name!r} part of the design."
            )
    return out


def says_how_it_ended(name: str, cells: Values) -> bool:
    """Whether a column says of each row how far it is, or how it ended: done, planned, failed.

    One that says of no row that it is done speaks of something else, as of a valve that is open.

    Args:
        name: of the column.
        cells: numbers or texts, (n,), none missing.
    """
    if cells.dtype == np.float64 or not _is_called_so(name):
        return False
    texts = {_state(text) for text in cells.tolist()}
    return bool(texts & DONE) and all(text in STATES or _fails(text) for text in texts)


def ends_of_left(
    table: Table, states: Collection[str], gone: np.ndarray, ways: Ways
) -> tuple[list[str], np.ndarray, list[str]]:
    """Columns that say why rows were left out with their scores.

    What is left of such a column is one word, of designs that were made: as a part of designs it
    would be untrue of every proposal, and no proposal would be that of a row that was left out.

    Args:
        table: the columns beside the scores of which the person has not said what they are.
        states: those that are known to say so, and were told.
        gone: which rows have no score and were left out, (N,) bool.
        ways: how options are typed.

    Returns:
        The names of others that do; which rows failed or wait by any of them, (N,) bool; and what
        is told.
    """
    others = {name: cells for name, cells in table.columns.items() if name not in states}
    names = [name for name, cells in others.items() if _says_why(name, cells, gone)]
    ended = np.zeros(len(table), bool)
    for name in (*states, *names):
        ended |= gone & _failed_or_waits(table.columns[name])
    told = [
        f"Column {name!r} says how rows ended, which have a score or were left out, and nothing "
        f"that can be chosen: it was left out, too; {ways('category', name)} makes it part of the "
        "design."
        for name in names
    ]
    return names, ended, told


def _says_why(name: str, cells: Values, gone: np.ndarray) -> bool:
    # A state can be one of matter, too, which a row that was left out may be alone in.
    if says_what_is_done(name, cells, gone) and "state" not in words_of(name):
        return True
    if cells.dtype == np.float64:
        return False
    texts = np.array([_state(text) for text in cells.tolist()], dtype=object)
    known = {*texts[~gone].tolist()} - {""}
    own = {*texts[gone].tolist()} - known - {""}  # a wrong score may be left out of what is good
    if not own or not all(text in STATES or _fails(text) for text in own):
        return False
    return _is_called_so(name) or known <= STATES


def _is_called_so(name: str) -> bool:
    """Whether a column is called as those that say how runs ended.

    Words such as tested are such a name alone: beside others they are of a material, new or known.
    """
    words = words_of(name)
    return bool(words & _ENDS or (words and words <= STATE_NAMES))


def _failed_or_waits(cells: Values) -> np.ndarray:
    """Which cells (N,) say that a row failed, is planned or is under way, (N,) bool."""
    texts = [str(cell) for cell in cells.tolist()]
    return np.array([_fails(text) or _state(text) in WAITING for text in texts], dtype=bool)


def _state(text: str) -> str:
    """What a cell says of its row, without a reason or remark; all of it where it is no state."""
    whole = text.casefold()
    parts = [part.strip() for part in _APART.split(whole)]
    return next((p for p in parts if p in STATES or _FAILED.fullmatch(p)), whole)


def _fails(text: str) -> bool:
    return _FAILED.fullmatch(_state(text)) is not None
