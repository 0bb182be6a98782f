"""Formulas of a workbook that no spreadsheet has computed: they look empty, and are not."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from proposer_tables import asked, plain, refused
from proposer_workbooks import workbook_of

openpyxl = pytest.importorskip("openpyxl")


@pytest.mark.parametrize("column", ["C", "D"])
def test_some_formulas_that_nobody_has_computed(column: str, tmp_path: Path) -> None:
    """They look empty: rows with a score would be taken for designs to choose from."""
    book = openpyxl.Workbook()
    for row in plain():
        book.active.append([float(cell) if cell[0] in "-0123456789" else cell for cell in row])
    for row in range(30, 42):
        book.active[f"{column}{row}"] = f"=A{row}/B{row}"
    content = io.BytesIO()
    book.save(content)
    said = refused(tmp_path, content.getvalue(), name="t.xlsx")
    assert f"{column}30 and 11 more hold formulas that no spreadsheet has computed" in said
    # Means below the table are none of its rows.
    for row in range(30, 42):
        book.active[f"{column}{row}"] = 1.5 + row / 100
    book.active.append([f"=AVERAGE({letter}2:{letter}41)" for letter in "ABCD"])
    book.save(content := io.BytesIO())
    assert len(asked(tmp_path, content.getvalue(), name="t.xlsx")[0].scores) == 40
    book.create_sheet("empty", 0)
    book.save(content := io.BytesIO())
    assert "Of the sheets 'empty'" in refused(tmp_path, content.getvalue(), name="t.xlsx")


def test_formulas_of_another_sheet_are_not_looked_at(tmp_path: Path) -> None:
    """Cells of one place: in the first sheet somebody has computed it."""
    book = openpyxl.Workbook()
    for row in plain():
        book.active.append([float(cell) if cell[0] in "-0123456789" else cell for cell in row])
    book.active["C30"] = "=A30/B30"
    other = book.create_sheet("notes")
    other["C30"] = "=1+1"
    book.save(content := io.BytesIO())
    computed = io.BytesIO()
    with zipfile.ZipFile(content) as old, zipfile.ZipFile(computed, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("sheet1.xml"):
                data = re.sub(rb"</f>(<v ?/>|<v></v>)", rb"</f><v>1.5</v>", data)
            new.writestr(name, data)
    made, _ = asked(tmp_path, computed.getvalue(), name="t.xlsx")
    assert len(made.scores) == 40


def test_formulas_without_values_are_suspected(tmp_path: Path) -> None:
    rows: list[list[object]] = [list(row) for row in plain()]
    for i, row in enumerate(rows[1:], start=2):
        row[3] = f"=A{i}*2"
    message = refused(tmp_path, workbook_of(("Data", rows)), name="t.xlsx")
    assert "not a single score" in message and "save it" in message
