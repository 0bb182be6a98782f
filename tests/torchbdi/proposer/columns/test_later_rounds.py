"""What is told of a column stays true when proposals of earlier rounds stand among the rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import DESIGN, asked, names, plain, text, told

from torchbdi.proposer.columns.decades import over_decades, set_over_decades


def test_proposals_at_the_lower_bound_make_no_decades_of_an_even_column() -> None:
    even = np.linspace(0.004, 1, 80).round(3)
    assert not over_decades(even)
    later = np.concatenate([even, np.full(24, 0.004)])
    assert over_decades(later)
    assert not set_over_decades(later)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("run", [str(i + 1) for i in range(32)]), ("operator", ["JM", "KL"] * 16),
        ("Batch No", ["1", "2", "3", "3"] * 8), ("round", ["1"] * 16 + ["2"] * 16),
        ("sample", [f"AB-{i:03d}" for i in range(32)]), ("day", ["2024-01-05"] * 32),
    ],
)  # fmt: skip
def test_what_was_left_out_need_not_be_written_for_new_rows(
    name: str, cells: list[str], tmp_path: Path
) -> None:
    """It is not in proposals.csv, so that their rows have no such cell below the table."""
    rows = [[name, *plain()[0]]]
    rows += [[c, *row] for c, row in zip([*cells, *[""] * 8], plain()[1:], strict=True)]
    made, _ = asked(tmp_path, text(rows))
    assert names(made) == DESIGN and len(made.scores) == 40
    assert f"Column {name!r}" in told(made)


@pytest.mark.parametrize("cells", [["JM", "KL"] * 20, ["1", "2"] * 20])
def test_who_made_a_row_is_unknown_of_some(cells: list[str], tmp_path: Path) -> None:
    rows = [["operator", *plain()[0]]]
    own = zip(cells, plain()[1:], strict=True)
    rows += [[c if i % 7 else "", *row] for i, (c, row) in enumerate(own)]
    assert names(asked(tmp_path, text(rows))[0]) == DESIGN


@pytest.mark.parametrize("levels", [(0.001, 0.01, 0.1, 1.0), (0.01, 1.0, 2.0), (1e-5, 1e-1)])
def test_levels_over_decades_are_so_however_often_each_stands(levels: tuple[float, ...]) -> None:
    assert set_over_decades(np.repeat(levels, 9))


def test_numbers_drawn_over_decades_are_so_with_proposals_at_either_end() -> None:
    drawn = 10.0 ** np.random.default_rng(0).uniform(-4, 0, 60)
    for end in (drawn.min(), drawn.max()):
        assert set_over_decades(np.concatenate([drawn, np.full(20, end)]))
