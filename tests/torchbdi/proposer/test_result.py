"""What a run says of its proposals beside the best that is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from proposer_quick import be_quick
from proposer_tables import plain, text

from torchbdi.__main__ import main
from torchbdi.proposer.columns.grids import Grid
from torchbdi.proposer.result import Proposals
from torchbdi.space import Number
from torchbdi.space.constraints import Linear

LIMITS = [
    (["--bounds", "temp=20:40"], lambda row: row[0] <= 40),
    (["--rule", "temp+time<=70"], lambda row: row[0] + row[1] <= 70),
    (["--rule", "temp-2*time<=0.5", "--rule", "temp-2*time>=-0.5"], lambda row: False),
    (["--fix", "conc=1"], lambda row: False),
    (["--step", "temp=5"], lambda row: True),
]


def outlook(
    predicted: list[float],
    minimize: bool,
    unknown: tuple[bool, ...] = (),
    candidate: np.ndarray | None = None,
    limits: tuple[float, float] | None = None,
    fix: tuple[str, ...] = (),
    rules: tuple[Linear, ...] = (),
) -> str:
    values = {"a": np.ones(3), "b": np.ones(3), "c": np.full(3, 3.0)}
    problem = SimpleNamespace(
        score="y", scores=np.array([1.0, 5.0, 3.0]), taken=np.array([1.0, 5.0, 3.0]),
        rows=np.array([2, 3, 4]), fixed={}, columns=(), rules=rules, at_most=(), values=values,
        limits=limits,
        best=lambda: np.array([0, 2, 1] if minimize else [1, 2, 0]),
        grids={
            "a": Grid(Number("a", levels=(1, 2)), 0, None, "levels"),
            # Numbers of two digits are no levels of the table.
            "b": Grid(Number("b", levels=(0.1, 0.11)), None, 2, ""),
            "c": Grid(Number("c", levels=(3, 4)), 0, None, "levels"),
        },
        table=SimpleNamespace(typed=True),
    )  # fmt: skip

    class Made:
        settings = SimpleNamespace(minimize=minimize, fix=dict.fromkeys(fix))

        def __len__(self) -> int:
            return len(predicted)

    made: Any = Made()
    made.problem, made.predicted, made.candidate = problem, np.array(predicted), candidate
    made.unknown = np.array(unknown or [False] * len(predicted))
    return Proposals.outlook(made)


def test_the_best_known_score_comes_first_with_a_warning_where_none_is_better() -> None:
    assert "best known y is 5 (row 3); 1 of 2 proposals is predicted above it" in outlook(
        [6, 4], False
    )
    assert "Warning" not in outlook([6, 4], False)
    none = outlook([4, 3], False)
    assert "0 of 2 proposals are predicted above it. Warning: none" in none
    assert none.endswith("to which 'a', 'c' keep (to give that up: --free a).")
    assert outlook([4, 3], False, candidate=np.arange(2)).endswith("and little more.")
    assert "best known y is 1 (row 2); 1 of 2 proposals is predicted below it" in outlook(
        [0.5, 4], True
    )


def test_levels_are_given_up_with_no_sum_broken_and_nothing_that_is_fixed() -> None:
    assert outlook([4, 3], False, fix=("a",)).endswith("'c' keeps (to give that up: --free c).")
    assert outlook([4, 3], False, fix=("a", "c")).endswith("and little more.")
    whole = Linear({"a": 1.0, "b": 1.0, "c": 1.0}, 5.0, 5.0)
    way = outlook([4, 3], False, rules=(whole,))
    assert way.endswith("(to give that up: --free a --free c --sum a+b+c=5).")


def test_of_two_values_nothing_is_predicted_above_the_better_one() -> None:
    high = outlook([4.5, 1], False, limits=(1.0, 5.0))
    assert high.endswith("the better one of its two values: no prediction can lie above it.")
    low = outlook([4.5, 1], True, limits=(1.0, 5.0))
    assert "best known y is 1 (row 2), the better one" in low and low.endswith("lie below it.")


@pytest.mark.parametrize(("words", "keeps"), LIMITS)
def test_proposals_are_held_against_what_keeps_their_limits(
    words: list[str],
    keeps: Callable[[list[float]], bool],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    be_quick(monkeypatch.setattr)
    rows = plain()
    file = tmp_path / "t.csv"
    file.write_text(text(rows))
    out = str(tmp_path / "out")
    assert main(["propose", str(file), "--score", "yield", "-n", "3", "-o", out, *words]) == 0
    told = capsys.readouterr().out
    numbers = [[float(cell) for cell in row] for row in rows[1:]]
    best = max(row[3] for row in numbers)
    kept = [row[3] for row in numbers if keeps(row)]
    if not kept:
        assert f"best known yield is {best:g}" in told
        assert "but no known design keeps the limits that were given" in told
        assert "Warning: none" not in told
    elif max(kept) == best:
        assert "of the designs that keep the limits" not in told
    else:
        assert f"best known yield is {max(kept):g} (row " in told
        assert f"of the designs that keep the limits that were given ({best:g} in row" in told


def test_of_what_is_unknown_nobody_is_told_that_it_is_no_better() -> None:
    every = outlook([9, 8], False, (True, True))
    assert "0 of 2 proposals are predicted above it. 2 of 2 are not counted there" in every
    assert "Warning" not in every
    some = outlook([4, 9], False, (False, True))
    assert "1 of 2 is not counted there and called unknown" in some
    assert "Warning: none of the others is expected" in some
