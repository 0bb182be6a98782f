"""Lines of a file that are no experiments: names again, comments, means, remarks at the end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import asked, plain, refused, text, told, with_column

ROWS = plain()


@pytest.mark.parametrize(
    "rows",
    [
        [["Mean", "55.0", "32.0", "1.05", "70.1"]],
        [["Average:", "", "", "", "70.1"], ["St. Dev.", "20.1", "14.2", "0.5", "9.9"]],
        [["", "", "", "TOTAL", "2804"]],
        [["* row 7 was made twice", "", "", "", ""]],
    ],
)
def test_what_stands_below_a_table(rows: list[list[str]], tmp_path: Path) -> None:
    own = with_column("name", [f"EXP-{i}" for i in range(40)])
    plainly, _ = asked(tmp_path, text(own))
    made, _ = asked(tmp_path, text([*own, *rows]))
    np.testing.assert_array_equal(made.scores, plainly.scores)
    assert "at the end hold" in told(made) and "no experiment" in told(made)


def test_a_level_called_total_is_no_footer(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("reflux", ["total", "partial"] * 20)))
    assert len(made.scores) == 40


def test_names_that_stand_again(tmp_path: Path) -> None:
    rows = plain()
    made, _ = asked(tmp_path, text([*rows[:20], rows[0], *rows[20:]]))
    assert len(made.scores) == 40
    assert "stand again in row 21" in told(made)


def test_lines_that_are_comments_and_remarks_with_commas(tmp_path: Path) -> None:
    rows = plain()
    whole, _ = asked(tmp_path, text(rows))
    lines = text(rows).splitlines(keepends=True)
    comments = ["# recalibrated, see p. 12\n", "#64.6,19.8,0.18,972.2\n"]
    remarks = ["Note: made by J. Smith, on Monday, with care\n", "all dry, but the last\n"]
    made, _ = asked(tmp_path, "".join([*lines[:9], comments[0], *lines[9:], comments[1], *remarks]))
    np.testing.assert_array_equal(made.scores, whole.scores)
    assert "comments: row 10 ('# recalibrated'), row 43 ('#64.6') left out" in told(made)
    assert "Rows 44 to 45 at the end hold no experiment" in told(made)
    # What failed, what is to be made, and names with such a sign are no comments.
    rows[-1] = [*rows[-1][:3], "failed"]
    assert "'failed' (row 41)" in refused(tmp_path, text(rows))
    rows[-1] = ["failed", "failed", "failed", "failed"]
    assert "row 41" in refused(tmp_path, text(rows))
    for cells in (["#1", "#2", "#3", "#4"] * 10, ["#" if i == 7 else "x" for i in range(40)]):
        made, _ = asked(tmp_path, text(with_column("kind", cells)))
        assert len(made.scores) == (40 if cells[0] == "#1" else 39)
    rows = plain()
    rows[3][0] = "#DIV/0!"
    assert "1 of 40 rows have missing cells" in refused(tmp_path, text(rows))


def test_levels_called_max_and_catalysts_with_a_sign_are_experiments(tmp_path: Path) -> None:
    speeds = ["slow", "mid"] * 19 + ["min", "max"]
    rows = with_column("speed", speeds)
    made, _ = asked(tmp_path, text(rows))
    assert made.columns[0].classes == ("max", "mid", "min", "slow")  # type: ignore[union-attr]
    numbers = np.array([[float(cell) for cell in row[1:]] for row in rows[1:]])
    for word, ends in (("Max", numbers.max(0)), ("min", numbers.min(0).round(1))):
        rows.append([word, *(f"{v:g}" for v in ends)])
    made, _ = asked(
        tmp_path, text(rows).replace("\nmin,", "\nlow,", 1).replace("\nmax,", "\nhigh,", 1)
    )
    assert len(made.scores) == 40 and "Rows 42 to 43 at the end hold no experiment" in told(made)
    catalysts = ["#2" if i % 7 == 0 else "Pd" for i in range(40)]
    made, _ = asked(tmp_path, text(with_column("catalyst", catalysts)))
    assert len(made.scores) == 40 and made.columns[0].classes == ("#2", "Pd")  # type: ignore[union-attr]
    # What is the row of a known catalyst behind the sign was made a comment.
    catalysts = ["#Pd" if i % 7 == 0 else "Pd" if i % 2 else "Ni" for i in range(40)]
    assert "comments: row 2" in told(asked(tmp_path, text(with_column("catalyst", catalysts)))[0])


def test_lines_beside_names_of_samples_are_no_experiments(tmp_path: Path) -> None:
    """No other line has its name, so that a new one says nothing."""
    samples = [f"{'#' if i == 9 else ''}s{i}x" for i in range(40)]
    rows = with_column("sample", samples)
    ignored = ("--ignore", "sample")
    made, _ = asked(tmp_path, text(rows), *ignored)
    assert len(made.scores) == 39 and "comments: row 11 ('#s9x')" in told(made)
    rows.append(["max", *rows[20][1:]])  # the best one again
    assert "Row 42 at the end holds no experiment" in told(asked(tmp_path, text(rows), *ignored)[0])


def test_a_text_alone_between_experiments_is_none(tmp_path: Path) -> None:
    rows = [*ROWS[:20], ["Second campaign", "", "", ""], *ROWS[20:]]
    made, _ = asked(tmp_path, text(rows))
    assert len(made.scores) == 40 and made.rows[-1] == 42
    assert "row 21 ('Second campaign') left out" in told(made)


def test_the_title_of_another_table_is_told(tmp_path: Path) -> None:
    """What the rows below it have in common is in no column."""
    own = with_column("solvent", ["THF", "DMF", "MeCN", "DCM"] * 10)
    twice = [*own[:21], ["Table 2: ligand B", "", "", "", ""], own[0], *own[21:]]
    made, _ = asked(tmp_path, text(twice))
    assert "a title was left out: 'Table 2: ligand B' (row 22)" in told(made)
    assert len(made.scores) == 40


def test_a_design_without_a_score_above_names_that_stand_again_is_no_title(tmp_path: Path) -> None:
    """Of two columns only one is filled there."""
    rows = [["solvent", "yield"], *([f"S{i % 12}", f"{i % 7}.5"] for i in range(36))]
    rows += [[f"S{i}", ""] for i in range(12, 20)]
    made, _ = asked(
        tmp_path, text([*rows, *rows[:9]]), "--take", "=candidate", "--category", "solvent"
    )
    assert "a title was left out" not in told(made) and made.candidates is not None
    numbers = [["temp", "yield"], *([f"{i * i / 10}", f"{i % 7}.5"] for i in range(30))]
    made, _ = asked(tmp_path, text([*numbers, ["Table 2", ""], *numbers]), "--number", "temp")
    assert "a title was left out: 'Table 2'" in told(made)
