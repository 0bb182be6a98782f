"""Columns that say in which round a row was made, or what it is good for."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from proposer_tables import DESIGN, asked, names, text, told, with_column


@pytest.mark.parametrize(
    ("name", "cells", "what"),
    [
        ("round", ["1", "2", "3", "4"], "in which round"),
        ("Iteration No", ["R0", "R1", "R2", "R3"], "in which iteration"),
        ("is_outlier", ["no", "yes", "no", "no"], "all rows count: delete"),
        ("exclude", ["0", "0", "1", "0"], "all rows count: delete"),
        ("Incl/Excl", ["Incl", "Incl", "Excl", "Incl"], "all rows count: delete"),
        ("is_feasible", ["True", "True", "False", "True"], "all rows count: delete"),
        ("n", ["n=3", "n=4", "n=3", "n=2"], "how often a row was measured"),
        ("sig", ["ns", "*", "**", "***"], "differ significantly"),
        ("Relation", ["=", "<", "=", "="], "which numbers are limits"),
        ("Standard Relation", ["'='", "'>'", "'='", "'='"], "which numbers are limits"),
        ("set", ["train", "train", "test", "val"], "trained on"),
    ],
)
def test_what_is_said_of_rows_is_left_out(
    name: str, cells: list[str], what: str, tmp_path: Path
) -> None:
    column = [cell for cell in cells for _ in range(10)]
    made, _ = asked(tmp_path, text(with_column(name, column)))
    assert [c.name for c in made.columns] == DESIGN
    remark = next(r for r in made.remarks if what in r)
    words = shlex.split(remark[remark.index("--") : remark.index(" makes it part")])
    kept, _ = asked(tmp_path, text(with_column(name, column)), *words)
    assert name in [c.name for c in kept.columns]


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("round", ["4", "1", "3", "2"]),  # not in the order of the rows
        ("generation", ["G1", "G3", "G2", "G1"]),
        ("outlier", ["low", "high", "none", "low"]),
        ("include_salt", ["yes", "no", "yes", "no"]),
        ("rounds", ["1", "2", "3", "4"]),
        ("week", ["1", "2", "4", "8"]),
        ("round", ["brilliant", "oval", "pear", "oval"]),
    ],
)
def test_what_can_be_chosen_is_kept(name: str, cells: list[str], tmp_path: Path) -> None:
    column = [cell for cell in cells for _ in range(10)]
    made, _ = asked(tmp_path, text(with_column(name, column)))
    assert name in [c.name for c in made.columns]


@pytest.mark.parametrize("name", ["Comment", "Lab notes", "Bemerkungen", "remarks"])
@pytest.mark.parametrize(
    "cells",
    [["ok", "foam"] * 20, ["", "slow", "", "hazy"] * 10, ["leak at 3 h", *[""] * 19] * 2],
)
def test_remarks_are_left_out(name: str, cells: list[str], tmp_path: Path) -> None:
    content = text(with_column(name, cells))
    made, _ = asked(tmp_path, content)
    assert names(made) == DESIGN
    assert f"Column {name!r} holds remarks on the rows" in told(made)
    made, _ = asked(tmp_path, text(with_column("Notes", ["", "slow", "", "hazy"] * 10)))
    assert names(made) == DESIGN
    if "" not in cells:
        assert names(asked(tmp_path, content, "--category", name)[0])[0] == name


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("Top notes", ["rose", "musk"]),
        ("note", ["C4", "D4"]),
        ("notes", ["1", "2"]),
        ("Notes", ["rose", "musk"]),
    ],
)
def test_notes_that_are_chosen_stay(name: str, cells: list[str], tmp_path: Path) -> None:
    assert names(asked(tmp_path, text(with_column(name, cells * 20)))[0])[0] == name
