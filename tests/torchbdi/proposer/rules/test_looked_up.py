"""Columns that are looked up by another column: left out, and written along."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from proposer_looked_up import classes, lots, solvents, up
from proposer_tables import asked, text, told

from torchbdi.__main__ import main


def test_numbers_that_follow_from_names_are_left_out_and_told(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(solvents()))
    assert up(made) == {"bp": "solvent"}
    assert [c.name for c in made.columns] == ["solvent", "a"]
    assert made.order == ("bp", "solvent", "a")
    remark = next(r for r in made.remarks if "follows from 'solvent'" in r)
    words = shlex.split(remark[remark.index("--number") : remark.index(" makes it")])
    kept, _ = asked(tmp_path, text(solvents()), *words)
    assert not up(kept) and [c.name for c in kept.columns] == ["bp", "solvent", "a"]
    assert "follows from" not in told(kept)


def test_names_that_follow_from_names_are_left_out_and_told(tmp_path: Path) -> None:
    """A solvent has one class and one number in a register: other pairs cannot be made."""
    made, _ = asked(tmp_path, text(classes()))
    assert up(made) == {"solvent": "cas", "class": "cas"}
    assert [c.name for c in made.columns] == ["cas", "a"]
    assert "--category solvent --category class makes them part of the design" in told(made)
    # The one that somebody named stays, and so does a column that other classes share.
    named, _ = asked(tmp_path, text(classes()), "--category", "solvent", "--ignore", "cas")
    assert up(named) == {"class": "solvent"}
    named, _ = asked(tmp_path, text(classes()), "--category", "solvent")
    assert up(named) == {"cas": "solvent", "class": "solvent"}
    rows = classes()
    rows[7][2] = "other"
    assert up(asked(tmp_path, text(rows))[0]) == {"solvent": "cas"}


def test_the_first_of_numbers_that_determine_one_another_stays(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(lots()))
    assert up(made) == {"fat": "moisture", "size": "moisture"}
    assert "--number fat --number size makes them" in told(made)
    kept, _ = asked(tmp_path, text(lots()), "--number", "fat")
    assert up(kept) == {"size": "moisture"}


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (("--bounds", "moisture=40:60"), False), (("--free", "moisture"), False),
        (("--fix", "moisture=50"), False), (("--fix", "moisture=49.6"), True),
        (("--fix", "moisture"), True), (("--rule", "moisture<=50"), True),
    ],
)  # fmt: skip
def test_levels_look_up_where_they_are_kept_to(
    words: tuple[str, str], kept: bool, tmp_path: Path
) -> None:
    made, _ = asked(tmp_path, text(lots()), *words)
    assert (up(made).get("size") == "moisture") == kept


def test_what_may_be_chance_or_is_a_design_stays(tmp_path: Path) -> None:
    rows = solvents()
    rows[5][0] = "111"  # tol has two
    assert not up(asked(tmp_path, text(rows))[0])
    two = [r for r in solvents() if r[1] in ("solvent", "tol", "DMF")]
    assert not up(asked(tmp_path, text(two))[0])
    # Designs that are repeated: each of their columns determines all others.
    own = [[f"{v:.1f}" for v in row] for row in np.random.default_rng(1).uniform(0, 9, (10, 3))]
    many = [["a", "b", "c", "yield"], *([*own[i % 10], f"{i % 7}.5"] for i in range(40))]
    assert not up(asked(tmp_path, text(many))[0])
    levels = [(a, b, c) for a in "135" for b in "246" for c in "xyz"][:-1]
    full = [["a", "b", "c", "yield"], *([*row, f"{i % 7}.5"] for i, row in enumerate(levels))]
    assert not up(asked(tmp_path, text(full))[0])


def test_parts_of_a_sum_with_others_stay(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    rows = [["blend", "A", "B", "C", "yield"]]
    for i in range(40):
        a, b = (10, 20, 30, 45)[i % 4], rng.integers(0, 50)
        rows.append([f"m{i % 4}", f"{a}", f"{b}", f"{100 - a - b}", f"{b % 7}.5"])
    made, _ = asked(tmp_path, text(rows))
    assert not up(made) and "add up to 100" in told(made)


def test_proposals_have_what_belongs_to_their_choice(tmp_path: Path) -> None:
    for rows, key in ((solvents(), "solvent"), (lots(), "moisture"), (classes(), "cas")):
        (tmp_path / "t.csv").write_text(text(rows))
        out = tmp_path / key
        argv = ["propose", str(tmp_path / "t.csv"), "--score", "yield", "-n", "8", "-o", str(out)]
        assert main(argv) == 0
        places = range(2) if key == "solvent" else range(3)
        known = {tuple(row[i] for i in places) for row in rows[1:]}
        written = [line.split(",") for line in (out / "proposals.csv").read_text().splitlines()]
        assert written[0][: len(places)] == rows[0][: len(places)] and len(written) == 9
        assert {tuple(row[i] for i in places) for row in written[1:]} <= known
        assert f"<span>{rows[0][places[-1]]} " in (out / "report.html").read_text()


def test_nothing_is_looked_up_where_rows_are_chosen_among(tmp_path: Path) -> None:
    """What is known of a solvent that was never tried is its boiling point."""
    rng = np.random.default_rng(0)
    points = {"tol": 111, "MeCN": 82, "DMF": 153, "THF": 66, "DCM": 40}
    rows = [["solvent", "bp", "a", "yield"]]
    for i in range(48):
        name = list(points)[i % 4]
        a = rng.uniform(0, 10)
        rows.append([name, str(points[name]), f"{a:.2f}", f"{points[name] / 20 + a:.2f}"])
    made, _ = asked(tmp_path, text(rows))
    assert "bp" in made.following
    rows.append(["DCM", "40", "5.00", "PENDING"])
    made, _ = asked(tmp_path, text(rows))
    assert not made.following and "bp" in [column.name for column in made.columns]
