"""Columns of 0 and 1 that stand for names, of which one was left away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, text, told


def table(*names: str, both: bool = False, levels: int = 3, rows: int = 40) -> str:
    draws = np.random.default_rng(0)
    which = draws.integers(0, levels, rows)
    first, second = which == 1, which == 2
    if both:
        first, second = draws.random(rows) < 0.5, draws.random(rows) < 0.5
    x, y = draws.uniform(0, 1, rows).round(2), draws.normal(size=rows).round(3)
    own = [[f"{a:d}", f"{b:d}", str(c), str(d)] for a, b, c, d in zip(first, second, x, y)]  # noqa: B905
    return text([[*names, "x", "y"], *own])


@pytest.mark.parametrize("names", [("is_B", "is_C"), ("solvent: DMF", "solvent: THF")])
def test_names_without_their_first_are_told(names: tuple[str, str], tmp_path: Path) -> None:
    said = told(asked(tmp_path, table(*names), "--score", "y")[0])
    assert f"Of {names[0]!r}, {names[1]!r} never two are 1" in said
    assert f"{names[0]}+{names[1]}<=1" in said


def test_the_rule_that_is_told_can_be_said(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, table("is_B", "is_C"), "--score", "y", "--rule", "is_B+is_C<=1")
    assert "never two are 1" not in told(made)


def test_two_things_that_can_both_be_there_are_not(tmp_path: Path) -> None:
    assert "never two" not in told(
        asked(tmp_path, table("is_B", "is_C", both=True), "--score", "y")[0]
    )


def test_two_names_of_their_own_are_not(tmp_path: Path) -> None:
    assert "never two" not in told(asked(tmp_path, table("stirred", "cooled"), "--score", "y")[0])


def test_a_few_rows_are_no_proof(tmp_path: Path) -> None:
    content = table("is_B", "is_C", levels=8, rows=24)
    assert "never two" not in told(asked(tmp_path, content, "--score", "y")[0])
