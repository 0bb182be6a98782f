"""The cells of a workbook: which sheet, merged and hidden cells, texts and spans of time."""

from __future__ import annotations

import io
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from proposer_tables import DESIGN, asked, names, plain, refused, text, told, with_column
from proposer_workbooks import plain_workbook, workbook, workbook_of, workbook_with_notes

from torchbdi.proposer.columns.column import Classes

ROWS = plain()
PLAIN = text(ROWS)
openpyxl = pytest.importorskip("openpyxl")
Y = np.array([float(row[3]) for row in ROWS[1:]])
# Column by column, as numbers.
EXPECTED = {name: np.array([float(r[i]) for r in ROWS[1:]]) for i, name in enumerate(ROWS[0])}


def test_sheets(tmp_path: Path) -> None:
    assert "no sheet 'x'. Sheets: 'Sheet', 'notes'" in refused(
        tmp_path, workbook_with_notes(), "--sheet", "x", name="t.xlsx"
    )
    assert "1 column in" in refused(
        tmp_path, workbook_with_notes(), "--sheet", "notes", name="t.xlsx"
    )
    assert "it is no workbook" in refused(tmp_path, PLAIN, "--sheet", "x")


def test_other_sheets_are_named_where_the_first_is_no_table(tmp_path: Path) -> None:
    notes: list[list[object]] = [["see the data"], ["made in June"]]
    rows: list[list[object]] = [list(row) for row in plain()]
    content = workbook_of(("Notes", notes), ("Data", rows))
    assert "'Notes', 'Data'" in refused(tmp_path, content, name="t.xlsx")
    other = workbook_of(("Plan", [["a", "b"], [1, 2], [2, 3]]), ("Data", rows))
    message = refused(tmp_path, other, name="t.xlsx")
    assert "no column 'yield'" in message and "--sheet names another" in message
    made, _ = asked(tmp_path, content, "--sheet", "Data", name="t.xlsx")
    assert len(made.scores) == 40


def test_what_nobody_sees_is_not_the_first_sheet(tmp_path: Path) -> None:
    def hidden(book: Any, sheet: Any) -> None:
        old = book.create_sheet("Old", 0)
        old.sheet_state = "hidden"
        old.append(["a", "yield"])
        for i in range(12):
            old.append([i * i, i])
        chart = openpyxl.chart.BarChart()
        chart.add_data(openpyxl.chart.Reference(sheet, min_col=4, min_row=1, max_row=41))
        book.create_chartsheet("Picture", 0).add_chart(chart)

    made, _ = asked(tmp_path, plain_workbook(hidden), name="t.xlsx")
    assert names(made) == DESIGN
    assert "Of the sheets 'Data', 'Old' ('Old' hidden) the first was read" in told(made)
    made, _ = asked(tmp_path, plain_workbook(hidden), "--sheet", "Old", name="t.xlsx")
    assert names(made) == ["a"]


