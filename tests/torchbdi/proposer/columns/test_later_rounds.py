"""What is told of a column stays true when proposals of earlier rounds stand among the rows."""

from __future__ import annotations

import numpy as np
import pytest

from torchbdi.proposer.columns.grids import over_decades, set_over_decades


def test_proposals_at_the_lower_bound_make_no_decades_of_an_even_column() -> None:
    even = np.linspace(0.004, 1, 80).round(3)
    assert not over_decades(even)
    later = np.concatenate([even, np.full(24, 0.004)])
    assert over_decades(later)
    assert not set_over_decades(later)


@pytest.mark.parametrize("levels", [(0.001, 0.01, 0.1, 1.0), (0.01, 1.0, 2.0), (1e-5, 1e-1)])
def test_levels_over_decades_are_so_however_often_each_stands(levels: tuple[float, ...]) -> None:
    assert set_over_decades(np.repeat(levels, 9))


def test_numbers_drawn_over_decades_are_so_with_proposals_at_either_end() -> None:
    drawn = 10.0 ** np.random.default_rng(0).uniform(-4, 0, 60)
    for end in (drawn.min(), drawn.max()):
        assert set_over_decades(np.concatenate([drawn, np.full(20, end)]))
