"""Columns that say which repetition a row is, with what, or whether, it was made."""

from __future__ import annotations

from pathlib import Path

import pytest
from proposer_tables import DESIGN, asked, names, plain, text, told, with_column


@pytest.mark.parametrize(
    ("name", "cells", "option"),
    [
        ("replicate", ["1", "2", "3", "4"] * 10, "number"),
        ("Rep no.", ["R1", "R2"] * 20, "category"),
        ("repetition", ["A", "B"] * 20, "category"),
        ("random_seed", ["0", "1", "2", "3"] * 10, "number"),
        ("seed", [str(i * 7919 % 4999) for i in range(40)], "number"),
        ("seed", [str((i + 3) ** 12 * 10**9 + i) for i in range(40)], "number"),  # 64 bits and more
        ("seed", [str((i + 3) ** 40 % 2**128) for i in range(40)], "number"),
        ("Pixel", ["1", "2", "3", "4"] * 10, "number"),
        ("Device no", ["1", "2"] * 20, "number"),
        ("PtType", ["1", "0", "-1", "1"] * 10, "number"),
        ("Space Type", ["Factorial", "Axial", "Center"] * 13 + ["Center"], "category"),
        ("Pattern", ["+-+", "000", "a00", "--+"] * 10, "category"),
    ],
)
def test_what_counts_repetitions_is_left_out(
    name: str, cells: list[str], option: str, tmp_path: Path
) -> None:
    content = text(with_column(name, cells))
    made, _ = asked(tmp_path, content)
    assert [c.name for c in made.columns] == DESIGN
    assert f"Column {name!r} says which" in told(made)
    kept, _ = asked(tmp_path, content, f"--{option}", name)
    assert kept.columns[0].name == name


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("seed", ["60", "120"] * 20), ("reps", ["5", "8"] * 20),
        ("seed", [str(i * 37 % 40 * 25) for i in range(40)]),  # amounts have steps
        ("seed", [str(i * 7 % 23) for i in range(40)]),
        ("batch", ["16", "32", "64", "128"] * 10), ("Batch", ["10", "20", "50", "30"] * 10),
        ("device", ["A", "B"] * 20), ("pixel", ["1", "2", "2"] * 13 + ["1"]),
        ("device", ["4", "8"] * 20),
        ("seed", ["A", "B"] * 20), ("Seed", ["V1", "V2"] * 20),  # kinds of seeds
        ("repeats", ["1", "2", "3", "3"] * 10), ("replicates", ["1", "2", "2"] * 13 + ["1"]),
        ("Pattern", ["dots", "lines"] * 20), ("pattern", ["1", "2"] * 20),
        ("pattern", ["10", "20"] * 20), ("pattern", ["A", "AA"] * 20), ("pattern", ["A", "a"] * 20),
    ],
)  # fmt: skip
def test_what_is_only_called_so_is_kept(name: str, cells: list[str], tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column(name, cells)))
    assert made.columns[0].name == name


