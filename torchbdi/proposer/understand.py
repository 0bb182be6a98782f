"""From a table as it came to what a design is; all that is wrong is said at once.

Nothing here needs torch: a table is refused in a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..kernels.errors import InputError
from .columns.different import kept_different
from .columns.enough import each_score, require_different
from .columns.failed import ends_of_left
from .columns.kinds import Kind, left_out
from .columns.outliers import limited
from .columns.roles import kinds_of, values_of
from .columns.rows import merge_remark, missing_cells, missing_message, scatter
from .columns.score_remarks import require_positive
from .columns.scores import Scores, read_scores
from .columns.varying import design_remark, fixed_of, varying_of
from .reading.table import Table, Values
from .reading.ways import Ways
from .remarks import remarks_of
from .rules.absent import absent_of
from .rules.count import count_of
from .rules.fewer import require_reach
from .rules.restrict import restrict
from .rules.room import require_freedom
from .rules.together import require_together
from .rules.tried import tried_of
from .rules.unscored import candidates_of
from .scored import scored_of
from .settings import Settings
from .understood import Understood


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
        ends, ended, told = ends_of_left(open_, read.states, ~used, ways)
        table = table.only(name for name in table.columns if name not in (*read.states, *ends))
        remarks += told
        tried = table.take(read.tried | ended)
        left, table = table.take(~used), table.take(used)
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
    numbers, candidate = read.numbers[keep], candidate[keep]
    return _made(
        table, left, tried, score, tuple(scores), numbers, candidate, own, kinds, settings, ways,
        remarks,
    )  # fmt: skip


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


def _made(
    table: Table,
    left: Table,
    tried: Table,
    score: str,
    score_columns: tuple[str, ...],
    numbers: np.ndarray,
    candidate: np.ndarray,
    own: Mapping[str, Values],
    kinds: Mapping[str, Kind],
    settings: Settings,
    ways: Ways,
    remarks: list[str],
) -> Understood:
    """The rest, where nothing is wrong with any column by itself."""
    row, y = each_score(table.source, score, numbers, candidate)
    columns, constants = varying_of(table, own, kinds, settings, ways, remarks)
    varying = {column.name: own[column.name] for column in columns}
    same = {name: value for name, value in constants.items() if isinstance(value, float)}
    to_choose = bool(candidate.any())
    restricted = restrict(table, columns, varying, same, settings, remarks, to_choose)
    columns = restricted.columns
    varying = {column.name: own[column.name] for column in columns}
    if not to_choose:
        require_together(restricted.rules, restricted.given, restricted.grids, settings, ways)
        require_reach(restricted.rules, restricted.at_most, restricted.grids, settings, ways)
        require_freedom(restricted, settings, ways)
    scored = scored_of(table, score, score_columns, numbers, row, y, columns, varying)
    if not to_choose:
        absent = tuple(absent_of(restricted, scored.values, settings))
        different = kept_different(columns, scored.values, settings.free, settings.fix)
        restricted = replace(restricted, absent=absent, different=different)
    rows = scored.table.rows[scored.index]
    merge_remark(scored.table, y, scored.means, scored.groups, remarks)
    counted = limited(y, scored.far) if settings.robust else y
    if settings.score_scale == "log":
        require_positive(counted, scored.table.rows, ways)
    taken = np.bincount(scored.groups, counted) / scored.counts
    require_different(table.source, score, len(y), taken, kinds)
    odd = remarks_of(scored, restricted, settings, ways, remarks, to_choose)
    fixed = fixed_of(columns, varying, settings)
    candidates, candidate_rows = candidates_of(
        varying, candidate, restricted, scored.values, table.rows, settings, ways, remarks
    )
    if to_choose:  # rows that somebody lists are his to choose from, whatever became of others
        tried = tried.take(np.zeros(len(tried), bool))
    barred = tried_of(tried, restricted, constants, scored.values, remarks)
    n, told = count_of(
        restricted, scored.values, barred, candidates, scored.means, rows, score, settings, ways,
        left_out(kinds),
    )  # fmt: skip
    return Understood(
        table=scored.table,
        left=left,
        tried=barred,
        score=score,
        score_columns=score_columns,
        columns=columns,
        values=scored.values,
        constants=constants,
        looked_up=restricted.looked_up,
        order=tuple(own),
        scores=scored.means,
        taken=taken,
        rows=rows,
        counts=scored.counts,
        noise=scatter(counted, scored.groups),
        noise_log=scatter(np.log(counted), scored.groups) if counted.min() > 0 else None,
        repetitions=len(y) - len(scored.counts),
        fixed=fixed,
        grids=restricted.grids,
        rules=restricted.rules,
        at_most=restricted.at_most,
        absent=restricted.absent,
        different=restricted.different,
        candidates=candidates,
        candidate_rows=candidate_rows,
        n=n,
        limits=(float(y.min()), float(y.max())) if len(np.unique(y)) == 2 else None,
        choices_of=None,
        remarks=(*odd, *remarks, *told, design_remark(columns, ways)),
    )
