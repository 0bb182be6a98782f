"""A table of experiments: by rows, with the form in which it came."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from proposer_tables import asked, plain, text

from torchbdi.proposer.reading.table import Table, show_number, show_power

ROWS = plain()
PERCENT = [ROWS[0], *([*row[:3], row[3] + "%"] for row in ROWS[1:])]
Y = np.array([float(row[3]) for row in plain()[1:]])


def test_a_table_is_taken_by_rows() -> None:
    table = Table("t", {"a": np.arange(3.0)}, np.array([2, 3, 4]), "")
    part = table.take(np.array([True, False, True]))
    assert part.rows.tolist() == [2, 4]
    assert part.columns["a"].tolist() == [0, 2]


def test_numbers_read_back_as_they_were() -> None:
    for value in (3.0, 0.1, -1e-300, 1e22, 123456789.125, 5e-324):
        assert float(show_number(value)) == value
    assert show_number(3.0) == "3"


def test_powers_of_ten_read_back_as_they_were() -> None:
    for value in (3e-4, 1e5, -2.5e-7, 7.1e-4, 123456789.125, 1 / 3, 1e-300):
        assert float(show_power(value, "e0")) == value
    assert [show_power(v, "e0") for v in (3e-4, 1e5, -2.5e-10, 0.0, 4.0)] == [
        "3e-4", "1e5", "-2.5e-10", "0", "4e0",
    ]  # fmt: skip
    assert show_power(7.1e-4, "e00") == "7.1e-04"
    assert [show_power(v, "E+00") for v in (250.0, 0.25)] == ["2.5E+02", "2.5E-01"]


def commas(rows: list[list[str]]) -> list[list[str]]:
    return [[cell.replace(".", ",") for cell in row] for row in rows]


def test_it_is_written_as_it_was_read(tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(commas(ROWS), ";"))
    assert (made.table.form.separator, made.table.form.decimal) == (";", ",")
    made, _ = asked(tmp_path, text(PERCENT))
    assert made.table.form.units == {"yield": "%"}


def test_invisible_characters_are_none(tmp_path: Path) -> None:
    rows = [[cell + "\u200b" for cell in row] for row in plain()]
    np.testing.assert_array_equal(asked(tmp_path, text(rows))[0].scores, Y)
