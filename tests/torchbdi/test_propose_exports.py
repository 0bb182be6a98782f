"""What spreadsheets and instruments export: hidden sheets, spans of time, names of samples."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asked import asked, plain, refused, text, told, with_column

openpyxl = pytest.importorskip("openpyxl")
DESIGN = ["temp", "time", "conc"]


def workbook(change: Callable[[Any, Any], None]) -> bytes:
    """The plain table as a sheet called Data, and what ``change`` (book, sheet) makes of it."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Data"
    header, *rows = plain()
    sheet.append(header)
    for row in rows:
        sheet.append([float(cell) for cell in row])
    change(book, sheet)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def names(made: Any) -> list[str]:
    return [column.name for column in made.columns]


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

    made, _ = asked(tmp_path, workbook(hidden), name="t.xlsx")
    assert names(made) == DESIGN
    assert "Of the sheets 'Data', 'Old' ('Old' hidden) the first was read" in told(made)
    made, _ = asked(tmp_path, workbook(hidden), "--sheet", "Old", name="t.xlsx")
    assert names(made) == ["a"]


def test_a_workbook_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """openpyxl ends in an AttributeError at a sheet for a chart that has none."""
    content = workbook(lambda book, _: book.create_chartsheet("Empty", 0))
    assert "Save it as .xlsx, or as 'CSV UTF-8'" in refused(tmp_path, content, name="t.xlsx")
    whole = workbook(lambda *_: None)
    for end in (len(whole) // 3, len(whole) - 30):
        assert "Save it" in refused(tmp_path, whole[:end], name="t.xlsx")


@pytest.mark.parametrize("days", [0, 1])
def test_spans_of_time_are_hours(days: int, tmp_path: Path) -> None:
    def spans(_: Any, sheet: Any) -> None:
        sheet["E1"] = "span"
        for i in range(40):
            hours = timedelta(hours=20 + days * i % 9, minutes=30)
            sheet.cell(2 + i, 5, hours if i else time(7, 15))

    made, _ = asked(tmp_path, workbook(spans), name="t.xlsx")
    expected = [20.5 + days * i % 9 if i else 7.25 for i in range(40)]
    assert made.values["span"].tolist() == expected
    assert "Spans of time, as in row 3, are read as hours." in told(made)


@pytest.mark.parametrize(
    "error", ["#DIV/0!", "#VALUE!", "#REF!", "#NUM!", "#NAME?", "#WERT!", "1.#QNAN"]
)
def test_errors_of_formulas_are_no_numbers(error: str, tmp_path: Path) -> None:
    rows = plain()
    rows[4][1] = error
    assert "--drop-missing, which keeps 39 rows" in refused(tmp_path, text(rows))
    assert len(asked(tmp_path, text(rows), "--drop-missing")[0].rows) == 39
    rows = plain()
    rows[4][3] = error
    assert f"--take '{error}=out'" in refused(tmp_path, text(rows))


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
    ("begin", "said"),
    [
        (gzip.compress(b"temp,yield\n", mtime=0), "packed by gzip, and no table. Unpack it"),
        (b"%PDF-1.4\n", "a PDF"), (b"PAR1\x15\0", "a Parquet file"),
        (b"SQLite format 3\0", "a database"), (b"\x89PNG\r\n", "a picture"),
        (b"\x93NUMPY\x01\0", "an array of numpy"),
    ],
)  # fmt: skip
def test_files_of_other_kinds(begin: bytes, said: str, tmp_path: Path) -> None:
    message = refused(tmp_path, begin + b"a,b\n1,2\n")
    assert said in message
    assert "save it as 'CSV UTF-8'" in message


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_text_without_a_mark(encoding: str, tmp_path: Path) -> None:
    made, _ = asked(tmp_path, text(plain()).encode(encoding))
    assert names(made) == DESIGN
    assert f"read as {encoding}" in told(made)


