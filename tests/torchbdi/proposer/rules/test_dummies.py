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


def in_words(content: str, yes: str, no: str) -> str:
    """The same with words for 1 and 0."""
    head, *rows = [line.split(",") for line in content.splitlines()]
    words = {"1": yes, "0": no}
    return text([head, *([*map(words.__getitem__, row[:2]), *row[2:]] for row in rows)])


@pytest.mark.parametrize(("yes", "no"), [("True", "False"), ("yes", "no"), ("Y", "N")])
def test_names_in_yes_and_no_are_told(yes: str, no: str, tmp_path: Path) -> None:
    """As pandas.get_dummies writes them; a proposal of two names at once can be no experiment."""
    said = told(asked(tmp_path, in_words(table("is_B", "is_C"), yes, no), "--score", "y")[0])
    assert f"Of 'is_B', 'is_C' never two are {yes!r}" in said
    assert f"write 1 and 0 for {yes!r} and {no!r}, and say --rule 'is_B+is_C<=1'" in said
    both = in_words(table("is_B", "is_C", both=True), yes, no)
    assert "never two" not in told(asked(tmp_path, both, "--score", "y")[0])


def test_names_of_which_there_is_always_one_are_told(tmp_path: Path) -> None:
    rows = [line.split(",") for line in table("is_B", "is_C", levels=3, rows=60).splitlines()]
    own = [
        [str(b == "1"), str(c == "1"), str("1" not in (b, c)), *more] for b, c, *more in rows[1:]
    ]
    said = told(
        asked(tmp_path, text([["is_B", "is_C", "is_A", "x", "y"], *own]), "--score", "y")[0]
    )
    assert "Of 'is_B', 'is_C', 'is_A' always one is 'True'" in said
    assert "write 1 and 0 for 'True' and 'False', whose sum is kept" in said
