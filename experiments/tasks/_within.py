"""Whether the rows of a task's table are designs of its space."""

from __future__ import annotations

import numpy as np

from torchbdi import InputError
from torchbdi.space import Choice, Number, Space
from torchbdi.space.columns import nearest

ROUNDING = 2.0**-22  # of a column's largest number: what float32 makes of a bound is that bound
COARSEST = 0.01  # of a column's largest number, by which a level such as 1/3 may be rounded at most


def check_within(name: str, space: Space, designs: np.ndarray) -> None:
    """Raises InputError where a row is none that the bounds, levels and fixed values allow.

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


def _nearest(column: Number | Choice, values: np.ndarray) -> np.ndarray:
    """The nearest values that a column may have."""
    if column.fixed is not None:
        return np.full(len(values), float(column.fixed))
    return column.nearest(values) if isinstance(column, Number) else nearest(column.grid(), values)


def _last_decimal(cells: np.ndarray) -> float:
    """The unit of the last decimal that the numbers of a column (N,) are written with."""
    shown = [np.format_float_positional(v, trim="-") for v in np.unique(cells)]
    return float(10.0 ** -max(len(text.partition(".")[2]) for text in shown))


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
