"""What a person should know about a table, beyond what was done to read it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from .columns.before import before_remarks
from .columns.collinear import collinear_remarks, drift_remark
from .columns.column import Classes, Numbers
from .columns.controls import control_remarks
from .columns.different import different_remarks
from .columns.ends import limit_remarks, two_values_remark
from .columns.melted import melted_remarks
from .columns.nothing import kept_remarks, kept_together, nothing_remarks
from .columns.outliers import design_remarks, lone_remark, outlier_remark
from .columns.paired import paired_remarks
from .columns.precision import half_units
from .columns.remark import Remark, told_together
from .columns.score_remarks import direction_remark, repetition_remarks, share_remark
from .columns.suspects import level_remarks, name_remarks, result_remarks
from .columns.units import two_units_remarks
from .reading.ways import Ways
from .related import related_remarks, unordered
from .rules.dummies import yes_or_no_remarks
from .rules.labels import label_remarks
from .rules.letters import letter_remarks
from .rules.made import made_remark
from .rules.present import present_remark
from .rules.restrict import Restricted
from .rules.strands import are_letters, same_protein_remarks, strand_remarks
from .scored import Scored
from .settings import Settings


def remarks_of(
    scored: Scored,
    restricted: Restricted,
    settings: Settings,
    ways: Ways,
    said: Sequence[str],
    to_choose: bool,
) -> list[str]:
    """What is odd about the scores, then about the designs.

    Args:
        scored: the scores and their designs.
        restricted: the columns that vary, and the rules between them.
        settings: the person's choices.
        ways: how options are typed.
        said: earlier remarks, which are not repeated.
        to_choose: whether proposals are rows of the table.
    """
    y, far, rows = scored.y, scored.far, scored.table.rows
    numbers = {c.name: scored.known[c.name] for c in restricted.columns if isinstance(c, Numbers)}
    chosen = [name for name, grid in restricted.grids.items() if grid.kind == "levels"]
    sources = _source_remarks(
        scored, restricted.columns, numbers, chosen, settings, ways, to_choose
    )
    remarks = repetition_remarks(scored.score_columns, scored.numbers) + sources
    remarks += two_values_remark(scored.score, y)
    remarks += share_remark(scored.score, y, numbers, ways)
    remarks += limit_remarks(scored.score, y[~far], settings.minimize, ways)
    remarks += direction_remark(scored.score_columns, settings.minimize, ways)
    remarks += outlier_remark(y, rows, far, settings.robust, ways)
    remarks += two_units_remarks({scored.score: y[~far]}, rows[~far])
    remarks += two_units_remarks(numbers, rows)
    remarks += design_remarks(numbers, rows, settings.bounds, ways)
    if len(restricted.columns) > 1:
        names = unordered(restricted.columns)
        spoken = (*settings.fix, *settings.bounds)
        remarks += lone_remark({name: scored.known[name] for name in names}, rows, spoken, ways)
        loose = {name: scored.values[name] for name in names if name not in spoken}
        remarks += kept_remarks(restricted.absent, ways)
        remarks += different_remarks(restricted.different, ways)
        if not to_choose:  # else proposals have what rows have
            kept = [{*rule.coefficients} for rule in restricted.rules if rule.is_equation]
            kept += kept_together(restricted.absent)
            remarks += paired_remarks(loose, kept, ways)
            remarks += nothing_remarks(loose, kept, remarks, ways)
            remarks += yes_or_no_remarks(loose, ways)
            amounts = {n: scored.values[n] for n in numbers if n not in settings.fix}
            remarks += present_remark(amounts, restricted.at_most, said, ways)
    moving = {name: v for name, v in numbers.items() if name not in settings.fix}
    remarks += collinear_remarks(moving, restricted.grids, restricted.rules, said, ways)
    remarks += _letter_remarks(scored, restricted.columns, moving, settings.fix, ways)
    if not to_choose:
        remarks += related_remarks(scored, restricted, settings, [*said, *remarks], ways)
    sorted_by = (scored.means[scored.groups], *(v[~np.isnan(v)] for v in scored.numbers.T))
    return remarks + drift_remark(scored.score, y, rows, sorted_by, numbers, ways)


def _source_remarks(
    scored: Scored,
    columns: Sequence[Numbers | Classes],
    numbers: Mapping[str, np.ndarray],
    chosen: Collection[str],
    settings: Settings,
    ways: Ways,
    to_choose: bool,
) -> list[Remark]:
    """Whether the score was made of columns, or columns are results as it is.

    What was made of several scores was made of their mean.
    """
    score = scored.score
    each, place = np.unique(scored.row, return_index=True)
    mean = np.bincount(scored.row, scored.y)[each] / np.bincount(scored.row)[each]
    once = {name: values[place] for name, values in numbers.items()}
    remarks = made_remark(score, mean, once, ways, len(numbers) < len(columns))
    if len(columns) > 1:
        remarks += result_remarks(score, mean, once, ways, len(scored.score_columns) > 1)
        levels = {name: scored.known[name][place] for name in unordered(columns)}
        told, melted = melted_remarks(score, mean, levels, ways)
        levels = {name: v for name, v in levels.items() if name not in melted}
        remarks += told + level_remarks(score, mean, levels, ways)
        if not to_choose:
            remarks += before_remarks(score, mean, levels, settings.fix, ways)
            remarks += control_remarks(levels, scored.table.rows[place], settings.fix, ways)
        others = [name for name in numbers if not told_together([name], remarks)]
        remarks += name_remarks(score, others, ways, chosen)
    return remarks


def _letter_remarks(
    scored: Scored,
    columns: Sequence[Numbers | Classes],
    numbers: Mapping[str, np.ndarray],
    fixed: Collection[str],
    ways: Ways,
) -> list[Remark]:
    """Whether sequences, or numbers (n,) as they are written, follow from a sequence's letters."""
    strings = {
        c.name: scored.known[c.name] for c in columns if isinstance(c, Classes) and c.sequence
    }
    if not strings:
        return []
    half = {name: half_units(scored.table.columns[name], v) for name, v in numbers.items()}
    names = {c.name: scored.known[c.name] for c in columns if isinstance(c, Classes)}
    letters = {name: v for name, v in names.items() if name in strings or are_letters(v)}
    remarks = strand_remarks(letters, fixed, ways) + letter_remarks(strings, numbers, half, ways)
    remarks += same_protein_remarks(strings, fixed, ways)
    values = {c.name: scored.values[c.name] for c in columns if c.name not in fixed}
    own = {name: values.pop(name) for name in strings if name in values}
    told = [name for name in values if told_together([name], remarks)]
    return remarks + label_remarks(own, values, told, ways)
