"""Rows and columns of a plate, or of a field."""

from __future__ import annotations

from pathlib import Path

import pytest
from proposer_tables import asked, names, plain, text, told

DESIGN = ["temp", "time", "conc"]


def laid_out(row: str, column: str, letters: bool, across: int = 8) -> list[list[str]]:
    """The plain table with the places of its rows."""
    header, *rows = plain(40)
    down = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if letters else range(1, 50)
    own = [[str(down[i // across]), str(i % across + 1), *r] for i, r in enumerate(rows)]
    return [[row, column, *header], *own]


@pytest.mark.parametrize(
    ("row", "column", "letters"),
    [("Row", "Col", True), ("plate_row", "plate_column", True), ("Row", "Range", False)],
)
def test_places_are_left_out(row: str, column: str, letters: bool, tmp_path: Path) -> None:
    rows = laid_out(row, column, letters)
    made, _ = asked(tmp_path, text(rows))
    assert names(made) == DESIGN
    assert f"Columns {row!r}, {column!r} give each row a place of its own" in told(made)
    assert names(asked(tmp_path, text(rows), "--category", row)[0])[0] == row


def test_two_plates_have_the_same_places(tmp_path: Path) -> None:
    rows = laid_out("Row", "Col", True)
    rows[21:] = [[*first[:2], *own[2:]] for first, own in zip(rows[1:], rows[21:], strict=False)]
    stays = asked(tmp_path, text(rows))[0]
    assert names(stays)[:2] == ["Row", "Col"]
    plates = [["plate", *rows[0]], *([str(1 + i // 20), *r] for i, r in enumerate(rows[1:]))]
    assert names(asked(tmp_path, text(plates))[0]) == DESIGN


@pytest.mark.parametrize(("row", "column"), [("Row spacing", "Col"), ("Row", "Column type")])
def test_what_is_only_called_like_a_place_stays(row: str, column: str, tmp_path: Path) -> None:
    assert names(asked(tmp_path, text(laid_out(row, column, False)))[0])[:2] == [row, column]


def test_rows_and_columns_that_are_chosen_stay(tmp_path: Path) -> None:
    """Of fins, say: they begin where they like; and where nothing else can be chosen."""
    rows = laid_out("row", "col", False)
    fins = [rows[0], *([str(int(r[0]) + 2), str(int(r[1]) + 1), *r[2:]] for r in rows[1:])]
    assert names(asked(tmp_path, text(fins))[0])[:2] == ["row", "col"]
    alone = text([[*r[:2], r[-1]] for r in [rows[0], *rows[1:18], *rows[20:]]])
    assert names(asked(tmp_path, alone)[0]) == ["row", "col"]