def test_a_workbook_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """openpyxl ends in an AttributeError at a sheet for a chart that has none."""
    content = plain_workbook(lambda book, _: book.create_chartsheet("Empty", 0))
    assert "Save it as .xlsx, or as 'CSV UTF-8'" in refused(tmp_path, content, name="t.xlsx")
    whole = plain_workbook(lambda *_: None)
    for end in (len(whole) // 3, len(whole) - 30):
        assert "Save it" in refused(tmp_path, whole[:end], name="t.xlsx")


def test_merged_names_and_merged_levels(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["Catalyst", "Conditions", None, None, "Result"], [None, *ROWS[0]]]
    rows += [[f"C{i // 4}" if i % 4 == 0 else None, *map(float, row)]
             for i, row in enumerate(ROWS[1:])]  # fmt: skip

    def merge(sheet: Any) -> None:
        for cells in ("A1:A2", "B1:D1", *(f"A{i}:A{i + 3}" for i in range(3, 43, 4))):
            sheet.merge_cells(cells)

    made, _ = asked(tmp_path, workbook(rows, merge), name="t.xlsx")
    assert made.order == ("Catalyst", *ROWS[0][:3])
    assert made.values["Catalyst"].tolist() == [f"C{i // 4}" for i in range(40)]
    np.testing.assert_array_equal(made.scores, Y)
    assert "Merged cells count in each of their rows" in told(made)
    message = refused(tmp_path, workbook(rows), name="t.xlsx")  # the same without merged cells
    assert "missing cells" in message or "no name" in message


def test_a_workbook_keeps_names_such_as_none(tmp_path: Path) -> None:
    rows = with_column("additive", ["None", "n/a", "KF", "NULL"] * 10)
    message = refused(tmp_path, workbook(rows), name="t.xlsx")
    assert message == refused(tmp_path, text(rows), name="t.xlsx")
    made, _ = asked(tmp_path, workbook(rows), "--category", "additive", name="t.xlsx")
    column = made.columns[0]
    assert isinstance(column, Classes) and column.classes == ("KF", "NULL", "None", "n/a")


@pytest.mark.parametrize("merged", ["A1:B1", "A1:A2", ""])
def test_a_table_that_does_not_begin_in_the_first_cell(merged: str, tmp_path: Path) -> None:
    rows = [[], [], *([None, None, *row] for row in ROWS)]
    content = workbook(rows, lambda sheet: merged and sheet.merge_cells(merged))
    made, _ = asked(tmp_path, content, name="t.xlsx")
    np.testing.assert_array_equal(made.scores, Y)
    assert made.rows[0] == 4


def test_texts_among_numbers_of_a_workbook(tmp_path: Path) -> None:
    """Beside real numbers 76,9 has decimals, and 0.1 + 0.2 is what the spreadsheet shows."""
    rows: list[list[Any]] = [ROWS[0], *([*map(float, row)] for row in ROWS[1:])]
    for i, row in enumerate(rows[1:]):
        row[0] = str(row[0]).replace(".", ",") if i % 3 else row[0]
        row[2] = 0.1 * (i % 8) + 0.1
    made, _ = asked(tmp_path, workbook(rows), name="t.xlsx")
    np.testing.assert_array_equal(made.values["temp"], [float(row[0]) for row in ROWS[1:]])
    assert made.grids["conc"].number.levels == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


def test_rows_and_columns_that_a_sheet_hides_count_and_are_told(tmp_path: Path) -> None:
    import openpyxl

    for hidden, remark in ([5], "Row 5 is hidden"), ([5, 9, 10], "Rows 5, 9, 10 are hidden"):
        book, file = openpyxl.load_workbook(io.BytesIO(workbook_with_notes())), io.BytesIO()
        for i in hidden:
            book["Sheet"].row_dimensions[i].hidden = True
        book["Sheet"].column_dimensions.group("B", "C", hidden=True)
        book["Sheet"].column_dimensions["Z"].hidden = True
        book["notes"].row_dimensions[1].hidden = True
        book.save(file)
        made, _ = asked(tmp_path, file.getvalue(), name="t.xlsx")
        np.testing.assert_array_equal(made.scores, EXPECTED["yield"])
        assert remark in told(made) and "Columns 'B', 'C' are hidden" in told(made)
    made, _ = asked(tmp_path, workbook_with_notes(), name="t.xlsx")
    assert "is hidden" not in told(made)


@pytest.mark.parametrize("days", [0, 1])
def test_spans_of_time_are_hours(days: int, tmp_path: Path) -> None:
    def spans(_: Any, sheet: Any) -> None:
        sheet["E1"] = "span"
        for i in range(40):
            hours = timedelta(hours=20 + days * i % 9, minutes=30)
            sheet.cell(2 + i, 5, hours if i else time(7, 15))

    made, _ = asked(tmp_path, plain_workbook(spans), name="t.xlsx")
    expected = [20.5 + days * i % 9 if i else 7.25 for i in range(40)]
    assert made.values["span"].tolist() == expected
    assert "Spans of time, as in row 3, are read as hours." in told(made)
