"""One number as people write it: marks, units, and what is kept from being a number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from proposer_tables import DESIGN, asked, names, plain, text, with_column

from torchbdi.proposer.reading.numerals import mark_of, split
from torchbdi.proposer.reading.numerals import plain as plainly


@pytest.mark.parametrize(
    ("cell", "number", "unit"),
    [
        ("21.6%", "21.6", "%"), ("5 °C", "5", " °C"), ("-3e-2", "-3e-2", ""), ("\u22123", "-3", ""),
        ("1 234,5", "1 234,5", ""), ("2 g/L", "2", " g/L"), ("3 m^2", "3", " m^2"),
        ("25 \u00c52", "25", " \u00c52"),
        ("3 m2", "3", " m2"), ("1 s-1", "1", " s-1"), ("$34k", "34", "$k"), ("$5/kg", "5", "$/kg"),
    ],
)  # fmt: skip
def test_cells_with_units(cell: str, number: str, unit: str) -> None:
    assert split(cell) == (number, unit)


@pytest.mark.parametrize(
    "cell", ["", "DMF", "4,4'-bipy", "<0.1", "EXP-001", "2023-01-01", "1:2", "3k3", "3V3", "2M2"]
)
def test_cells_that_are_no_numbers(cell: str) -> None:
    assert split(cell) is None


@pytest.mark.parametrize(
    ("number", "mark", "point", "comma"),
    [
        ("63", "none", "63", "63"), ("63.8", "point", "63.8", None),
        ("63,8", "comma", None, "63.8"),
        ("2,910", "comma?", "2910", "2.910"), ("2.910", "point?", "2.910", "2910"),
        ("0,125", "comma", None, "0.125"), ("1,234,567", "point", "1234567", None),
        ("1.234.567", "comma", None, "1234567"), ("1,234.5", "point", "1234.5", None),
        ("-1.234,5", "comma", None, "-1234.5"), ("1 234", "none", "1234", "1234"),
        ("1'234.5", "point", "1234.5", None), ("1,5e3", "comma", None, "1.5e3"),
        ("1,23,456", "wrong", None, None),
    ],
)  # fmt: skip
def test_marks_in_numbers(number: str, mark: str, point: str | None, comma: str | None) -> None:
    assert mark_of(number) == mark
    assert plainly(number, "point") == point
    assert plainly(number, "comma") == comma


def test_apostrophes_around_and_before_numbers(tmp_path: Path) -> None:
    whole, _ = asked(tmp_path, text(plain()))
    quoted = [[f"'{cell}'" for cell in row] for row in plain()]
    before = [["'" + cell if i and j < 2 else cell for j, cell in enumerate(row)]
              for i, row in enumerate(plain())]  # fmt: skip
    for rows in (quoted, before):
        made, _ = asked(tmp_path, text(rows))
        assert names(made) == DESIGN
        for name in DESIGN:
            np.testing.assert_array_equal(made.values[name], whole.values[name])
    cells = [("'=a", "'b c", "5'", "'")[i % 4] for i in range(40)]
    made, _ = asked(tmp_path, text(with_column("kind", cells)))
    assert set(made.values["kind"].tolist()) == set(cells)


def test_texts_that_are_kept_from_being_numbers(tmp_path: Path) -> None:
    rows = [[f'="{row[0]}"' if i else row[0], *row[1:]] for i, row in enumerate(plain())]
    made, _ = asked(tmp_path, text(rows))
    np.testing.assert_array_equal(made.values["temp"], [float(row[0]) for row in plain()[1:]])
