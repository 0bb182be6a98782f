"""Whether the rows of a task's table are designs of its space."""

from __future__ import annotations

import numpy as np

from torchbdi import InputError
from torchbdi.space import AtMost, Choice, Linear, Number, Space
from torchbdi.space.columns import nearest

ROUNDING = 2.0**-22  # of a column's largest number: what float32 makes of a bound is that bound
COARSEST = 0.01  # of a column's largest number, by which a level such as 1/3 may be rounded at most


def check_within(name: str, space: Space, designs: np.ndarray) -> None:
    """Raises InputError where a row is none that bounds, levels, fixed values and rules allow.

    A design is moved to what the space allows before it is scored, so that such a row would stand
    in the table with the score of another design.

    Args:
        name: of the task.
        space: fitted to the table, so that classes are those of its columns.
        designs: raw, (N, ...).
    """
    own = np.finfo(designs.dtype).eps if np.issubdtype(designs.dtype, np.floating) else 0.0
    rounding = max(ROUNDING, float(own))  # a table may be kept in float16
    given = np.asarray(designs).reshape(len(designs), -1)
    raw = np.asarray(given, dtype=np.float64)
    for column, values, cells in zip(space.columns, raw.T, given.T, strict=True):
        allowed = _nearest(column, values)
        largest = max(np.abs(values).max(), np.abs(allowed).max())
        off = np.abs(values - allowed)
        if isinstance(column, Number) and column.log:
            ratio = (values + column.offset) / (allowed + column.offset)
            wrong = np.flatnonzero(np.abs(np.log10(ratio)) > rounding)
        else:
            wrong = np.flatnonzero(off > rounding * largest)
        if len(wrong):
            unit = _last_decimal(cells)
            written = (off <= (0.5 + ROUNDING) * unit) & _endless(allowed)
            if 0.5 * unit <= COARSEST * largest:
                wrong = wrong[~written[wrong]]
        if len(wrong):
            row = wrong[0]
            raise InputError(
                f"task={name}: row {row} of the table has {values[row]:.10g} in column "
                f"{column.name!r}, which {_rule(column, values[row], allowed[row])}. Let the space "
                f"allow it, or load no such rows ({len(wrong):,} of {len(raw):,} in this column)."
            )
    if space.constraints or space.at_most:
        _check_rules(name, space, raw, rounding * np.abs(raw) + 0.5 * _last_decimals(given))


def _check_rules(name: str, space: Space, raw: np.ndarray, off: np.ndarray) -> None:
    """Raises InputError where a row breaks what couples columns by more than rounding.

    Args:
        name: of the task.
        space: of the rows.
        raw: the rows, (N, C).
        off: what rounding can make of each number, (N, C).
    """
    place = {column: i for i, column in enumerate(space.names)}
    for rule in space.constraints:
        at = [place[column] for column in rule.coefficients]
        factor = np.array(list(rule.coefficients.values()))
        total, room = raw[:, at] @ factor, off[:, at] @ np.abs(factor)
        broken = (total < rule.low - room) | (total > rule.high + room)
        _refuse(name, rule, broken, f"adds up to {total[broken.argmax()]:.10g}")
    for most in space.at_most:
        at = [place[column] for column in most.names]
        there = raw[:, at] != 0
        _refuse(name, most, there.sum(1) > most.count, "has more")
        if most.least:
            small = there & (raw[:, at] < most.least - off[:, at])
            _refuse(name, most, small.any(1), "has less of one")


def _refuse(name: str, rule: Linear | AtMost, broken: np.ndarray, says: str) -> None:
    """Raises InputError where a row breaks a rule, (N,) bool; ``says`` is of the first of them."""
    if broken.any():
        raise InputError(
            f"task={name}: row {broken.argmax()} of the table breaks a rule of the space, {rule}: "
            f"it {says}. Let the space allow it, or load no such rows ({int(broken.sum()):,} of "
            f"{len(broken):,})."
        )


def _nearest(column: Number | Choice, values: np.ndarray) -> np.ndarray:
    """The nearest values that a column may have."""
    if column.fixed is not None:
        return np.full(len(values), float(column.fixed))
    return column.nearest(values) if isinstance(column, Number) else nearest(column.grid(), values)


def _last_decimal(cells: np.ndarray) -> float:
    """The unit of the last decimal that the numbers of a column (N,) are written with."""
    shown = [np.format_float_positional(v, trim="-") for v in np.unique(cells)]
    return float(10.0 ** -max(len(text.partition(".")[2]) for text in shown))


def _last_decimals(given: np.ndarray) -> np.ndarray:
    """:func:`_last_decimal` of every column of a table (N, C), (C,)."""
    return np.array([_last_decimal(cells) for cells in given.T])


def _endless(numbers: np.ndarray) -> np.ndarray:
    """Which numbers (N,) no table can hold to the last digit, as 1/3, (N,) bool."""
    short = np.array([float(f"{v:.10g}") for v in numbers])
    ends: np.ndarray = np.abs(short - numbers) <= 1e-14 * np.abs(numbers)
    return ~ends


def _rule(column: Number | Choice, value: float, allowed: float) -> str:
    if column.fixed is not None:
        return f"is fixed at {allowed:.10g}"
    if isinstance(column, Choice) or column.low <= value <= column.high:
        return f"has levels, of which {allowed:.10g} is the nearest"
    return f"ends {'above' if value < allowed else 'below'} it, at {allowed:.10g}"