def test_lines_that_are_comments_and_remarks_with_commas(tmp_path: Path) -> None:
    rows = plain()
    whole, _ = asked(tmp_path, text(rows))
    lines = text(rows).splitlines(keepends=True)
    comments = ["# recalibrated, see p. 12\n", "#64.6,19.8,0.18,972.2\n"]
    remarks = ["Note: made by J. Smith, on Monday, with care\n", "all dry, but the last\n"]
    made, _ = asked(tmp_path, "".join([*lines[:9], comments[0], *lines[9:], comments[1], *remarks]))
    np.testing.assert_array_equal(made.scores, whole.scores)
    assert "comments: row 10 ('# recalibrated'), row 43 ('#64.6') left out" in told(made)
    assert "Rows 44 to 45 at the end hold no experiment" in told(made)
    # What failed, what is to be made, and names with such a sign are no comments.
    rows[-1] = [*rows[-1][:3], "failed"]
    assert "'failed' (row 41)" in refused(tmp_path, text(rows))
    rows[-1] = ["failed", "failed", "failed", "failed"]
    assert "row 41" in refused(tmp_path, text(rows))
    for cells in (["#1", "#2", "#3", "#4"] * 10, ["#" if i == 7 else "x" for i in range(40)]):
        made, _ = asked(tmp_path, text(with_column("kind", cells)))
        assert len(made.scores) == (40 if cells[0] == "#1" else 39)
    rows = plain()
    rows[3][0] = "#DIV/0!"
    assert "1 of 40 rows have missing cells" in refused(tmp_path, text(rows))


def test_scores_that_are_no_repetitions_are_suspected(tmp_path: Path) -> None:
    rows = [[*row, "second" if i == 0 else f"{float(row[3]) + i % 3:.1f}"]
            for i, row in enumerate(plain())]  # fmt: skip
    both = ("--score", "yield", "--score", "second")
    assert "rank the rows differently" not in told(asked(tmp_path, text(rows), *both)[0])
    for i, row in enumerate(rows[1:]):
        row[4] = str(i * 17 % 41)
    made, _ = asked(tmp_path, text(rows), *both)
    assert "'yield' and 'second' count as repetitions of one measurement" in told(made)


def test_levels_called_max_and_catalysts_with_a_sign_are_experiments(tmp_path: Path) -> None:
    speeds = ["slow", "mid"] * 19 + ["min", "max"]
    rows = with_column("speed", speeds)
    made, _ = asked(tmp_path, text(rows))
    assert made.columns[0].classes == ("max", "mid", "min", "slow")  # type: ignore[union-attr]
    numbers = np.array([[float(cell) for cell in row[1:]] for row in rows[1:]])
    for word, ends in (("Max", numbers.max(0)), ("min", numbers.min(0).round(1))):
        rows.append([word, *(f"{v:g}" for v in ends)])
    made, _ = asked(
        tmp_path, text(rows).replace("\nmin,", "\nlow,", 1).replace("\nmax,", "\nhigh,", 1)
    )
    assert len(made.scores) == 40 and "Rows 42 to 43 at the end hold no experiment" in told(made)
    catalysts = ["#2" if i % 7 == 0 else "Pd" for i in range(40)]
    made, _ = asked(tmp_path, text(with_column("catalyst", catalysts)))
    assert len(made.scores) == 40 and made.columns[0].classes == ("#2", "Pd")  # type: ignore[union-attr]
    # What is the row of a known catalyst behind the sign was made a comment.
    catalysts = ["#Pd" if i % 7 == 0 else "Pd" if i % 2 else "Ni" for i in range(40)]
    assert "comments: row 2" in told(asked(tmp_path, text(with_column("catalyst", catalysts)))[0])


def test_lines_beside_names_of_samples_are_no_experiments(tmp_path: Path) -> None:
    """No other line has its name, so that a new one says nothing."""
    samples = [f"{'#' if i == 9 else ''}s{i}x" for i in range(40)]
    rows = with_column("sample", samples)
    ignored = ("--ignore", "sample")
    made, _ = asked(tmp_path, text(rows), *ignored)
    assert len(made.scores) == 39 and "comments: row 11 ('#s9x')" in told(made)
    rows.append(["max", *rows[20][1:]])  # the best one again
    assert "Row 42 at the end holds no experiment" in told(asked(tmp_path, text(rows), *ignored)[0])


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
