"""Numbers that were meant to have few digits, behind those that computing with them has added."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ..reading.table import Table, Values, as_texts, is_no_number, parse_number, show_number
from .precision import decimals_of, digits_of

# Digits of float64 that are left where numbers were multiplied, and, of the largest number, where
# many steps were added up; so many of these digits have to be 0.
MULTIPLIED, ADDED, ZEROS = 15, 12, 4


def meant(values: Values, dtype: Any = None) -> Values:
    """The numbers that were meant, (N,); the same where they have many digits of their own.

    0.1 in float32 is 0.1, 0.30000000000000004 is 0.3; and of steps from -1 to 1 that were added up
    -2.2e-16 is 0.

    Args:
        values: a column, (N,).
        dtype: of numpy's, in which the numbers came.
    """
    if values.dtype != np.float64 or decimals_of(values) is not None:
        return values
    finite = np.isfinite(values)
    own = values[finite]
    rounded = dtype in (np.float16, np.float32)
    for way in (partial(_in_dtype, dtype=dtype),) if rounded else (_multiplied, _added):
        if way(own[:100]) is None:  # most columns that have many digits end early
            continue
        if (shown := way(own)) is not None:
            out = values.copy()
            out[finite] = shown
            return out
    return values


def _in_dtype(values: np.ndarray, dtype: Any) -> np.ndarray | None:
    return _of_few(np.array([float(str(v)) for v in values.astype(dtype)]))


def _multiplied(values: np.ndarray) -> np.ndarray | None:
    return _of_few(np.array([float(f"{v:.{MULTIPLIED}g}") for v in values.tolist()]))


def _of_few(shown: np.ndarray) -> np.ndarray | None:
    """Numbers of few decimals, or of few digits; None for others."""
    return shown if decimals_of(shown) is not None or digits_of(shown) is not None else None


def _added(values: np.ndarray) -> np.ndarray | None:
    largest = np.abs(values).max(initial=0.0)
    places = ADDED - int(np.ceil(np.log10(largest))) if largest else ADDED
    shown = np.round(values, places) + 0.0  # no -0
    decimals = decimals_of(shown)
    return None if decimals is None or decimals > places - ZEROS else shown


def meant_number(value: Any) -> Any:
    """A number of float32 or float16 as it is shown, 0.1 for 0.10000000149; all else as it is.

    Such a number, asked for beside a table of that dtype, is one of the table's.
    """
    dtype = str(getattr(value, "dtype", "")).removeprefix("torch.")
    if dtype not in ("float16", "float32") or value.ndim:
        return value
    return float(str(np.dtype(dtype).type(value.item())))


def as_meant(table: Table, names: Collection[str]) -> Table:
    """A table that was read from a file, with its numbers as they were meant.

    Programs write all digits of 3 * 0.1, and so a column in steps of 0.1 would have none.

    Args:
        table: its cells are texts.
        names: columns of names, which stay as they are written.
    """
    columns = {
        name: cells if name in names else _cells(cells) for name, cells in table.columns.items()
    }
    return replace(table, columns=columns)


def _cells(cells: Values) -> Values:
    """Texts (N,) of which the long numbers are as they were meant."""
    texts = cells.tolist()
    if cells.dtype != object or all(len(text) <= MULTIPLIED for text in texts):
        return cells
    numbers = [parse_number(text) for text in texts]
    if any(v is None and not is_no_number(t) for v, t in zip(numbers, texts, strict=True)):
        return cells
    given = np.array([np.nan if v is None else v for v in numbers])
    own = meant(given)
    if own is given and np.array_equal(given, given.astype(np.float32), equal_nan=True):
        own = meant(given, np.float32)
    if own is given:
        return cells
    same = (own == given) | np.isnan(given)
    told = zip(texts, own.tolist(), same.tolist(), strict=True)
    return as_texts([text if as_it_is else show_number(v) for text, v, as_it_is in told])
