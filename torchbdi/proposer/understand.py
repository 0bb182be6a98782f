"""From a table as it came to what a design is; all that is wrong with columns is said at once.

Nothing here needs torch: a table is refused in a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..kernels.errors import InputError
from .columns.failed import ends_of_left
from .columns.roles import kinds_of, values_of
from .columns.rows import missing_cells, missing_message
from .columns.scores import Scores, read_scores
from .columns.second import second_results
from .reading.table import Table, Values
from .reading.ways import Ways
from .settings import Settings
from .understood import Understood
from .whole import Whole, understood_of


def understand(
    table: Table, score: str, y: Values | Mapping[str, Values], settings: Settings
) -> Understood:
    """Checks a table and finds out what its columns are.

    Args:
        table: the designs, without the score.
        score: name of the score.
        y: the scores, (N,); or several columns of them by name, which are repetitions.
        settings: the person's choices.

    Raises:
        InputError: all that is wrong with the table, where, and what to do.
    """
    ways, remarks = Ways(table.typed), list(table.notes)
    scores = dict(y) if isinstance(y, Mapping) else {score: y}
    for name in scores:
        settings.check([*table.columns, *scores], name)
    complaints = [text for name, text in table.complaints.items() if name not in settings.ignore]
    table = table.only(
        name for name in table.columns
        if name not in settings.ignore and name not in table.complaints
    )  # fmt: skip
    read: Scores | None = None
    left = tried = table.take(np.zeros(len(table), bool))
    if not set(scores) & set(table.complaints):
        try:
            open_ = table.only(_open(table, settings))
            read = read_scores(open_, scores, settings.takes, ways, settings.minimize)
        except InputError as error:
            complaints.append(str(error))
    if read is not None:
        remarks += read.remarks
        used = ~np.isnan(read.numbers).all(1) | read.candidate | read.blank
        without = ~used | read.candidate | read.blank
        named = len(table.columns) - len(open_.columns)
        second, seconds = second_results(open_, scores, without, read.candidate, named, ways)
        ends, ended, told = ends_of_left(open_, read.states, ~used, ways)
        gone = {*read.states, *ends, *second}
        table = table.only(name for name in table.columns if name not in gone)
        remarks += [*told, *seconds]
        tried = table.take(read.tried | ended)
        # Rows without a score that are left out with what has gaps are known to be there, too.
        out = ~used | (read.blank & settings.drop_missing)
        left, table = table.take(out), table.take(used)
        read = replace(
            read, numbers=read.numbers[used], candidate=read.candidate[used],
            blank=read.blank[used], tried=read.tried[used],
        )  # fmt: skip
    candidate = np.zeros(len(table), bool) if read is None else read.candidate
    kinds = kinds_of(table, settings, ways, complaints, remarks, candidate)
    needed = table.only(n for n, kind in kinds.items() if kind.kind != "none" or kind.gaps)
    keep = _complete(needed, score, read, settings, ways, complaints, remarks)
    table = table.only(n for n, kind in kinds.items() if kind.kind != "none").take(keep)
    own = values_of(table, kinds, settings, ways, complaints)
    if complaints or read is None:
        raise InputError(_together(table.source, complaints))
    whole = Whole(
        table, left, tried, score, tuple(scores), read.numbers[keep], candidate[keep], own, kinds
    )
    return understood_of(whole, settings, ways, remarks)


def _open(table: Table, settings: Settings) -> list[str]:
    """The columns of which the person says nothing."""
    return [name for name in table.columns if name not in settings.named]


def _together(source: str, complaints: Sequence[str]) -> str:
    """One complaint as it is, several as a list."""
    if len(complaints) == 1:
        return complaints[0]
    return f"{source}: {len(complaints)} things are to be settled:\n" + "\n".join(
        f"  {i}. {text}" for i, text in enumerate(complaints, start=1)
    )


def _complete(
    table: Table,
    score: str,
    read: Scores | None,
    settings: Settings,
    ways: Ways,
    complaints: list[str],
    remarks: list[str],
) -> np.ndarray:
    """Which rows have all their cells, (N,) bool; others are complained of, or left out."""
    gone = missing_cells(table, settings)
    if read is not None and read.blank.any():
        gone[score] = read.blank
    if not gone:
        return np.ones(len(table), bool)
    rows = np.logical_or.reduce(list(gone.values()))
    if not settings.drop_missing:
        complaints.append(missing_message(table, gone, score, ways))
    elif read is not None and read.candidate.any() and rows[read.candidate].all():
        complaints.append(
            f"{table.source}: none of the {read.candidate.sum()} rows without a score has all its "
            f"cells. Fill them in, or leave these rows out ({ways('take', 'TEXT=out')})."
        )
    else:
        told = ", ".join(f"{name!r} ({mask.sum()})" for name, mask in list(gone.items())[:10])
        remarks.append(
            f"{rows.sum()} of {len(rows)} rows were left out because cells are missing, in {told}."
        )
    return ~rows
