"""Rows without a score that failed are no designs to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from proposer_tables import DESIGN, asked, names, plain, refused, text, told


def ended(name: str, good: str, ends: Sequence[str]) -> str:
    """The plain table, of which the last rows have no score, with a column of how they ended."""
    rows = plain()
    known = len(rows) - 1 - len(ends)
    own = [[*row, good] for row in rows[1 : known + 1]]
    own += [[*row[:3], "", end] for row, end in zip(rows[known + 1 :], ends, strict=True)]
    return text([[*rows[0], name], *own], "\t")


@pytest.mark.parametrize(
    ("name", "good", "ends"),
    [
        ("status", "converged", ["diverged", "timeout"] * 4),
        ("State", "finished", ["crashed"] * 5 + ["failed (out of memory)"]),
        ("trial_status", "COMPLETED", ["FAILED"] * 2),
        ("how", "done", ["not converged"] * 6),
        ("status", "ok", ["failed"]),
        ("measured", "yes", ["error"] * 2),
        ("done", "x", ["crashed"]),
        (
            "status",
            "done",
            ["short circuit, failed", "leak - FAILED", "OOM: killed", "lid – error"],
        ),
        ("how", "done (twice)", ["failed"] * 2),
    ],
)
def test_rows_that_failed_are_left_out(
    name: str, good: str, ends: Sequence[str], tmp_path: Path
) -> None:
    made, _ = asked(tmp_path, ended(name, good, ends))
    assert names(made) == DESIGN
    assert name not in made.constants and made.candidates is None
    assert len(made.rows) == 40 - len(ends)
    rows = f"{len(ends)} of 40 rows {'has' if len(ends) == 1 else 'have'}"
    assert f"{rows} no score and failed, as column {name!r} says" in told(made)
    made, _ = asked(tmp_path, ended(name, good, ends), "--take", "=candidate")
    assert len(made.candidate_rows) == len(ends)
    assert "and failed" not in told(made)


@pytest.mark.parametrize(
    ("name", "levels"),
    [("yeast state", ["live", "killed"]), ("State", ["pruned", "unpruned"]), ("defect", ["error"])],
)
def test_what_rows_with_a_score_are_as_well_is_a_level(
    name: str, levels: Sequence[str], tmp_path: Path
) -> None:
    rows = [[*row, levels[i % len(levels)]] for i, row in enumerate(plain()[1:])]
    rows[28:] = [[*row[:3], "", row[4]] for row in rows[28:]]
    made, _ = asked(tmp_path, text([[*plain()[0], name], *rows]))
    assert len(made.candidate_rows) == 12
    assert "and failed" not in told(made)


def test_a_state_that_is_said_to_be_a_category_is_part_of_the_design(tmp_path: Path) -> None:
    content = ended("status", "done", ["failed"] * 10)
    assert "--category status makes 'status' part of the design" in told(
        asked(tmp_path, content)[0]
    )
    made, _ = asked(tmp_path, content, "--category", "status")
    assert names(made) == [*DESIGN, "status"] and len(made.candidate_rows) == 10
    assert "and failed" not in told(made)


def test_runs_that_failed_may_have_a_poor_score_in_other_rows(tmp_path: Path) -> None:
    rows = [[*row, "done" if i < 20 else "failed"] for i, row in enumerate(plain()[1:])]
    rows[35:] = [[*row[:3], "", row[4]] for row in rows[35:]]
    made, _ = asked(tmp_path, text([[*plain()[0], "status"], *rows]))
    assert names(made) == DESIGN and made.candidates is None
    assert "5 of 40 rows have no score and failed" in told(made)


@pytest.mark.parametrize("word", ["crashed", "PRUNED", "timeout"])
def test_scores_of_runs_that_failed_are_told(word: str, tmp_path: Path) -> None:
    rows = [[*row, "ok" if i not in (3, 9) else word] for i, row in enumerate(plain()[1:])]
    content = text([[*plain()[0], "status"], *rows])
    made, _ = asked(tmp_path, content)
    assert (
        f"2 of 40 rows failed, as column 'status' says ({word!r} in row 5, 11), and have"
        in told(made)
    )
    assert names(made) == DESIGN and made.repetitions + len(made.scores) == 40
    for i in (3, 9):  # as it says
        rows[i][3] = ""
    emptied, _ = asked(tmp_path, text([[*plain()[0], "status"], *rows]))
    assert "and have a score" not in told(emptied) and "2 of 40 rows have no score" in told(emptied)
    assert "and have a score" not in told(asked(tmp_path, content, "--category", "status")[0])


def test_words_that_somebody_gave_a_score_are_no_scores_of_failed_runs(tmp_path: Path) -> None:
    rows = [[*row, "ok"] for row in plain()[1:]]
    rows[4][3:] = ["failed", "failed"]
    content = text([[*plain()[0], "status"], *rows])
    assert "and have a score" not in told(asked(tmp_path, content, "--take", "failed=0")[0])


def test_what_is_planned_beside_what_failed_is_chosen_from(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, ended("status", "done", ["failed"] * 3 + ["planned"] * 6))
    assert len(made.candidate_rows) == 6
    assert "3 of 40 rows have no score and failed" in told(made)


@pytest.mark.parametrize(
    ("name", "good", "end"),
    [
        ("status", "done", "planned"),
        ("status", "done", "no error yet"),
        ("film", "smooth", "error"),
        ("film", "smooth, shiny", "cracks, error"),
        ("status", "done", "short-circuit-failed twice"),
        ("status", "done", "new, failed batch"),
    ],
)
def test_other_rows_without_a_score_are_designs(
    name: str, good: str, end: str, tmp_path: Path
) -> None:
    made, _ = asked(tmp_path, ended(name, good, [end] * 8))
    assert len(made.candidate_rows) == 8
    assert "and failed" not in told(made)


@pytest.mark.parametrize(
    ("name", "good", "ends"),
    [
        ("status", "ok", ["failed", "pending"]),
        ("how", "done", ["planned", "crashed (OOM)"]),
        ("done", "yes", ["no", "no"]),
    ],
)
def test_what_says_why_rows_were_left_out_is_no_part_of_a_design(
    name: str, good: str, ends: Sequence[str], tmp_path: Path
) -> None:
    made, _ = asked(tmp_path, ended(name, good, ends), "--take", "=out")
    assert names(made) == DESIGN and not made.constants
    assert f"Column {name!r} says how rows ended" in told(made)
    made, _ = asked(tmp_path, ended(name, good, ends), "--take", "=out", "--category", name)
    assert made.constants == {name: good}


@pytest.mark.parametrize(
    ("name", "good", "ends"),
    [
        ("status", "done", ["pending"]),
        ("State", "good", ["RUNNING", "queued"]),
        ("tested", "yes", ["in progress"]),
        ("status", "done, clear", ["running - day 3", "pending (sample lost)"]),
    ],
)
def test_a_few_rows_that_wait_are_left_out(
    name: str, good: str, ends: Sequence[str], tmp_path: Path
) -> None:
    """They are too few to choose from, and what the column says is why they have no score."""
    made, _ = asked(tmp_path, ended(name, good, ends))
    assert names(made) == DESIGN and made.candidates is None and len(made.left) == len(ends)
    have = "has" if len(ends) == 1 else "have"
    assert f"{len(ends)} of 40 rows {have} no score yet, as column {name!r} says" in told(made)
    assert f"Column {name!r} says how rows ended" in told(made)
    made, _ = asked(tmp_path, ended(name, good, ends), "--take", "=candidate")
    assert len(made.candidate_rows) == len(ends)
    assert "'yield' (1, first in row 41)" in refused(tmp_path, ended(name, good, [good]))


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("status", ["done"] * 32 + [""] * 8), ("status", ["ok"] * 40),
        ("State", ["ok", "failed"] * 20), ("run status", ["finished", "", "failed (OOM)", ""] * 10),
        ("Tested?", ["ok", "error"] * 20), ("done", ["done", "next"] * 20),
    ],
)  # fmt: skip
def test_a_status_is_no_part_of_a_design_where_all_rows_have_a_score(
    name: str, cells: Sequence[str], tmp_path: Path
) -> None:
    """A row whose score was typed in says failed, too, and those of a new round have no status."""
    content = text(
        [[*plain()[0], name], *([*r, c] for r, c in zip(plain()[1:], cells, strict=True))]
    )
    made, _ = asked(tmp_path, content)
    assert names(made) == DESIGN and not made.constants and len(made.scores) == 40
    assert f"Column {name!r} says how rows ended" in told(made)
    if "" not in cells:
        made, _ = asked(tmp_path, content, "--category", name)
        assert name in [*names(made), *made.constants]


def test_rows_that_failed_and_rows_that_wait_are_left_out_together(tmp_path: Path) -> None:
    """Whatever the column is called: the rest of it says that rows are done."""
    made, _ = asked(tmp_path, ended("flag", "ok", ["failed", "pending"]))
    assert names(made) == DESIGN and len(made.scores) == 38
    assert "1 of 40 rows has no score yet, as column 'flag' says ('pending')" in told(made)


@pytest.mark.parametrize("levels", [("fresh", "frozen"), ("on", "off"), ("open", "new")])
def test_other_words_of_a_status_are_levels(levels: tuple[str, str], tmp_path: Path) -> None:
    """A row that has a score is not open, so that this says something else."""
    cells = [*levels] * 20
    content = text(
        [[*plain()[0], "status"], *([*r, c] for r, c in zip(plain()[1:], cells, strict=True))]
    )
    assert names(asked(tmp_path, content)[0]) == [*DESIGN, "status"]


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        ("tested material", ("new", "known")), ("measured_at", ("open", "ok")),
        ("cell tested before", ("tested", "new")),
    ],
)  # fmt: skip
def test_what_is_tested_or_measured_can_be_new_or_known(
    name: str, levels: tuple[str, str], tmp_path: Path
) -> None:
    content = text([[*plain()[0], name], *([*r, levels[i % 2]] for i, r in enumerate(plain()[1:]))])
    assert names(asked(tmp_path, content)[0]) == [*DESIGN, name]


def test_a_state_of_matter_that_was_left_out_says_nothing(tmp_path: Path) -> None:
    rows = plain()
    own = [[*row, ("solid", "liquid")[i % 2]] for i, row in enumerate(rows[1:])]
    own[-1][-2:] = ["", "gas"]
    made, _ = asked(tmp_path, text([[*rows[0], "state"], *own]), "--take", "=out")
    assert names(made) == [*DESIGN, "state"]
