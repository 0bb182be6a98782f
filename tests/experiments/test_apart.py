"""Pieces of work in processes of their own: those that die, and those that are not begun."""

from __future__ import annotations

import multiprocessing
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pool_functions
import pytest
from forked import FORK

from experiments.runs.apart import each_apart


@pytest.fixture(autouse=True)
def warm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that have imported torch, in the place of fresh ones."""
    monkeypatch.setattr(multiprocessing, "get_context", lambda method: FORK)


def test_one_that_dies_takes_no_other_along() -> None:
    pieces = [([n],) for n in (1, 3, 2, 8, 4)]  # 3 ends at once, 8 crashes
    found = each_apart(pool_functions.die_on_some, pieces, 2, lambda piece: -piece[0][0])
    assert sorted(found) == [-8, -3, 1, 2, 4]


@pytest.mark.parametrize("jobs", [1, 2])
def test_after_an_error_nothing_more_is_begun(jobs: int, tmp_path: Path) -> None:
    """Nor has it been begun before: a run takes hours, and Ctrl-C is such an error."""
    pieces = [(tmp_path, n) for n in (0, 5, 1, 2, 3, 4, 6)]
    with pytest.raises(ValueError, match="five is odd"):
        list(each_apart(pool_functions.begin, pieces, jobs, lambda piece: -1))
    begun = {int(path.name) for path in tmp_path.iterdir()}
    assert {0, 5} <= begun
    assert 6 not in begun


def test_an_error_that_cannot_be_read_is_no_death() -> None:
    found = each_apart(pool_functions.raise_two_parts, [(1,), (2,)], 1, lambda piece: -1)
    with pytest.raises(BrokenProcessPool) as caught:
        list(found)
    assert "'what'" in str(caught.value.__cause__)
