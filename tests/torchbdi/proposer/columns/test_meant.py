"""Numbers that were meant to have few digits, behind those that computing with them has added."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, plain, text

from torchbdi.proposer.columns.column import Classes
from torchbdi.proposer.columns.meant import meant

RNG = np.random.default_rng(0)
N = 40


def with_numbers(values: np.ndarray) -> str:
    """The plain table with one more column, written as Python and pandas do."""
    header, *rows = plain(N)
    own = [[repr(float(v)), *row] for v, row in zip(values, rows, strict=True)]
    return text([["step", *header], *own])


@pytest.mark.parametrize(
    "levels",
    [
        0.1 * np.arange(21),
        np.arange(-1, 1.05, 0.1),
        np.arange(-10, -7.95, 0.1) + 9.0,
        (0.1 * np.arange(21)).astype(np.float32),
        np.linspace(0.3, 2.3, 21) - 0.1,
    ],
)
def test_a_file_has_the_steps_that_were_meant(levels: np.ndarray, tmp_path: Path) -> None:
    own = levels.astype(float)[RNG.permutation(np.arange(N) % len(levels))]
    made, _ = asked(tmp_path, with_numbers(own))
    assert made.grids["step"].decimals == 1
    values = made.values["step"]
    np.testing.assert_array_equal(values, np.round(values, 1))
    np.testing.assert_allclose(np.sort(values), np.sort(own), atol=1e-7)


@pytest.mark.parametrize(
    "values",
    [
        RNG.uniform(size=N),
        RNG.uniform(size=N).astype(np.float32).astype(float),
        np.arange(N) / 3,
        10.0 ** RNG.integers(-13, 1, N),  # small ones beside large ones
        np.append(1e-14 * RNG.integers(1, 9, N - 1), 1 / 3),
        np.append(np.round(RNG.uniform(size=N - 1), 3), 1 / 3),
        RNG.uniform(1e6, 1e7, N),
    ],
)
def test_other_numbers_stay(values: np.ndarray) -> None:
    assert meant(values) is values or np.array_equal(meant(values), values)


def test_names_stay_as_they_are_written(tmp_path: Path) -> None:
    own = 0.1 * (1 + np.arange(N) % 4)
    made, _ = asked(tmp_path, with_numbers(own), "--category", "step")
    (column,) = [column for column in made.columns if isinstance(column, Classes)]
    assert column.classes == ("0.1", "0.2", "0.30000000000000004", "0.4")