@pytest.mark.parametrize(
    ("name", "cells", "way"),
    [
        ("batch", ["B01", "B02", "7"], "category"), ("Batch", ["1", "2", "3"], "number"),
        ("BATCH_ID", ["a", "b"], "category"), ("BatchNo", ["12", "7"], "number"),
        ("plate-nr", ["3", "1"], "number"), ("Plate", ["A", "B"], "category"),
        ("id block", ["1", "2"], "number"), ("lot number", ["X-1", "X-2"], "category"),
        ("Lot #", ["1041", "1088"], "number"), ("Operator", ["Ann", "Bob"], "category"),
        ("analyst", ["A.B.", "C.D."], "category"), ("User", ["a", "b"], "category"),
        ("instrument", ["HPLC1", "HPLC2"], "category"),
        ("block", ["1", "2", "3", "4"], "number"), ("Plot", ["101", "102", "201"], "number"),
        ("whole plot", ["1", "2"], "number"), ("Sub-plot", ["a", "b"], "category"),
        ("Panelist", ["P01", "P02"], "category"), ("Participant ID", ["7", "9"], "number"),
    ],
)  # fmt: skip
def test_what_rows_were_made_with_is_left_out(
    name: str, cells: list[str], way: str, tmp_path: Path
) -> None:
    rows = with_column(name, [cells[i * len(cells) // 40] for i in range(40)])
    made, _ = asked(tmp_path, text(rows))
    assert name not in [column.name for column in made.columns]
    remark = next(r for r in made.remarks if repr(name) in r)
    assert "a row was made, and nothing that can be chosen" in remark and f"--{way}" in remark
    made, _ = asked(tmp_path, text(rows), f"--{way}", name)
    assert name in [column.name for column in made.columns]


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("batch_size", ["16", "32", "64"]), ("day_temperature", ["20", "25"]), ("days", ["3", "7"]),
        ("lot", ["0.5", "1.5"]), ("batch", ["1.25", "2.5"]), ("day", ["1", "2", "3", "4"]),
        ("block 1", ["A", "B"]), ("block %", ["10", "20"]), ("batches", ["1", "2"]),
        ("plate material", ["steel", "glass"]), ("day (length)", ["8", "16"]),
        ("plot size", ["4", "8"]), ("whole", ["1", "2"]), ("main block", ["A", "B"]),
    ],
)  # fmt: skip
def test_what_is_only_called_like_a_batch_is_kept(
    name: str, cells: list[str], tmp_path: Path
) -> None:
    made, _ = asked(tmp_path, text(with_column(name, [cells[i % len(cells)] for i in range(40)])))
    assert name in [column.name for column in made.columns]
    assert "a row was made" not in told(made)


def planned(name: str, done: str, open_: str) -> str:
    """The plain table, of which the last rows have no score, with one more column."""
    rows = plain()
    own = [[*row, done] if i < 32 else [*row[:3], "", open_] for i, row in enumerate(rows[1:])]
    return text([[*rows[0], name], *own])


@pytest.mark.parametrize(
    ("name", "done", "open_"),
    [
        ("Status", "done", "planned"), ("stage", "Measured", "In progress"),
        ("measured", "1", "0"), ("status", "done", ""), ("status", "batch 1", "batch 2"),
        ("priority", "-1", "0"),
    ],
)  # fmt: skip
def test_what_says_which_rows_are_done_is_left_out(
    name: str, done: str, open_: str, tmp_path: Path
) -> None:
    content = planned(name, done, open_)
    made, _ = asked(tmp_path, content)
    assert [column.name for column in made.columns] == DESIGN
    assert f"Column {name!r} says which rows have a score" in told(made)
    assert len(made.candidate_rows) == 8
    if open_:
        made, _ = asked(tmp_path, content, "--category", name)
        assert [column.name for column in made.columns] == [*DESIGN, name]


@pytest.mark.parametrize(
    ("name", "done", "open_"),
    [("catalyst", "Pd", "Ni"), ("pressure", "1", "2"), ("film", "done", "done")],
)
def test_new_levels_of_what_is_planned_stay(
    name: str, done: str, open_: str, tmp_path: Path
) -> None:
    made, _ = asked(tmp_path, planned(name, done, open_))
    assert "says which rows" not in told(made)
    assert name in [column.name for column in made.columns] or name in made.constants


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("Blocks", ["1", "2"]), ("Whole Plots", ["1", "2", "3", "4"]), ("Subplots", ["1", "2"]),
        ("Bloco", ["1", "2"]), ("Parzelle", ["P1", "P2"]), ("Initials", ["JS", "MK"]),
        ("Opérateur", ["AB", "CD"]),
    ],
)  # fmt: skip
def test_blocks_as_programs_and_languages_call_them(
    name: str, cells: list[str], tmp_path: Path
) -> None:
    column = [cells[i * 7 % 11 % len(cells)] for i in range(40)]
    made, _ = asked(tmp_path, text(with_column(name, column)))
    assert [c.name for c in made.columns] == DESIGN
    assert f"Column {name!r} says" in told(made)


@pytest.mark.parametrize(
    "cells", [["2:F3", "1:A1"], ["P1-A3", "P2-H8"], ["1:A,3"], ["RA1", "GB8"], ["A1", "D8", "C1"]]
)
def test_vials_of_an_autosampler_are_left_out(cells: list[str], tmp_path: Path) -> None:
    own = [f'"{cells[i % len(cells)][:-1]}{i % 8 + 1}"' for i in range(40)]
    made, _ = asked(tmp_path, text(with_column("Vial", own)))
    assert [c.name for c in made.columns] == DESIGN
    assert "Column 'Vial' says where on a plate a row was made" in told(made)


def test_a_few_kinds_of_vials_stay(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("vial", ["A1", "B2", "C3", "C4"] * 10)))
    assert names(made)[0] == "vial"


def test_sizes_of_batches_that_may_number_them_are_told(tmp_path: Path) -> None:
    for cells in (["100", "200", "300"] * 13 + ["100"], ["4", "8", "12", "16"] * 10):
        content = text(with_column("batch", cells))
        made, _ = asked(tmp_path, content)
        assert names(made)[0] == "batch" and "for how large batches are" in told(made)
        kept, _ = asked(tmp_path, content, "--number", "batch")
        assert "for how large batches are" not in told(kept)
        assert names(asked(tmp_path, content, "--ignore", "batch")[0]) == DESIGN
    powers = text(with_column("batch", ["16", "32", "64", "128"] * 10))
    assert "for how large batches are" not in told(asked(tmp_path, powers)[0])
