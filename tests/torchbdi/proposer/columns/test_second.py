"""Second results: columns that wait or fail with the score, and are no part of a design."""

from __future__ import annotations

from pathlib import Path

import pytest
from proposer_tables import DESIGN, asked, names, plain, refused, text, told


def two_results(other: str) -> str:
    """The plain table, of which the last rows wait, with a second result of three levels."""
    rows = plain()
    own = [
        [*row, f"{round(float(row[3]), -1):g}"] if i < 30 else [*row[:3], "PENDING", other]
        for i, row in enumerate(rows[1:])
    ]
    return text([[*rows[0], "ee"], *own])


@pytest.mark.parametrize("word", ["PENDING", "tbd", "to do"])
def test_a_second_result_that_waits_with_the_score_is_left_out(word: str, tmp_path: Path) -> None:
    """As names its numbers would tell the score, and PENDING would be a name to propose."""
    made, _ = asked(tmp_path, two_results(word), "--take", "PENDING=candidate")
    assert names(made) == DESIGN and len(made.candidate_rows) == 10
    if word != "tbd":  # among numbers that is an empty cell, as which it is complained of
        assert f"'ee' has {word!r} in all rows without a score, and numbers in others" in told(made)


def test_levels_of_a_design_that_has_a_word_for_one_stay(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, two_results("open"), "--category", "ee")
    assert names(made) == [*DESIGN, "ee"]
    assert "'ee': 'maximum' in row 32 is not a number" in refused(tmp_path, two_results("maximum"))


def beside(score: str, other: str, n: int = 4) -> str:
    """The plain table with a second result; the last n rows have texts in both."""
    rows = plain()
    own = [
        [*row, f"{i * 7 % 40 + 50.5}"] if i < 40 - n else [*row[:3], score, other]
        for i, row in enumerate(rows[1:])
    ]
    return text([[*rows[0], "grade"], *own])


@pytest.mark.parametrize(
    ("score", "other", "n"),
    [
        ("PENDING", "PENDING", 1), ("PENDING", "pending", 4), ("failed", "failed", 4),
        ("", "PENDING", 2), ("n.d.", "to do", 2),
    ],
)  # fmt: skip
def test_it_is_left_out_where_these_rows_are_taken_out(
    score: str, other: str, n: int, tmp_path: Path
) -> None:
    """Only numbers are left of it then, as of an amount that can be chosen."""
    content = beside(score, other, n)
    made, _ = asked(tmp_path, content, "--take", f"{score}=out")
    assert names(made) == DESIGN and len(made.scores) == 40 - n
    assert f"'grade' has {other!r} in all rows without a score" in told(made)
    made, _ = asked(tmp_path, content, "--take", f"{score}=out", "--number", "grade")
    assert names(made) == [*DESIGN, "grade"]


@pytest.mark.parametrize("other", ["53.5", "", "tbd", "-"])
def test_numbers_that_the_design_may_have_stay(other: str, tmp_path: Path) -> None:
    """Nobody knows whether what is empty was not measured, or not decided: it is told."""
    made, _ = asked(tmp_path, beside("failed", other), "--take", "failed=out")
    assert names(made) == [*DESIGN, "grade"]
    assert ("'grade' has no number in the 4 rows without a score" in told(made)) == (
        other != "53.5"
    )


def test_a_row_that_has_nothing_but_a_word_proves_nothing(tmp_path: Path) -> None:
    content = text([*plain(), ["PENDING"] * 4])
    assert names(asked(tmp_path, content, "--take", "PENDING=out")[0]) == DESIGN


@pytest.mark.parametrize("take", ["out", "candidate"])
def test_a_word_is_told_from_a_design_of_which_all_else_was_said(take: str, tmp_path: Path) -> None:
    """The only column that nothing was said of is not all that a design has."""
    bounds = [word for name in DESIGN for word in ("--bounds", f"{name}=0:100")]
    made, _ = asked(tmp_path, two_results("PENDING"), "--take", f"PENDING={take}", *bounds)
    assert names(made) == DESIGN
    assert "'ee' has 'PENDING' in all rows without a score" in told(made)
