"""Rows that a task's space does not allow, beside those that it does but for rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from experiments.tasks._within import check_within
from torchbdi import InputError
from torchbdi.space import AtMost, Choice, Linear, Number, Space


def check(column: Number | Choice, *values: float) -> None:
    """Of a table whose other column may hold anything."""
    raw = np.stack([np.arange(len(values)), values], axis=1)
    check_within("toy", Space((Number("other"), column)).fit(raw), raw)


@pytest.mark.parametrize(
    ("column", "values", "told"),
    [
        (Number("x", 0, 1), (0.5, 1.5, 2), r"row 1 .*has 1.5 in column 'x', which ends below it, "
         r"at 1\. .*\(2 of 3"),
        (Number("x", 0, 1), (0.5, -1), r"row 1 .*has -1 in column 'x', which ends above it, at 0"),
        (Number("x", 0, 1e6), (-0.5, 1e6), "row 0 .*has -0.5 .*ends above it, at 0"),
        (Number("x", 0, 8, step=2), (2, 5, 8), "row 1 .*has 5 .*has levels, of which 4 is the"),
        (Number("x", levels=(1, 2, 4)), (1, 8), "row 1 .*has 8 .*ends below it, at 4"),
        (Number("x", 1e-3, 1e3, log=True), (1e-3, 5e-4, 1e3), "row 1 .*ends above it, at 0.001"),
        (Number("x", 0, 1e3, log=True, offset=0.1), (0, -0.05), "row 1 .*ends above it, at 0"),
        (Number("x", fixed=3), (3, 3, 4), "row 2 .*has 4 in column 'x', which is fixed at 3"),
        (Number("x", levels=(0, 1 / 3, 1)), (0, 0.3333, 0.3335), "row 2 .*has 0.3335 .*levels, of"),
        (Number("x", levels=(0, 1 / 3, 1)), (0, 0.3, 1), "row 1 .*has 0.3 .*has levels, of which"),
        (Number("x", levels=(0, 1 / 3, 1)), (0.12345, 0.33), r"row 0 .*\(2 of 2"),
        (Number("x", 0, 100 / 3), (33.33, 33.34), "row 1 .*has 33.34 .*ends below it, at 33.333"),
        (Number("x", levels=(0, 0.4, 2)), (0.0, 0.4, 0.401), "row 2 .*has 0.401 .*has levels"),
        (Number("x", 0, 2.6), (0, 1, 3), "row 2 .*has 3 .*ends below it, at 2.6"),
        (Number("x", levels=(0, 300)), (0, 299), "row 1 .*has 299 .*has levels, of which 300"),
        (Choice("x", ("a", "b"), fixed=1), (1, 0), "row 1 .*has 0 .*which is fixed at 1"),
        (Choice("x", tuple("abc"), levels=(0, 2)), (2, 1), "row 1 .*has 1 .*has levels, of which"),
    ],
)  # fmt: skip
def test_a_row_that_is_no_design_of_the_space_is_named(
    column: Number | Choice, values: tuple[float, ...], told: str
) -> None:
    with pytest.raises(InputError, match=f"task=toy: {told}"):
        check(column, *values)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (Number("x"), (-1e30, 1e30)),
        (Number("x", 0, 0.1), (np.float32(0.1), 0)),
        (Number("x", 0, 1), (-1e-8, 1 + 1e-8)),  # of a computation in float32
        (Number("x", 0, 1, step=0.1), np.arange(11, dtype=np.float32) * np.float32(0.1)),
        (Number("x", 0.1, 1e3, log=True), (np.float32(0.1), 1e3)),
        (Number("x", levels=(0, 1 / 3, 1), log=True, offset=0.1), (0, 0.3333, 1)),
        (Number("x", levels=(1e6, 1e6 + 1)), (1e6, 1e6 + 1)),
        (Number("x", levels=(0, 1 / 3, 2 / 3)), (0, 0.33, 0.67)),
        (Number("x", 0, 1, step=1 / 3), (0, 0.3333, 0.6667, 1)),
        (Number("x", fixed=100 / 3), (33.3, 33.3)),
        (Number("x", 1 / 3, 1), (0.333, 1)),
        (Number("x", levels=(1 / 3, 1, 30), log=True), (0.3333, 1, 30)),
        (Choice("x", ("a", "b")), (1, 0)),
    ],
)
def test_what_is_off_by_rounding_is_allowed(
    column: Number | Choice, values: tuple[float, ...]
) -> None:
    check(column, *values)


def test_levels_that_float32_holds_as_they_are_written_are_allowed() -> None:
    raw = np.array([[0.3333], [0.6667], [0.0]], dtype=np.float32)
    space = Space((Number("x", levels=(0, 1 / 3, 2 / 3)),)).fit(raw)
    check_within("toy", space, raw)
    raw[1] = 0.6665
    with pytest.raises(InputError, match=r"row 1 .*has 0.6664.*has levels, of which"):
        check_within("toy", space, raw)


def test_a_table_of_float16_is_allowed_but_for_what_float16_can_tell() -> None:
    levels = np.arange(11).reshape(-1, 1) * np.float16(0.1)
    raw = levels.astype(np.float16)
    space = Space((Number("x", 0, 1, step=0.1),)).fit(raw)
    check_within("toy", space, raw)
    raw[3] = 0.31
    with pytest.raises(InputError, match=r"row 3 .*has levels, of which"):
        check_within("toy", space, raw)


def rows_of(*rows: Any, whole: float = 100) -> tuple[Space, np.ndarray]:
    """A mixture of which at most two parts are present, and rows of it."""
    raw = np.array([(whole, 0, 0), (0, whole, 0), *rows])
    parts = tuple(Number(name, 0, whole) for name in "abc")
    total = Linear(dict.fromkeys("abc", 1.0), whole, whole)
    return Space(parts, (total,), (AtMost(tuple("abc"), 2, whole / 20),)).fit(raw), raw


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ((60, 50, 0), r"a \+ b \+ c = 100: it adds up to 110\. .*\(1 of 4"),
        ((0, 0, 97), r"a \+ b \+ c = 100: it adds up to 97\."),
        ((30, 30, 40), r"at most 2 of a, b, c, each at least 5: it has more\."),
        ((3, 97, 0), r"at most 2 of a, b, c, each at least 5: it has less of one\."),
    ],
)
def test_a_row_that_breaks_a_rule_is_named(row: tuple[float, ...], told: str) -> None:
    with pytest.raises(InputError, match=f"row 3 of the table breaks a rule of the space, {told}"):
        check_within("toy", *rows_of((50, 50, 0), row))


@pytest.mark.parametrize("whole", [1, 100])
def test_parts_may_be_rounded(whole: float) -> None:
    thirds = [(0.333, 0.666, 0), (0, 0.666, 0.333), (0.05, 0, 0.951)]
    check_within("toy", *rows_of(*np.round(np.array(thirds) * whole, 3), whole=whole))
    single = np.float32([[0.1, 0.9, 0], [0, 0.3, 0.7]]) * np.float32(whole)
    check_within("toy", *rows_of(*single, whole=whole))
