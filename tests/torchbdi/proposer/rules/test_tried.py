"""Designs that failed or wait have no score, and are not proposed again."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from proposer_problems import propose, proposed
from proposer_tables import Frame, asked, cells_of, plain, refused, scores_with, text, told

from torchbdi import InputError

Rows = list[list[str]]
GRID = list(itertools.product("ABCD", "XYZ", ("1.0", "2.0", "4.0")))
"""All designs of three columns of levels; the tables below have a part of them."""


def grid(ends: dict[int, tuple[str, str]], missing: Sequence[int] = ()) -> Rows:
    """The grid without some designs; of others the score and the status are given."""
    rows = [["metal", "acid", "dose", "yield", "status"]]
    for i, design in enumerate(GRID):
        score = 3 * (design[0] == "B") + 2 * (design[1] == "Y") + float(design[2])
        if i not in missing:
            rows.append([*design, *ends.get(i, (f"{score:.1f}", "done"))])
    return rows


def found(written: Sequence[dict[str, str]]) -> set[tuple[str, ...]]:
    return {(row["metal"], row["acid"], f"{float(row['dose']):.1f}") for row in written}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("score", "status", "words"),
    [
        ("", "failed", []), ("", "pending", []), ("", "running", []),
        ("", "crashed (OOM)", ["--take", "=out"]), ("", "planned", ["--take", "=out"]),
        ("failed", "done", ["--take", "failed=out"]), ("PENDING", "", ["--take", "PENDING=out"]),
        ("no reaction", "done", ["--take", "no reaction=out"]),
        ("<0.1", "done", ["--take", "<0.1=out"]), ("tbd", "", ["--take", "tbd=out"]),
    ],
)  # fmt: skip
def test_what_failed_or_waits_is_not_proposed_again(
    score: str, status: str, words: list[str], tmp_path: Path
) -> None:
    gone, missing = (13, 15), (4, 14, 19)
    p, written = proposed(tmp_path, grid({i: (score, status) for i in gone}, missing), *words)
    assert found(written) == {GRID[i] for i in missing}
    assert p.unseen == len(p) == p.problem.n == 3 and not any(p.notes)
    said = told(p.problem)
    assert "2 designs that failed, wait or have a text in place of a score (rows 14, 15)" in said
    assert "There are 3 designs left without a score, beside 2 that failed or wait" in said
    assert len(p.problem.scores) == len(GRID) - 5  # no score was made up for them


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("score", "words"),
    [("", ["--take", "=out"]), ("-", ["--take=-=out"]), ("99", ["--take", "99=out"])],
)
def test_a_row_of_which_nothing_is_said_can_be_proposed(
    score: str, words: list[str], tmp_path: Path
) -> None:
    """An empty score and a wrong one do not say that the design failed."""
    rows = [row[:4] for row in grid({i: (score, "") for i in (13, 15)}, (4,))]
    p, written = proposed(tmp_path, rows, *words)
    assert found(written) == {GRID[i] for i in (4, 13, 15)}
    assert "not proposed again" not in told(p.problem)


@pytest.mark.usefixtures("quick")
def test_neither_is_what_hardly_differs_among_numbers(tmp_path: Path) -> None:
    """And all else stays: the proposals that are far enough from it are the same ones."""
    rows = plain()
    first, _ = proposed(tmp_path, rows, "-n", "4")
    best = [f"{v[0]:.2f}" for v in first.columns.values()]
    p, _ = proposed(tmp_path, [*rows, [*best, "failed"]], "--take", "failed=out", "-n", "4")
    assert p.problem.x_tried.shape == (1, 3)
    x = p.problem.space.encode(p.columns)
    assert float((x - p.problem.x_tried).norm(dim=1).min()) >= 0.1
    np.testing.assert_array_equal(p.problem.x_l, first.problem.x_l)
    assert p.model.text() == first.model.text()


@pytest.mark.parametrize(
    ("good", "ends", "words", "count"),
    [
        ("done", [("", "failed"), ("n.d.", "failed")], ["n.d."], 2),
        ("done", [("", "failed"), ("99", "failed")], ["99"], 2),
        ("done", [("", "pending"), ("PENDING", "pending")], ["PENDING"], 2),
        ("good", [("", "failed"), *[("-9", "failed")] * 3], ["-9"], 4),
        ("good", [("", "failed"), ("99", "good")], ["99", ""], 1),
    ],
)
def test_rows_that_a_person_left_out_hide_no_others_and_have_a_status_too(
    good: str, ends: Sequence[tuple[str, str]], words: list[str], count: int, tmp_path: Path
) -> None:
    rows = [[*plain()[0], "status"], *([*row, good] for row in plain()[1:])]
    for row, end in zip(rows[5:], ends, strict=False):
        row[3:] = end
    takes = [f"--take={word}=out" for word in words]
    made, _ = asked(tmp_path, text(rows), *takes)
    assert len(made.tried["temp"]) == count and not made.constants
    assert [column.name for column in made.columns] == ["temp", "time", "conc"]


def test_a_design_with_a_score_in_another_row_is_known_by_that(tmp_path: Path) -> None:
    rows = plain()
    rows += [[*rows[4][:3], "failed"], [*rows[5][:3], "77.0"]]
    made, _ = asked(tmp_path, text(rows), "--take", "failed=out")
    assert "not proposed again" not in told(made) and len(made.tried["temp"]) == 0


def test_equal_designs_count_once(tmp_path: Path) -> None:
    rows = plain()
    rows += [["50.0", "20.0", "1.00", "failed"], ["50", "20", "1", "failed"]]
    made, _ = asked(tmp_path, text(rows), "--take", "failed=out")
    assert {name: own.tolist() for name, own in made.tried.items()} == {
        "temp": [50.0], "time": [20.0], "conc": [1.0]
    }  # fmt: skip
    assert "1 design that failed, waits or has a text in place of a score (rows 42, 43)" in told(
        made
    )


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["", "X", "1.0"], "in row 6 has no value that can be read in 'metal'"),
        (["A", "X", "?"], "in row 6 has no value that can be read in 'dose'"),
        (["A", "X", "much"], "in row 6 has no value that can be read in 'dose'"),
        (["Q", "X", "1.0"], "in row 6 has in 'metal' what no design with a score has"),
        (["Q", "X", ""], "in row 6 has in 'metal' what no design with a score has"),
    ],
)
def test_what_such_a_row_does_not_tell_is_told(
    cells: list[str], message: str, tmp_path: Path
) -> None:
    rows = grid({})
    rows[5] = [*cells, "failed", "failed"]
    made, _ = asked(tmp_path, text(rows), "--take", "failed=out")
    assert f"What failed, or waits for a score, {message}" in told(made)
    assert "not proposed again" not in told(made) and len(made.tried["metal"]) == 0


def test_another_value_of_what_is_always_the_same_makes_another_design(tmp_path: Path) -> None:
    """The same amounts in another solvent failed; in the usual one they are new."""
    rows = [[*row, "THF", "5.0"] for row in plain()]
    rows[0][-2:] = ["solvent", "volume"]
    for cells, count in ((("DMF", "5.0"), 0), (("THF", "6.0"), 0), (("THF", "5"), 1)):
        more = ["50.0", "20.0", "1.00", "failed", *cells]
        made, _ = asked(tmp_path, text([*rows, more]), "--take", "failed=out")
        assert len(made.tried["temp"]) == count
        assert ("what no design with a score has" in told(made)) == (count == 0)


def test_a_number_that_has_no_logarithm_can_be_no_proposal(tmp_path: Path) -> None:
    rows = [[f"{10 ** float(row[2]):.4g}" if i else "conc", *row] for i, row in enumerate(plain())]
    rows = [[row[0], row[1], row[2], row[4]] for row in rows]
    for i, row in enumerate(rows[1:]):
        row[0] = f"{10 ** (i / 10 - 2):.4g}"
    made, _ = asked(tmp_path, text([*rows, ["0", "50.0", "20.0", "failed"]]), "--take",
                    "failed=out")  # fmt: skip
    assert made.grids["conc"].number.log and len(made.tried["conc"]) == 0
    assert "has in 'conc' what no design with a score has" in told(made)


@pytest.mark.usefixtures("quick")
def test_sequences_are_the_same_in_either_case() -> None:
    every = ["".join(s) for s in itertools.product("ACGT", "ACGT", "G")]
    y = cells_of([str(3.0 * (s[0] == "C") + s.count("T") + i / 50) for i, s in enumerate(every)])
    y[3], y[9] = "failed", "failed"
    written = cells_of(every)
    written[9] = every[9].lower()
    p = propose(Frame(s=np.delete(written, 5)), np.delete(y, 5), n=40, sequence="s",
                takes={"failed": "out"})  # fmt: skip
    assert p.columns["s"].tolist() == [every[5]]
    odd = cells_of([*written, "CAT"])  # another letter where all others have G
    p = propose(Frame(s=np.delete(odd, 5)), np.append(np.delete(y, 5), "failed"), n=40,
                sequence="s", takes={"failed": "out"})  # fmt: skip
    assert p.columns["s"].tolist() == [every[5]]
    assert "What failed, or waits for a score, in row 15 has in 's'" in told(p.problem)


@pytest.mark.parametrize("count", [1, 3])
def test_a_grid_of_which_only_failed_designs_are_left_is_complete(
    count: int, tmp_path: Path
) -> None:
    message = refused(tmp_path, text(grid({i: ("", "failed") for i in range(count)})))
    ends = "failed, waits or has" if count == 1 else "failed, wait or have"
    assert (
        f"of all 36 combinations that there are {36 - count} have a score, and {count} {ends}"
        in (message)
    )
    assert (
        "To have those that failed or wait proposed, take their rows out of the table, or choose "
        "among them (--take TEXT=candidate; --take =candidate where the score is empty)"
    ) in message


@pytest.mark.usefixtures("quick")
def test_only_what_keeps_the_rules_is_counted_as_gone(tmp_path: Path) -> None:
    """A failed design that breaks a rule is none of those that are left."""
    rows = grid({i: ("", "failed") for i in (13, 15, 35)}, (4, 14))
    p, written = proposed(tmp_path, rows, "--rule", "dose<=2", "-n", "40")
    assert found(written) == {("A", "Y", "2.0")}
    assert p.unseen == 1 and "There is 1 design left without a score, beside 2" in told(p.problem)


@pytest.mark.usefixtures("quick")
def test_what_is_held_together_in_no_known_design_is_not_counted(tmp_path: Path) -> None:
    rows = [["metal", "acid", "dose", "yield", "status"]]
    rows += [[*d, str(i * 7 % 36), "done"] for i, d in enumerate(GRID) if d[:2] != ("A", "X")]
    del rows[6]
    rows += [[*d, "", "failed"] for d in GRID[:2]]
    p, written = proposed(tmp_path, rows, "--fix", "metal", "--fix", "acid", "-n", "40")
    assert len(written) == 1 and p.unseen == 1
    assert "There is 1 design left without a score: no more" in told(p.problem)


@pytest.mark.usefixtures("quick")
def test_names_for_nothing_without_an_amount_of_0_take_nothing_away(tmp_path: Path) -> None:
    """Proposals keep the two together, so that such a design is none of those left."""
    every = [("none", "0", t) for t in ("20", "40", "60", "80")]
    every += [
        (n, a, t) for n in ("L1", "L2") for a in ("5", "10") for t in ("20", "40", "60", "80")
    ]
    rows = [["ligand", "amount", "temp", "yield"]]
    rows += [[*d, str(i * 7 % 20)] for i, d in enumerate(every) if i != 9]
    rows.append(["none", "5", "20", "failed"])
    made, _ = asked(tmp_path, text(rows), "--take", "failed=out")
    assert made.absent and len(made.tried["temp"]) == 1
    assert made.n == 1 and "There is 1 design left without a score: no more" in told(made)


def test_rows_to_choose_from_stay_as_they_are(tmp_path: Path) -> None:
    """Somebody has listed them, even one that failed before."""
    rows = [[*row, "done"] for row in plain()]
    rows[0][-1] = "status"
    for row in rows[21:]:
        row[3:] = ["PENDING", "planned"]
    rows.append([*rows[25][:3], "", "failed"])
    made, _ = asked(tmp_path, text(rows))
    assert len(made.candidate_rows) == 20 and 26 in made.candidate_rows
    assert "not proposed again" not in told(made) and len(made.tried["temp"]) == 0


def test_several_scores_of_which_one_is_there_make_a_known_design(tmp_path: Path) -> None:
    rows = [[*row, row[3]] for row in plain()]
    rows[0][3:] = ["yield_1", "yield_2"]
    rows[5][3], rows[6][3:] = "failed", ["failed", "failed"]
    made, _ = asked(tmp_path, text(rows), "--score", "yield_1", "--score", "yield_2", "--take",
                    "failed=out")  # fmt: skip
    assert len(made.scores) == 39 and len(made.tried["temp"]) == 1
    assert "in place of a score (row 7)" in told(made)


@pytest.mark.usefixtures("quick")
def test_python_has_it_too() -> None:
    x = np.array(list(itertools.product((1.0, 2.0, 3.0), (10.0, 20.0, 30.0), (1.0, 2.0))))
    y = cells_of([str(3 * a - (b / 10 - 2) ** 2 + c) for a, b, c in x])
    y[4] = y[15] = "failed"
    keep = np.arange(18) != 9
    p = propose(x[keep], y[keep], n=9, takes={"failed": "out"})
    np.testing.assert_array_equal(p.x, x[9:10])
    y[9] = "failed"
    with pytest.raises(InputError, match="15 have a score, and 3 failed, wait or have a text"):
        propose(x, y, n=9, takes={"failed": "out"})


def test_tables_without_such_rows_have_none(tmp_path: Path) -> None:
    for content, words in ((text(plain()), []), (scores_with({5: "99.9"}), ["--take", "99.9=out"])):
        made, _ = asked(tmp_path, content, *words)
        assert set(made.tried) == {"temp", "time", "conc"}
        assert all(len(own) == 0 for own in made.tried.values())
