"""Columns that say which row it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from proposer_tables import DESIGN, asked, names, text, told, with_column

from torchbdi.proposer.columns.kinds import guess_kind

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("run", range(40, 0, -1)),
        ("n", range(1001, 1041)),
        ("key", RNG.permutation(40) + 1),
        ("RunOrder", [i for i in range(60) if i % 3][:40]),
        ("sample_id", RNG.choice(10**6, 40, replace=False)),
        ("k", [*range(1, 38), 40, 41, 45]),
        ("k", [i for i in range(48) if i not in (4, 5, 17, 30)][:40]),
    ],
)
def test_row_numbers(name: str, cells: list[int], tmp_path: Path) -> None:
    content = text(with_column(name, cells))
    made, _ = asked(tmp_path, content)
    assert [c.name for c in made.columns] == DESIGN
    assert f"Column {name!r} is probably a row number" in told(made)
    kept, _ = asked(tmp_path, content, "--number", name)
    assert kept.columns[0].name == name


def test_a_row_number_is_one_when_rows_are_left_out(tmp_path: Path) -> None:
    rows = with_column("no", range(1, 41))
    rows[7][4] = "failed"
    made, _ = asked(tmp_path, text(rows), "--take", "failed=out")
    assert [c.name for c in made.columns] == DESIGN


@pytest.mark.parametrize(
    ("name", "cells"),
    [("layers", [3, 5, 8, 2] * 10), ("mass", RNG.choice(10**6, 40, replace=False)),
     ("dose", sorted(RNG.choice(10**3, 40, replace=False))),
     ("day", [*range(1, 30), *range(30, 52, 2)]), ("angle", [*range(20, 58), 60, 65]),
     ("hours", [*range(37), 48, 72, 96])],
)  # fmt: skip
def test_numbers_that_are_no_row_numbers(name: str, cells: list[int], tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column(name, cells)))
    assert [c.name for c in made.columns] == [name, *DESIGN]


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("sample_id", [1000 + 3 * (i // 2) for i in range(40)]),
        ("Sample", [i % 20 + 1 for i in range(40)]),
        ("barcode", [4006381333000 + 37 * i for i in range(40)]),
        ("sample", [f"S-{i // 2 + 1:03d}" for i in range(40)]),
        ("Well", [f"{'ABCDEFGH'[i % 8]}{i // 8 + 1:02d}" for i in range(40)]),
        ("well position", [f"{'ABCD'[i % 4]}{i // 4 % 3 + 1}" for i in range(40)]),
        ("Technical replicate", [i % 2 + 1 for i in range(40)]),
        ("Replikat", ["R1", "R2", "R3", "R1"] * 10),
        ("time_s", [1700000086 + 3617 * i for i in range(40)]),
        ("measured", [45000 + i // 2 for i in range(40)]),
        ("t", [1700000000123 + 3600000 * i for i in range(40)]),
    ],
)
def test_what_nobody_can_choose_is_left_out(name: str, cells: list[Any], tmp_path: Path) -> None:
    content = text(with_column(name, cells))
    made, _ = asked(tmp_path, content)
    assert names(made) == DESIGN
    assert f"Column {name!r}" in told(made)
    way = "--category" if isinstance(cells[0], str) else "--number"
    assert way in told(made)
    assert names(asked(tmp_path, content, way, name)[0]) == [name, *DESIGN]


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("sample", ["ABS", "PLA", "PET", "PP"] * 10),
        ("sample", [f"{'ABCDEFGHIJKLM'[i % 13]}{i % 13}" for i in range(40)]),
        ("test", [1, 2, 3, 4] * 10), ("wells", [1, 2, 4, 8] * 10), ("well", ["deep", "flat"] * 20),
        ("cells", [1000000000 + 100000000 * (i // 4) for i in range(40)]),
        ("cells", [1700000086 + 3617 * (i * 7 % 40) for i in range(40)]),
        ("mass", [33000 + 27 * i + i % 3 for i in range(40)]),
        ("rpm", [45000 + 100 * (i // 2) for i in range(40)]),
        ("bio", [1, 2] * 20),
    ],
)  # fmt: skip
def test_what_only_looks_like_it_stays(name: str, cells: list[Any], tmp_path: Path) -> None:
    assert names(asked(tmp_path, text(with_column(name, cells)))[0]) == [name, *DESIGN]


@pytest.mark.parametrize(
    ("name", "cells", "words", "option"),
    [
        ("date", [f"2023-01-{i % 28 + 1:02}" for i in range(40)], "holds dates", "category"),
        ("day", [20230301 + i % 28 for i in range(40)], "holds dates", "number"),
        ("id", [f"EXP-{i:03}" for i in range(40)], "a text of its own", "category"),
        ("run", range(1, 41), "is probably a row number", "number"),
        ("Unnamed: 0", range(40), "is probably a row number", "number"),
        ("Unnamed: 0", RNG.permutation(40), "is probably a row number", "number"),
    ],
)
def test_what_is_no_part_of_a_design_is_left_out_and_told(
    name: str, cells: list[object], words: str, option: str, tmp_path: Path
) -> None:
    content = text(with_column(name, cells))
    made, _ = asked(tmp_path, content)
    assert names(made) == ["temp", "time", "conc"]
    assert f"Column {name!r}" in told(made) and words in told(made)
    kept, _ = asked(tmp_path, content, f"--{option}", name)
    assert names(kept)[0] == name


@pytest.mark.parametrize(
    ("cell", "told"), [("2023-{:02}-01", "holds dates"), ("S{:03}", "a text of its own")]
)
def test_dates_and_numbers_of_samples_are_no_part_of_a_design(cell: str, told: str) -> None:
    values = np.array([cell.format(i + 1) for i in range(12)], dtype=object)
    kind = guess_kind("when", values, np.arange(12))
    assert kind.kind == "none"
    assert told in kind.remark
    assert "categories=['when']" in kind.remark


def test_what_has_a_unit_counts_no_rows(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(with_column("c", [f"{10 + i} µM" for i in range(40)])))
    assert made.columns[0].name == "c"
