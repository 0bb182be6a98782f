"""From rows that have all their cells to what a design is: all columns together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .columns.column import Classes, Numbers
from .columns.different import kept_different
from .columns.enough import each_score, require_different
from .columns.kinds import Kind, left_out_told
from .columns.outliers import limited
from .columns.rows import merge_remark, scatter
from .columns.score_remarks import require_positive
from .columns.varying import design_remark, fixed_of, varying_of
from .reading.table import Table, Values
from .reading.ways import Ways
from .remarks import remarks_of
from .rules.absent import absent_of
from .rules.count import count_of
from .rules.fewer import require_reach
from .rules.restrict import Restricted, restrict
from .rules.room import require_freedom
from .rules.together import require_together
from .rules.tried import tried_of
from .rules.unscored import candidates_of
from .scored import scored_of
from .settings import Settings
from .understood import Understood


@dataclass(frozen=True)
class Whole:
    """Rows that have all their cells, and columns of which each is right by itself.

    Attributes:
        table: the rows with a score, and those to choose from, N in all, as they came.
        left: the rows that were left out with their scores, as they came.
        tried: the rows that failed or wait, as they came.
        score: what the scores are called.
        score_columns: the columns that they are read from, S of them.
        numbers: these columns, NaN where there is no score, (N, S).
        candidate: which rows are to choose from, (N,) bool.
        values: the columns of a design as what they are, (N,) each.
        kinds: what every column is.
    """

    table: Table
    left: Table
    tried: Table
    score: str
    score_columns: tuple[str, ...]
    numbers: np.ndarray
    candidate: np.ndarray
    values: Mapping[str, Values]
    kinds: Mapping[str, Kind]

    @property
    def to_choose(self) -> bool:
        """Whether proposals are rows of the table."""
        return bool(self.candidate.any())


def understood_of(whole: Whole, settings: Settings, ways: Ways, remarks: list[str]) -> Understood:
    """Finds out what a design is, where nothing is wrong with any column by itself.

    Args:
        whole: the rows and the columns.
        settings: the person's choices.
        ways: how options are typed.
        remarks: what was told so far; what is told on the way is added.

    Raises:
        InputError: what is wrong with columns together, with the choices, or with the scores.
    """
    table, score, candidate = whole.table, whole.score, whole.candidate
    row, y = each_score(table.source, score, whole.numbers, candidate)
    varied, constants = varying_of(table, whole.values, whole.kinds, settings, ways, remarks)
    fixed = fixed_of(varied, whole.values, settings)
    restricted = _restricted(whole, varied, constants, settings, ways, remarks)
    columns = restricted.columns
    varying = {column.name: whole.values[column.name] for column in columns}
    scored = scored_of(table, score, whole.score_columns, whole.numbers, row, y, columns, varying)
    if not whole.to_choose:
        absent = tuple(absent_of(restricted, scored.values, settings))
        different = kept_different(columns, scored.values, settings.free, fixed)
        restricted = replace(restricted, absent=absent, different=different)
    merge_remark(scored.table, y, scored.means, scored.groups, remarks)
    counted = limited(y, scored.far) if settings.robust else y
    if settings.score_scale == "log":
        require_positive(counted, scored.table.rows, ways)
    taken = np.bincount(scored.groups, counted) / scored.counts
    require_different(table.source, score, len(y), taken, whole.kinds)
    odd = remarks_of(scored, restricted, settings, ways, remarks, whole.to_choose)
    candidates, candidate_rows = candidates_of(
        varying, candidate, restricted, scored.values, table.rows, settings, ways, remarks
    )
    # Rows that somebody lists are his to choose from, whatever became of others.
    tried = whole.tried.take(np.full(len(whole.tried), not whole.to_choose))
    barred = tried_of(tried, restricted, constants, scored.values, remarks)
    rows = scored.table.rows[scored.index]
    n, told = count_of(
        restricted, scored.values, barred, candidates, scored.means, rows, score, settings, ways,
        left_out_told(whole.kinds),
    )  # fmt: skip
    return Understood(
        table=scored.table,
        left=whole.left,
        tried=barred,
        score=score,
        score_columns=whole.score_columns,
        columns=columns,
        values=scored.values,
        constants=constants,
        following=restricted.following,
        order=tuple(whole.values),
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


def _restricted(
    whole: Whole,
    columns: Sequence[Numbers | Classes],
    constants: Mapping[str, float | str],
    settings: Settings,
    ways: Ways,
    remarks: list[str],
) -> Restricted:
    """The columns that vary, without those that follow from others, and what restricts them.

    Raises:
        InputError: none of them varies, or the rules leave no design, or none but known ones.
    """
    values = {column.name: whole.values[column.name] for column in columns}
    same = {name: value for name, value in constants.items() if isinstance(value, float)}
    found = restrict(whole.table, columns, values, same, settings, remarks, whole.to_choose)
    if not whole.to_choose:
        require_together(found.rules, found.given, found.grids, settings, ways)
        require_reach(found.rules, found.at_most, found.grids, settings, ways)
        require_freedom(found, settings, ways)
    return found
