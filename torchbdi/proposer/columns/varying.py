"""The columns that vary: what they can have, and what they are fixed at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...kernels.errors import InputError
from ..reading.sequences import DNA, padded_at
from ..reading.table import Table, Values, parse_number, show_number
from ..reading.ways import Ways, listed
from ..settings import Settings
from .column import Classes, Numbers, class_name, classes_of, parse_bounds
from .kinds import Kind, left_out_told
from .remedies import numbers_remark
from .several import several_remark
from .slips import mangled_remark, spelling_remark, unknown_remark


def varying_of(
    table: Table,
    own: Mapping[str, Values],
    kinds: Mapping[str, Kind],
    settings: Settings,
    ways: Ways,
    remarks: list[str],
) -> tuple[tuple[Numbers | Classes, ...], dict[str, float | str]]:
    """The columns that vary, and the others with their value."""
    columns: list[Numbers | Classes] = []
    constants: dict[str, float | str] = {}
    for name, values in own.items():
        kind = kinds[name].kind
        if len(set(values.tolist())) == 1:
            constants[name] = values[0]
        elif kind == "number":
            number = parse_bounds(name, settings.bounds.get(name, (None, None)), values)
            columns.append(number)
            remarks += filter(None, [_unknown_remark(number, values, settings.fix.get(name))])
        else:
            column = classes_of(name, values, table.rows, kind == "sequence", ways)
            columns.append(column)
            if kind == "sequence":
                remarks += _sequence_remarks(column, values, table.columns[name], ways)
            else:
                remarks += _name_remarks(column, name in settings.categories, ways)
    if constants:
        remarks.append(
            f"{len(constants)} of {len(own)} columns are the same in every row, so nothing is "
            f"known about changing them, and they stay: {listed(list(constants))}."
        )
        for name, value in constants.items():
            _require_same(name, value, settings)
    for name, wanted in settings.fix.items():
        if wanted is not None and kinds[name].kind == "none":
            raise InputError(f"fix: {kinds[name].remark} So it cannot be {wanted!r}.")
    numbers = [column.name for column in columns if isinstance(column, Numbers)]
    if idle := [name for name in settings.free if name not in numbers]:
        told = ways.several("free", idle)
        remarks.append(f"{told} changes nothing: there are no numbers that vary.")
    if all(column.name in settings.fix for column in columns):
        also = left_out_told(kinds)
        also = f" Fix fewer columns ({ways.name('fix')}).{also}" if columns else also
        raise InputError(
            f"{table.source}: no column is left that varies. There is nothing to propose.{also}"
        )
    return tuple(columns), constants


def _name_remarks(column: Classes, asked_for: bool, ways: Ways) -> list[str]:
    """What is odd about the names of a category; some are no names, unless it was asked for."""
    remarks = [
        remark_of(column.name, column.classes)
        for remark_of in (spelling_remark, mangled_remark, several_remark)
    ]
    if not asked_for:
        remarks.append(unknown_remark(column.name, column.classes, ways))
        remarks.append(numbers_remark(column.name, column.classes, ways))
    return list(filter(None, remarks))


def _sequence_remarks(column: Classes, values: Values, cells: Values, ways: Ways) -> list[str]:
    """What is done to sequences, values (N,) of cells (N,) as they came, and stays as it is."""
    name, remarks = column.name, []
    if (values != cells).any():
        remarks.append(_case_remark(name, values, ways))
    if column.kept:
        letters = listed(sorted(set(column.kept.values())))
        remarks.append(
            f"Column {name!r}: what stands at the same sites in all rows, and is no letter "
            f"like those that vary ({letters}), stays there, and proposals have it nowhere "
            "else."
        )
    if ends := padded_at(set(values.tolist())):
        remarks.append(
            f"Column {name!r} is padded with '-' at the {' and at the '.join(ends)}: "
            "proposals have it nowhere else."
        )
    return remarks


def _case_remark(name: str, values: Values, ways: Ways) -> str:
    """Says that letters of both cases are one; of peptides small ones can be others."""
    told = (
        f"Column {name!r} has letters in upper and in lower case: all were taken, and are written, "
        "in upper case."
    )
    if not set("".join(values.tolist())) <= DNA:
        told += (
            " If small letters are others, as those of D-amino acids, write each of them as a "
            f"letter that no other is written as, and say {ways('sequence', name)}."
        )
    return told


def _unknown_remark(column: Numbers, values: np.ndarray, fixed: float | str | None) -> str:
    """Says that bounds or a fixed value lie where nothing is known, as those in another unit do."""
    low, high = float(values.min()), float(values.max())
    number = None if fixed is None else parse_number(str(fixed))
    ends = (column.low, column.high) if number is None else (number, number)
    reach = 0.0 if number is None else high - low
    if ends[0] <= high + reach and ends[1] >= low - reach:
        return ""
    what = "bounds lie" if number is None else "fixed value lies"
    return (
        f"Column {column.name!r}: its {what} outside of all that is known ({show_number(low)} to "
        f"{show_number(high)}). Has the table another unit?"
    )


def _require_same(name: str, value: float | str, settings: Settings) -> None:
    """Refuses bounds and other values of a column that is the same in every row."""
    text = show_number(value) if isinstance(value, float) else value
    wanted = settings.fix.get(name)
    own = parse_number(str(wanted)) if isinstance(value, float) else wanted
    if name in settings.bounds or (wanted is not None and own != value):
        raise InputError(
            f"column {name!r} is the same in every row ({text[:40]}); it can only stay. Give it no "
            "bounds and no other value."
        )


def fixed_number(settings: Settings, name: str) -> float | None:
    """The number that a column is to be fixed at; None for none."""
    wanted = settings.fix.get(name)
    return None if wanted is None else parse_number(str(wanted))


def fixed_of(
    columns: Sequence[Numbers | Classes], values: Mapping[str, Values], settings: Settings
) -> dict[str, float | str]:
    """The columns that are fixed at a value, with it.

    Args:
        columns: those that vary.
        values: of those columns at least, (N,) each.
        settings: what they are to be fixed at.

    Raises:
        InputError: a column cannot hold that.
    """
    fixed: dict[str, float | str] = {}
    for column in columns:
        wanted = settings.fix.get(column.name)
        if wanted is None:
            continue
        if isinstance(column, Classes):
            text = class_name(wanted)
            made_of = f"It is one of {', '.join(column.classes)}"
            if column.sequence:
                made_of = f"It has {column.length} letters of {', '.join(column.classes)}"
                if column.kept:
                    made_of += f", and keeps {', '.join(sorted(set(column.kept.values())))}"
                fits = column.can_be(text)
            else:
                fits = text in set(values[column.name])
            if not fits:
                raise InputError(f"fix: column {column.name!r} cannot be {text!r}. {made_of}.")
            fixed[column.name] = text
            continue
        number = parse_number(str(wanted))
        if number is None or not np.isfinite(number):
            raise InputError(
                f"fix: column {column.name!r} holds numbers, not {wanted!r}. Write one without a "
                "unit and with a decimal point."
            )
        fixed[column.name] = number
    return fixed


def design_remark(columns: Sequence[Numbers | Classes], ways: Ways) -> str:
    """What every column that varies was taken for: a result among them would spoil all."""
    kinds: dict[str, list[str]] = {}
    for column in columns:
        kind = "numbers"
        if isinstance(column, Classes):
            kind = "a sequence" if column.sequence else "categories"
        kinds.setdefault(kind, []).append(column.name)
    told = "; ".join(f"{kind} ({listed(names)})" for kind, names in kinds.items())
    return (
        f"A design is: {told}. If one of these is a result or a name, and nothing that can be "
        f"chosen, leave it out ({ways('ignore', 'NAME')})."
    )
